"""Random numbers as functions of a key (two uint32 words), and so without a derivative by it."""

from collections.abc import Callable
from typing import Any

from s2s.runtime.primitives import random_lowering as lowering
from s2s.runtime.primitives.table import LATE_FUNCTIONS, general, nondifferentiable


def _declare(name: str, signature: str, operands: tuple[str, ...], lower: Callable[..., Any], **fields: Any) -> None:
    nondifferentiable(name, signature, operands=operands, lower=lower, **fields)


_declare("random_seed", "seed", ("seed",), lowering.seed)
_declare("random_split", "key, shape", ("key",), lowering.split)
_declare("random_fold_in", "key, data", ("key", "data"), lowering.fold_in)
_declare("random_bits", "key, shape, dtype", ("key",), lowering.bits)
_declare("random_randint", "key, minval, maxval, shape, dtype", ("key", "minval", "maxval"), lowering.randint)
_declare("random_shuffled", "key, shape, axis", ("key",), lowering.shuffled)
_declare("random_normal", "key, shape, dtype", ("key",), lowering.normal)
_declare("random_exponential", "key, shape, dtype", ("key",), lowering.exponential)
_declare("random_gumbel", "key, shape, dtype, mode='low'", ("key",), lowering.gumbel)
_declare("random_laplace", "key, shape, dtype", ("key",), lowering.laplace)
_declare("random_logistic", "key, shape, dtype", ("key",), lowering.logistic)
_declare("random_cauchy", "key, shape, dtype", ("key",), lowering.cauchy)
_declare(
    "random_truncated_normal",
    "key, lower, upper, shape, dtype",
    ("key", "lower", "upper"),
    lowering.truncated_normal,
    why_not="its bounds decide which numbers are drawn; scale and shift numbers drawn between constant bounds instead",
)

# The number drawn in [0, 1) is (out - minval) / (maxval - minval), a constant of the key.
general(
    "random_uniform",
    "key, minval, maxval, shape, dtype",
    operands=("key", "minval", "maxval"),
    lower=lowering.uniform,
    vjp="""
        drawn = (out - minval) / (maxval - minval)
        minval_bar = sum_to(out_bar * (1 - drawn), np.shape(minval))
        maxval_bar = sum_to(out_bar * drawn, np.shape(maxval))
    """,
    jvp={
        "minval": "(maxval - out) / (maxval - minval) * minval_dot",
        "maxval": "(out - minval) / (maxval - minval) * maxval_dot",
    },
)

# What the user calls (`s2s.random`), which is recognised for the sake of batches: each row draws with a key of its own.
_DRAWN = {
    "normal": "key, shape=(), dtype=None",
    "bits": "key, shape=(), dtype=None",
    "exponential": "key, shape=(), dtype=None",
    "gumbel": "key, shape=(), dtype=None, mode=None",
    "laplace": "key, shape=(), dtype=None",
    "logistic": "key, shape=(), dtype=None",
    "cauchy": "key, shape=(), dtype=None",
    "randint": "key, shape, minval, maxval, dtype=None",
    "bernoulli": "key, p=0.5, shape=None, mode='low'",
    "categorical": "key, logits, axis=-1, shape=None, replace=True, mode=None",
    "split": "key, num=2",
    "fold_in": "key, data",
    "permutation": "key, x, axis=0, independent=False",
    "PRNGKey": "seed, impl=None",
    "key": "seed, impl=None, dtype=None",
}
_OPERANDS = ("key", "seed", "minval", "maxval", "p", "logits", "data", "x")
for _name, _signature in _DRAWN.items():
    _parameters = [part.split("=")[0].strip() for part in _signature.split(",")]
    nondifferentiable(f"drawn_{_name}", _signature, operands=tuple(p for p in _parameters if p in _OPERANDS))
general(
    "drawn_uniform",
    "key, shape=(), dtype=None, minval=0.0, maxval=1.0",
    operands=("key", "minval", "maxval"),
    vjp="""
        drawn = (out - minval) / (maxval - minval)
        minval_bar = sum_to(out_bar * (1 - drawn), np.shape(minval))
        maxval_bar = sum_to(out_bar * drawn, np.shape(maxval))
    """,
    jvp={
        "minval": "(maxval - out) / (maxval - minval) * minval_dot",
        "maxval": "(out - minval) / (maxval - minval) * maxval_dot",
    },
)
LATE_FUNCTIONS["s2s.random"] = {name: f"drawn_{name}" for name in (*_DRAWN, "uniform")}
