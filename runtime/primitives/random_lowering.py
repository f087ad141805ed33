"""How random numbers are built: the counter-based generator Threefry-2x32 in StableHLO.

Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Seeds, key derivation, counters
and the maps from bits to numbers are those of `jax.random` (with its default, partitionable counters), bit for bit. A
key is an array of two uint32 words. Of an array of keys (..., 2), each draws by itself: shapes begin with that of the
array, and counters count what belongs to one key.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from ml_dtypes import finfo

from s2s.runtime import dtypes, hlo, staging
from s2s.runtime.adapter import chlo, stablehlo
from s2s.runtime.primitives.sort_lowering import sort_together
from s2s.runtime.staging import Staged

Shape = tuple[int, ...]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def seed(seed: Staged) -> Staged:
    """The key (0, the low word of the seed), as `jax.random.PRNGKey` without 64-bit mode; one for each seed."""
    shape = (*seed.shape, 1)
    word = hlo.reshape(hlo.convert(seed, dtypes.uint32), shape)
    return hlo.concatenate([hlo.full(shape, 0, dtypes.uint32), word], len(shape) - 1)


def split(key: Staged, shape: Shape) -> Staged:
    words = threefry(key, *_counters(key, shape))
    return hlo.concatenate([hlo.expand(word, [len(shape)]) for word in words], len(shape))


def fold_in(key: Staged, data: Staged) -> Staged:
    shape = (*key.shape[:-1], 1)
    word = hlo.reshape(hlo.broadcast_to(hlo.convert(data, dtypes.uint32), shape[:-1]), shape)
    return hlo.concatenate(threefry(key, hlo.full(shape, 0, dtypes.uint32), word), len(shape) - 1)


def bits(key: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    """Random bits of an unsigned dtype, one 64-bit counter per element."""
    high, low = threefry(key, *_counters(key, shape))
    if dtype == dtypes.uint64:
        wide = stablehlo.shift_left(hlo.convert(high, dtype).value, _filled(32, shape, dtype))
        return staging.wrap(stablehlo.or_(wide, hlo.convert(low, dtype).value))
    return hlo.convert(hlo.binary(stablehlo.xor, high, low), dtype)


def _counters(key: Staged, shape: Shape) -> tuple[Staged, Staged]:
    """The high and low words of 0, 1, 2, ... in the given shape; for each key of an array anew."""
    high, low = _counters_of_one(shape[len(key.shape) - 1 :])
    return hlo.broadcast_to(high, shape), hlo.broadcast_to(low, shape)


def _counters_of_one(shape: Shape) -> tuple[Staged, Staged]:
    if math.prod(shape) < 1 << 32:
        zeros = hlo.full(shape, 0, dtypes.uint32)
        return zeros, _row_major(shape, dtypes.uint32) if shape else zeros
    wide = _row_major(shape, dtypes.uint64)
    high = stablehlo.shift_right_logical(wide.value, _filled(32, shape, dtypes.uint64))
    return hlo.convert(staging.wrap(high), dtypes.uint32), hlo.convert(wide, dtypes.uint32)


def _row_major(shape: Shape, dtype: np.dtype) -> Staged:
    """The index of every element in row-major order, axis by axis, so that it can be partitioned."""
    total = hlo.iota(shape, len(shape) - 1, dtype)
    for axis in range(len(shape) - 1):
        stride = hlo.full(shape, math.prod(shape[axis + 1 :]), dtype)
        total = hlo.add(total, hlo.multiply(stride, hlo.iota(shape, axis, dtype)))
    return total


def threefry(key: Staged, high: Staged, low: Staged) -> tuple[Staged, Staged]:
    """Twenty rounds on pairs of words, the key being injected before the first and after every fourth."""
    shape = high.shape
    words = [_word(key, i, shape) for i in range(2)]
    mixed = stablehlo.xor(stablehlo.xor(*words), _filled(_PARITY, shape, dtypes.uint32))
    keys = [*words, mixed]
    x, y = stablehlo.add(high.value, keys[0]), stablehlo.add(low.value, keys[1])
    for group in range(5):
        for distance in _ROTATIONS[group % 2]:
            x = stablehlo.add(x, y)
            y = stablehlo.xor(_rotated(y, distance, shape), x)
        x = stablehlo.add(x, keys[(group + 1) % 3])
        y = stablehlo.add(y, keys[(group + 2) % 3])
        y = stablehlo.add(y, _filled(group + 1, shape, dtypes.uint32))
    return staging.wrap(x), staging.wrap(y)


def _rotated(word: Any, distance: int, shape: Shape) -> Any:
    left = stablehlo.shift_left(word, _filled(distance, shape, dtypes.uint32))
    return stablehlo.or_(left, stablehlo.shift_right_logical(word, _filled(32 - distance, shape, dtypes.uint32)))


def _word(key: Staged, index: int, shape: Shape) -> Any:
    lead = key.shape[:-1]
    if key.shape != (*shape[: len(lead)], 2) or key.dtype != dtypes.uint32:
        raise TypeError(f"a random key is two uint32 words, not {key.aval!r}; make one with s2s.random.key(seed)")
    word = hlo.slice_(key, [*[0] * len(lead), index], [*lead, index + 1])
    return hlo.broadcast_to(hlo.reshape(word, (*lead, *[1] * (len(shape) - len(lead)))), shape).value


def _filled(value: Any, shape: Shape, dtype: np.dtype) -> Any:
    return hlo.full(shape, value, dtype).value


_UNSIGNED = {1: dtypes.uint8, 2: dtypes.uint16, 4: dtypes.uint32, 8: dtypes.uint64}


def uniform(key: Staged, minval: Staged, maxval: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    """minval + (maxval - minval) u, where u has random mantissa bits under a fixed exponent."""
    low, high = (_to(value, shape, dtype) for value in (minval, maxval))
    drawn = hlo.multiply(_unit(key, shape, dtype), hlo.subtract(high, low))
    return hlo.maximum(low, hlo.add(drawn, low))


def _unit(key: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    kind = _UNSIGNED[dtype.itemsize]
    mantissa = finfo(dtype).nmant
    width = 8 if mantissa < 8 else 8 * dtype.itemsize
    drawn = hlo.convert(bits(key, shape, _UNSIGNED[width // 8]), kind)
    fraction = stablehlo.shift_right_logical(drawn.value, _filled(width - mantissa, shape, kind))
    one = np.asarray(1, dtype).view(kind)
    number = stablehlo.or_(fraction, _filled(one, shape, kind))
    floats = stablehlo.bitcast_convert(dtypes.tensor_type(shape, dtype), number)
    return hlo.subtract(staging.wrap(floats), hlo.full(shape, 1, dtype))


def _to(value: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    return hlo.broadcast_to(hlo.convert(value, dtype), shape)


def _keys(key: Staged) -> tuple[Staged, Staged]:
    """Two new keys, of each."""
    lead = key.shape[:-1]
    pair = split(key, (*lead, 2))
    first, second = (_item(pair, len(lead), i) for i in range(2))
    return first, second


def _item(x: Staged, axis: int, i: int) -> Staged:
    """`x[:, i]`, for any axis."""
    shape = x.shape
    start, stop = [0] * len(shape), list(shape)
    start[axis], stop[axis] = i, i + 1
    return hlo.reshape(hlo.slice_(x, start, stop), (*shape[:axis], *shape[axis + 1 :]))


def normal(key: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    """By the inverse of the error function; complex numbers have variance 1/2 in each part."""
    if dtypes.is_complex(dtype):
        parts = [normal(part, shape, dtypes.real_dtype(dtype)) for part in _keys(key)]
        number = staging.wrap(stablehlo.complex(parts[0].value, parts[1].value))
        return hlo.divide(number, hlo.full(shape, np.sqrt(2), dtype))
    u = _standard(key, shape, dtype, np.nextafter(np.asarray(-1, dtype), np.asarray(0, dtype)))
    return hlo.multiply(hlo.full(shape, np.sqrt(2), dtype), hlo.unary(chlo.erf_inv, u))


def truncated_normal(key: Staged, lower: Staged, upper: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    """A normal number between two bounds, clipped to the open interval."""
    low, high = (_to(bound, shape, dtype) for bound in (lower, upper))
    root = hlo.full(shape, np.sqrt(2), dtype)
    least, most = (hlo.unary(chlo.erf, hlo.divide(bound, root)) for bound in (low, high))
    out = hlo.multiply(root, hlo.unary(chlo.erf_inv, uniform(key, least, most, shape, dtype)))
    return hlo.minimum(hlo.maximum(out, _next_after(low, np.inf)), _next_after(high, -np.inf))


def _next_after(x: Staged, towards: float) -> Staged:
    return hlo.binary(chlo.next_after, x, hlo.full_like(x, towards))


def exponential(key: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    return hlo.negate(_log_complement(_standard(key, shape, dtype, 0.0)))


def _log_complement(x: Staged) -> Staged:
    """log(1 - x)"""
    return hlo.unary(stablehlo.log_plus_one, hlo.negate(x))


def _minus_log(x: Staged) -> Staged:
    return hlo.negate(hlo.unary(stablehlo.log, x))


def gumbel(key: Staged, shape: Shape, dtype: np.dtype, mode: str = "low") -> Staged:
    if mode == "low":
        return _minus_log(_minus_log(_standard(key, shape, dtype, finfo(dtype).tiny)))
    lead, info = len(key.shape) - 1, finfo(dtype)
    pair = _standard(key, (*shape[:lead], 2, *shape[lead:]), dtype, 0.0)
    high, low = (_item(pair, lead, i) for i in range(2))
    fine = hlo.add(high, hlo.multiply(hlo.full(shape, 2.0**-info.nmant, dtype), low))
    fine = hlo.add(fine, hlo.full(shape, info.tiny, dtype))
    coarse = hlo.compare(high, hlo.full(shape, 0.5, dtype), "GE")
    return _minus_log(hlo.negate(_log_complement(hlo.select(coarse, high, fine))))


def laplace(key: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    u = _standard(key, shape, dtype, -1.0 + finfo(dtype).epsneg)
    return hlo.multiply(hlo.unary(stablehlo.sign, u), _log_complement(hlo.unary(stablehlo.abs, u)))


def logistic(key: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    x = _standard(key, shape, dtype, finfo(dtype).tiny)
    return hlo.subtract(hlo.unary(stablehlo.log, x), _log_complement(x))


def cauchy(key: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    u = _standard(key, shape, dtype, finfo(dtype).eps)
    angle = hlo.multiply(hlo.full(shape, np.pi, dtype), hlo.subtract(u, hlo.full(shape, 0.5, dtype)))
    return hlo.unary(chlo.tan, angle)


def _standard(key: Staged, shape: Shape, dtype: np.dtype, lowest: Any) -> Staged:
    return uniform(key, hlo.scalar(lowest, dtype), hlo.scalar(1, dtype), shape, dtype)


def randint(key: Staged, minval: Staged, maxval: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    """Integers in [minval, maxval) by the remainder of twice as many bits as the dtype has."""
    narrow = dtype.itemsize < 4
    kind = dtypes.int32 if narrow else dtype
    if narrow:
        info = np.iinfo(dtype)
        minval = hlo.convert(_clip(minval, info.min, info.max), dtypes.int32)
        maxval = hlo.convert(_clip(maxval, info.min, info.max + 1), dtypes.int32)
    return hlo.convert(_randint(key, minval, maxval, shape, kind), dtype)


def _randint(key: Staged, minval: Staged, maxval: Staged, shape: Shape, dtype: np.dtype) -> Staged:
    info = np.iinfo(dtype)
    greatest = hlo.full_like(maxval, min(info.max, np.iinfo(maxval.dtype).max))
    beyond = hlo.broadcast_to(hlo.compare(maxval, greatest, "GT"), shape)
    low, high = (_to(_clip(value, info.min, info.max), shape, dtype) for value in (minval, maxval))
    kind = _UNSIGNED[dtype.itemsize]
    one = hlo.full(shape, 1, kind)
    span = hlo.convert(hlo.subtract(high, low), kind)
    span = hlo.select(hlo.compare(high, low, "LE"), one, span)
    wider = hlo.logical_and(beyond, hlo.compare(high, low, "GT"))
    span = hlo.select(wider, hlo.add(span, one), span)
    return hlo.add(low, hlo.convert(_remainder_of_two_words(key, span, shape, kind), dtype))


def _remainder_of_two_words(key: Staged, span: Staged, shape: Shape, kind: np.dtype) -> Staged:
    """(high 2^n + low) mod span, where 2^n mod span is got by squaring; a span of 0 stands for 2^n."""
    high, low = (bits(part, shape, kind) for part in _keys(key))
    multiplier = _remainder(hlo.full(shape, 1 << (4 * kind.itemsize), kind), span)
    multiplier = _remainder(hlo.multiply(multiplier, multiplier), span)
    offset = hlo.multiply(_remainder(high, span), multiplier)
    return _remainder(hlo.add(offset, _remainder(low, span)), span)


def _remainder(x: Staged, span: Staged) -> Staged:
    return hlo.binary(stablehlo.remainder, x, span)


def _clip(value: Staged, low: int, high: int) -> Staged:
    """`value` clipped to those of the bounds that its own dtype can exceed."""
    info = np.iinfo(value.dtype)
    least, most = hlo.full_like(value, max(low, info.min)), hlo.full_like(value, min(high, info.max))
    return hlo.minimum(hlo.maximum(value, least), most)


def shuffled(key: Staged, shape: Shape, axis: int) -> Staged:
    """The positions along an axis in random order, independently for every other index (int32).

    Sorts by random words, several times over, so that equal words do not bias the order.
    """
    order: Sequence[Staged] = [hlo.iota(shape, axis, dtypes.int32)]
    count = math.prod(shape[len(key.shape) - 1 :])
    rounds = math.ceil(3 * math.log(max(1, count)) / math.log(np.iinfo(np.uint32).max))
    for _ in range(rounds):
        key, subkey = _keys(key)
        order = sort_together([bits(subkey, shape, dtypes.uint32), order[-1]], axis)
    return order[-1]
