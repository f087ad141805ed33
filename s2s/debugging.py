"""What helps to find out what a derivative does: blocks that run in the backward pass, and where NaNs come from."""

from s2s.runtime.gradient_edits import grad_of
from s2s.runtime.nan_checks import debug_nans

__all__ = ["debug_nans", "grad_of"]
