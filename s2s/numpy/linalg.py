"""Linear algebra: factorisations, solves, norms, and what is made of them, for stacks of matrices [..., m, n]."""

from typing import Any

from s2s.numpy import compositions, missing, wrappers

globals().update(wrappers.make_linalg())
globals().update(compositions.make_linalg())


def __getattr__(name: str) -> Any:
    raise missing.attribute("s2s.numpy.linalg", name)
