"""What helps to find out what a derivative does: blocks that run in the backward pass."""

from s2s.runtime.gradient_edits import grad_of

__all__ = ["grad_of"]
