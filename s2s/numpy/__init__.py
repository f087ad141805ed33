"""NumPy's functions on device arrays, under NumPy's names and with the signatures of `jax.numpy`.

Arrays are immutable; NumPy data keeps its dtype; Python numbers become float32 and int32 (bool, complex64), as
accelerators have it. Functions that NumPy has too are recognised by every transformation, under any alias.
"""

import importlib
from typing import TYPE_CHECKING, Any

from s2s.numpy import compositions, creation, indexing, linalg, missing, reductions, types, wrappers

if TYPE_CHECKING:
    from s2s.vectorizing import vectorize

_names: dict[str, Any] = wrappers.make_all() | compositions.make_all()
for _module in (creation, indexing, reductions, types):
    _names |= {name: getattr(_module, name) for name in _module.__all__}
globals().update(_names)

__all__ = ["linalg", "vectorize", *sorted(_names)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name == "vectorize":  # a transformation: it loads the compiler
        return importlib.import_module("s2s.vectorizing").vectorize
    raise missing.attribute("s2s.numpy", name)
