"""Random numbers from explicit keys, bit for bit those of `jax.random` (Threefry, default settings).

A key is made from a seed, and never used twice: `split` it into as many as are needed. Keys of both kinds are accepted
everywhere: typed ones (`key`, a `KeyArray`) and raw ones (`PRNGKey`, an array of two uint32 words). An array of keys
stands for a key where the shape asked for begins with its shape: each key draws its own part. Shapes are tuples of
ints; dtypes default to float32, int32 and uint32. Numbers are constants to differentiation, so `loc + scale *
normal(key)` has its derivatives by loc and scale; `uniform` has them by its bounds.
"""

import math
from typing import Any

import numpy as np
from ml_dtypes import finfo

from s2s.random_keys import (
    KeyArray,
    PRNGKey,
    clone,
    fold_in,
    key,
    key_data,
    key_impl,
    key_words,
    shape_of,
    split,
    words_for,
    wrap_key_data,
)
from s2s.runtime import dispatch, dtypes
from s2s.runtime.array import from_host

__all__ = [
    "KeyArray",
    "PRNGKey",
    "bernoulli",
    "bits",
    "categorical",
    "cauchy",
    "choice",
    "clone",
    "exponential",
    "fold_in",
    "gumbel",
    "key",
    "key_data",
    "key_impl",
    "laplace",
    "logistic",
    "lognormal",
    "multivariate_normal",
    "normal",
    "permutation",
    "rademacher",
    "randint",
    "shuffle",
    "split",
    "truncated_normal",
    "uniform",
    "wrap_key_data",
]

Array = Any
Key = Any
Shape = Any

_FLOAT = np.dtype(np.float32)
_INT = np.dtype(np.int32)


def bits(key: Key, shape: Shape = (), dtype: Any = None) -> Array:
    """Uniformly distributed unsigned integers (uint32 by default)."""
    kind = np.dtype(np.uint32) if dtype is None else dtypes.canonical(dtype)
    if kind.kind != "u":
        raise ValueError(f"bits needs an unsigned integer dtype, got {kind}")
    sizes = shape_of(shape)
    return dispatch.call("random_bits", words_for(key, sizes), shape=sizes, dtype=kind)


def uniform(key: Key, shape: Shape = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0) -> Array:
    """Floats in [minval, maxval)."""
    kind = _float("uniform", dtype)
    sizes = shape_of(shape)
    return dispatch.call("random_uniform", words_for(key, sizes), minval, maxval, shape=sizes, dtype=kind)


def normal(key: Key, shape: Shape = (), dtype: Any = None) -> Array:
    """Numbers of the standard normal distribution, real or complex."""
    kind = _FLOAT if dtype is None else dtypes.canonical(dtype)
    if not dtypes.is_inexact(kind):
        raise ValueError(f"normal needs a float or complex dtype, got {kind}")
    sizes = shape_of(shape)
    return dispatch.call("random_normal", words_for(key, sizes), shape=sizes, dtype=kind)


def randint(key: Key, shape: Shape, minval: Any, maxval: Any, dtype: Any = None) -> Array:
    """Integers in [minval, maxval), minval where that is empty (int32 by default)."""
    kind = _INT if dtype is None else dtypes.canonical(dtype)
    if kind.kind not in "iu":
        raise TypeError(f"randint needs an integer dtype, got {kind}")
    bounds = [_integer(bound) for bound in (minval, maxval)]
    sizes = shape_of(shape)
    return dispatch.call("random_randint", words_for(key, sizes), *bounds, shape=sizes, dtype=kind)


def _integer(bound: Any) -> Any:
    """A bound as an integer; Python ints as int32 where they fit, as arrays without a dtype of their own are."""
    if isinstance(bound, (bool, int, float)):
        value = int(bound)
        return np.int32(value) if dtypes.fits(value, _INT) else np.int64(value)
    return bound if np.issubdtype(np.result_type(bound), np.integer) else bound.astype(np.int32)


def bernoulli(key: Key, p: Any = 0.5, shape: Shape | None = None, mode: str = "low") -> Array:
    """Booleans that are True with probability p; `mode="high"` draws twice the bits, for small p."""
    if mode not in ("low", "high"):
        raise ValueError(f"bernoulli: mode must be 'low' or 'high', not {mode!r}")
    kind = _FLOAT if isinstance(p, (int, float)) else np.dtype(p.dtype)
    if not dtypes.is_float(kind) or isinstance(p, int):
        raise TypeError("bernoulli: the probability p must be a float")
    sizes = _broadcast("bernoulli", shape, p)
    if mode == "low":
        return uniform(key, sizes, kind) < p
    drawn = uniform(key, (2, *sizes), kind)
    return drawn[1] * 2.0 ** -int(finfo(kind).nmant) < p - drawn[0]


def exponential(key: Key, shape: Shape = (), dtype: Any = None) -> Array:
    """Numbers of the exponential distribution with mean 1."""
    return _sample("exponential", key, shape, dtype)


def gumbel(key: Key, shape: Shape = (), dtype: Any = None, mode: str | None = None) -> Array:
    """Numbers of the standard Gumbel distribution; `mode="high"` resolves its tail more finely."""
    if mode not in (None, "low", "high"):
        raise ValueError(f"gumbel: mode must be 'low' or 'high', not {mode!r}")
    return _sample("gumbel", key, shape, dtype, mode=mode or "low")


def laplace(key: Key, shape: Shape = (), dtype: Any = None) -> Array:
    """Numbers of the standard Laplace distribution."""
    return _sample("laplace", key, shape, dtype)


def logistic(key: Key, shape: Shape = (), dtype: Any = None) -> Array:
    """Numbers of the standard logistic distribution."""
    return _sample("logistic", key, shape, dtype)


def cauchy(key: Key, shape: Shape = (), dtype: Any = None) -> Array:
    """Numbers of the standard Cauchy distribution."""
    return _sample("cauchy", key, shape, dtype)


def truncated_normal(key: Key, lower: Any, upper: Any, shape: Shape | None = None, dtype: Any = None) -> Array:
    """Numbers of the standard normal distribution between two bounds."""
    kind, sizes = _float("truncated_normal", dtype), _broadcast("truncated_normal", shape, lower, upper)
    return dispatch.call("random_truncated_normal", words_for(key, sizes), lower, upper, shape=sizes, dtype=kind)


def lognormal(key: Key, sigma: Any = 1.0, shape: Shape | None = None, dtype: Any = None) -> Array:
    """exp(sigma z) for standard normal z."""
    return np.exp(normal(key, _broadcast("lognormal", shape, sigma), dtype) * sigma)


def rademacher(key: Key, shape: Shape = (), dtype: Any = None) -> Array:
    """-1 or 1 with equal probability (int32 by default)."""
    kind = _INT if dtype is None else dtypes.canonical(dtype)
    return 2 * bernoulli(key, 0.5, shape).astype(kind) - 1


def multivariate_normal(
    key: Key, mean: Any, cov: Any, shape: Shape | None = None, dtype: Any = None, method: str = "cholesky"
) -> Array:
    """Vectors of mean (..., n) and covariance (..., n, n); `method` says how the covariance is factorised."""
    n = np.shape(mean)[-1]
    if np.shape(cov)[-2:] != (n, n):
        raise ValueError(f"multivariate_normal: mean {np.shape(mean)} needs cov (..., {n}, {n}), got {np.shape(cov)}")
    batch = np.broadcast_shapes(np.shape(mean)[:-1], np.shape(cov)[:-2]) if shape is None else shape_of(shape)
    kind = dtypes.canonical(np.result_type(mean, cov)) if dtype is None else dtype
    z = normal(key, (*batch, n), kind)
    return mean + (_factor(cov, method) @ z[..., None])[..., 0]


def _factor(cov: Any, method: str) -> Array:
    if method == "cholesky":
        return np.linalg.cholesky(cov)
    if method == "eigh":
        w, v = np.linalg.eigh(cov)
        return v * np.sqrt(w[..., None, :])
    if method == "svd":
        u, s, _ = np.linalg.svd(cov)
        return u * np.sqrt(s[..., None, :])
    raise ValueError(f"multivariate_normal: method must be 'cholesky', 'eigh' or 'svd', not {method!r}")


# Orders and choices.


def permutation(key: Key, x: Any, axis: int = 0, independent: bool = False) -> Array:
    """`range(x)` for an int, else the array x, in random order along an axis.

    `independent` orders every slice by itself.
    """
    if not np.ndim(x):
        words = key_words(key, single=False)
        sizes = (*words.shape[:-1], int(x))
        return dispatch.call("random_shuffled", words, shape=sizes, axis=len(sizes) - 1)
    axis = axis % np.ndim(x)
    if independent:
        order = dispatch.call("random_shuffled", key_words(key), shape=tuple(np.shape(x)), axis=axis)
        return np.take_along_axis(x, order, axis)
    return np.take(x, dispatch.call("random_shuffled", key_words(key), shape=(np.shape(x)[axis],), axis=0), axis)


shuffle = permutation


def choice(
    key: Key,
    a: Any,
    shape: Shape = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str | None = None,
) -> Array:
    """Elements of `range(a)`, or slices of the array a along an axis, with equal probabilities or those in p."""
    sizes = shape_of(shape)
    population = np.shape(a)[axis] if np.ndim(a) else int(a)
    draws = math.prod(sizes)
    if population <= 0 and draws:
        raise ValueError("choice: there is nothing to choose from")
    if not replace and draws > population:
        raise ValueError(f"choice: {draws} of {population} without replacement")
    index = _chosen(key, population, sizes, replace, p, mode)
    if not np.ndim(a):
        return index
    return np.take(a, index, axis)


def _chosen(key: Key, population: int, shape: tuple[int, ...], replace: bool, p: Any, mode: str | None) -> Array:
    draws = math.prod(shape)
    if p is not None and np.shape(p) != (population,):
        raise ValueError(f"choice: p has shape {np.shape(p)}, but there are {population} elements to choose from")
    if p is None and replace:
        return randint(key, shape, 0, population)
    if p is None:
        return np.reshape(permutation(key, population)[:draws], shape)
    if replace:
        total = np.cumsum(_on_device(p))
        r = total[-1] * (1 - uniform(key, shape, total.dtype))
        return np.searchsorted(total, r).astype(_INT)
    p = _on_device(p)
    score = gumbel(key, (population,), p.dtype, mode) + np.log(p)
    return np.reshape(dispatch.call("top_k", score, k=draws)[1], shape)


def _on_device(x: Any) -> Array:
    """An array of ours, of a float dtype; Python numbers become float32."""
    if hasattr(x, "aval"):
        return x if dtypes.is_inexact(x.dtype) else x.astype(_FLOAT)
    made = np.asarray(x)
    return from_host(made if isinstance(x, np.ndarray) and dtypes.is_inexact(made.dtype) else made.astype(_FLOAT))


def categorical(
    key: Key,
    logits: Any,
    axis: int = -1,
    shape: Shape | None = None,
    replace: bool = True,
    mode: str | None = None,
) -> Array:
    """Indices along an axis (int32), drawn with probabilities proportional to exp(logits).

    `shape` ends in the shape of logits without the axis; without replacement its leading part is drawn together.
    """
    logits = _on_device(logits)
    axis = axis % logits.ndim
    batch = logits.shape[:axis] + logits.shape[axis + 1 :]
    sizes = batch if shape is None else shape_of(shape)
    if np.broadcast_shapes(sizes, batch) != sizes:
        raise ValueError(f"categorical: shape {sizes} must end in {batch}, the shape of logits without axis {axis}")
    prefix = sizes[: len(sizes) - len(batch)]
    if replace:
        return _argmax_of_noisy(key, logits, axis, sizes, prefix, mode)
    noisy = np.moveaxis(logits + gumbel(key, logits.shape, logits.dtype, mode), axis, -1)
    best = dispatch.call("top_k", noisy, k=math.prod(prefix))[1]
    return np.reshape(np.moveaxis(best, -1, 0), sizes)


def _argmax_of_noisy(
    key: Key, logits: Array, axis: int, shape: tuple[int, ...], prefix: tuple[int, ...], mode: str | None
) -> Array:
    rest = list(shape[len(prefix) :])
    rest.insert(axis, logits.shape[axis])
    noise = gumbel(key, (*prefix, *rest), logits.dtype, mode)
    return np.argmax(noise + logits, axis=axis - logits.ndim).astype(_INT)


# Arguments.


def _sample(name: str, key: Key, shape: Shape, dtype: Any, **static: Any) -> Array:
    sizes = shape_of(shape)
    return dispatch.call(f"random_{name}", words_for(key, sizes), shape=sizes, dtype=_float(name, dtype), **static)


def _float(name: str, dtype: Any) -> np.dtype:
    kind = _FLOAT if dtype is None else dtypes.canonical(dtype)
    if not dtypes.is_float(kind):
        raise ValueError(f"{name} needs a float dtype, got {kind}")
    return kind


def _broadcast(name: str, shape: Shape | None, *parameters: Any) -> tuple[int, ...]:
    """The shape asked for, or that to which the parameters broadcast."""
    own = np.broadcast_shapes(*(np.shape(p) for p in parameters))
    if shape is None:
        return own
    sizes = shape_of(shape)
    if np.broadcast_shapes(sizes, own) != sizes:
        raise ValueError(f"{name}: shape {sizes} does not hold parameters of shape {own}")
    return sizes
