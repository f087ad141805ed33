"""s2s: a source-to-source compiler for numerical Python.

It reads the source of plain NumPy functions and writes readable derivative source, then stages that same source into
XLA computations.
"""

import importlib
from typing import TYPE_CHECKING, Any

from s2s import lax, nn, numpy, random, tree
from s2s.debugging import debug_nans, grad_of
from s2s.runtime import config
from s2s.runtime.array import Array, device_get, device_put
from s2s.runtime.aval import ShapeDtypeStruct
from s2s.runtime.checkpointing import checkpoint
from s2s.runtime.devices import devices
from s2s.runtime.errors import ConcretizationError, S2SError
from s2s.runtime.jit import disable_jit
from s2s.runtime.loop_hints import loop
from s2s.runtime.support import stop_gradient

if TYPE_CHECKING:
    from s2s.batching import vmap
    from s2s.checking import check_grads
    from s2s.codegen.diagnostics import UnsupportedError
    from s2s.codegen.reading.source import SourceError
    from s2s.compiled import eval_shape, jit
    from s2s.custom import custom_jvp, custom_vjp, custom_vmap, register_vjp
    from s2s.derivatives import grad, jvp, linearize, value_and_grad, vjp
    from s2s.jacobians import hessian, hvp, jacfwd, jacobian, jacrev
    from s2s.linear import linear_transpose
    from s2s.row_loops import RowLoopWarning
    from s2s.vectorizing import vectorize

__version__ = "0.1.0"

__all__ = [
    "Array", "ConcretizationError", "RowLoopWarning", "S2SError", "ShapeDtypeStruct", "SourceError",
    "UnsupportedError", "check_grads", "checkpoint", "config", "custom_jvp", "custom_vjp", "custom_vmap", "debug_nans",
    "device_get", "device_put", "devices", "disable_jit", "eval_shape", "grad", "grad_of", "hessian", "hvp", "jacfwd",
    "jacobian", "jacrev", "jit", "jvp", "lax", "linear_transpose", "linearize", "loop", "nn", "numpy", "random",
    "register_vjp", "stop_gradient", "tree", "value_and_grad", "vectorize", "vjp", "vmap",
]  # fmt: skip

# The compiler is loaded when a transformation is first named: a program that computes with arrays does without it.
_LOADED_AT_FIRST_USE = {
    "batching": ("vmap",),
    "checking": ("check_grads",),
    "codegen.diagnostics": ("UnsupportedError",),
    "codegen.reading.source": ("SourceError",),
    "compiled": ("eval_shape", "jit"),
    "custom": ("custom_jvp", "custom_vjp", "custom_vmap", "register_vjp"),
    "derivatives": ("grad", "jvp", "linearize", "value_and_grad", "vjp"),
    "jacobians": ("hessian", "hvp", "jacfwd", "jacobian", "jacrev"),
    "linear": ("linear_transpose",),
    "row_loops": ("RowLoopWarning",),
    "vectorizing": ("vectorize",),
}
_MODULE_OF = {name: module for module, names in _LOADED_AT_FIRST_USE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
