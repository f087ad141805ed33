"""The pseudo-inverse, whose derivative needs no distinct singular values.

Golub & Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate"
(1973): right where the rank is locally constant.
"""

from typing import Any

import numpy as np

from s2s.runtime import dtypes
from s2s.runtime.helpers import linalg as support
from s2s.runtime.primitives.table import general


def lower(a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    """Through the singular values above rcond times the largest; 10 * max(m, n) * eps by default, as in the peer."""
    u, s, vh = np.linalg.svd(support.copy_lower_if(a, hermitian), full_matrices=False)
    cutoff = _cutoff(a, rcond if rtol is None else rtol)
    kept = s > cutoff * np.max(s, axis=-1, keepdims=True)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0)
    return np.conj(np.matrix_transpose(vh)) @ (inverse[..., None] * np.conj(np.matrix_transpose(u)))


def _cutoff(a: Any, rcond: Any) -> Any:
    if rcond is not None:
        return rcond
    return 10 * max(a.shape[-2:]) * float(np.finfo(dtypes.inexact_dtype(a.dtype)).eps)


general(
    "pinv",
    "a, rcond=None, hermitian=False, rtol=None",
    operands=("a",),
    functions=(np.linalg.pinv,),
    lower=lower,
    vjp="""
        inverse = np.matrix_transpose(out)
        left = np.matrix_transpose(out_bar) @ out @ inverse
        right = inverse @ out @ np.matrix_transpose(out_bar)
        read = copy_lower_if(a, hermitian)
        product = left - read @ out @ left + right - right @ out @ read - inverse @ out_bar @ inverse
        a_bar = fold_lower_if(product, hermitian)
    """,
    jvp={
        "a": """
            out @ np.matrix_transpose(out) @ (
                np.matrix_transpose(copy_lower_if(a_dot, hermitian))
                - np.matrix_transpose(copy_lower_if(a_dot, hermitian)) @ copy_lower_if(a, hermitian) @ out
            )
            + (
                np.matrix_transpose(copy_lower_if(a_dot, hermitian))
                - out @ copy_lower_if(a, hermitian) @ np.matrix_transpose(copy_lower_if(a_dot, hermitian))
            ) @ np.matrix_transpose(out) @ out
            - out @ copy_lower_if(a_dot, hermitian) @ out
        """
    },
)
