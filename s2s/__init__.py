"""s2s: a source-to-source compiler for numerical Python."""

import s2s.runtime.primitives
from s2s.derivatives import grad, jvp, linearize, value_and_grad, vjp

__all__ = ["grad", "jvp", "linearize", "value_and_grad", "vjp"]
