"""Helpers of emitted code: functions that NumPy lacks. NumPy operands go to SciPy, which is imported at first use."""

import importlib
from typing import Any

from s2s.runtime.helpers.indexing import call


def _special(function: Any, scipy_name: str, *arguments: Any) -> Any:
    result = call(function, *arguments)
    if result is not NotImplemented:
        return result
    return getattr(importlib.import_module("scipy.special"), scipy_name)(*arguments)


def erf(x: Any) -> Any:
    """The error function."""
    return _special(erf, "erf", x)


def erfc(x: Any) -> Any:
    """The complementary error function, `1 - erf(x)` without cancellation."""
    return _special(erfc, "erfc", x)


def erfinv(y: Any) -> Any:
    """The inverse of the error function."""
    return _special(erfinv, "erfinv", y)


def gammaln(x: Any) -> Any:
    """The logarithm of the absolute value of the gamma function."""
    return _special(gammaln, "gammaln", x)


def gamma(x: Any) -> Any:
    """The gamma function."""
    return _special(gamma, "gamma", x)


def digamma(x: Any) -> Any:
    """The derivative of `gammaln`."""
    return _special(digamma, "digamma", x)


def polygamma(n: int, x: Any) -> Any:
    """The derivative of order `n` of `digamma`."""
    return _special(polygamma, "polygamma", n, x)


def expit(x: Any) -> Any:
    """The logistic function, `1 / (1 + exp(-x))`."""
    return _special(expit, "expit", x)


def logsumexp(a: Any, axis: Any = None, b: None = None, keepdims: bool = False) -> Any:
    """`log(sum(exp(a)))` over `axis` without overflow; -inf over nothing but -inf."""
    return _special(logsumexp, "logsumexp", a, axis, b, keepdims)
