"""Primitives that NumPy has no name for, as functions of NumPy arrays and s2s arrays alike."""

from s2s.runtime.helpers.neural import log_softmax, relu, softmax, softplus
from s2s.runtime.support import digamma, erf, erfc, erfinv, expit, gammaln, logsumexp

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "expit",
    "gammaln",
    "log_softmax",
    "logsumexp",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
]

sigmoid = expit
