"""The runtime: primitives, arrays, staging, compilation and dispatch."""

# Lowerings use staged arrays, whose operators use primitives: the table is filled first, whatever is imported first.
from s2s.runtime import primitives

__all__ = ["primitives"]
