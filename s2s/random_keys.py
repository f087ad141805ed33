"""Keys of random numbers: typed arrays of keys, and raw arrays of words. Public through `s2s.random`."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from s2s.runtime import dispatch, tree
from s2s.runtime.array import from_host

Array = Any
Key = Any

_IMPLEMENTATIONS = (None, "threefry2x32", "fry")


class KeyArray:
    """Keys in an array, each two uint32 words that are not meant to be computed with.

    `keys[i]`, iteration, `len` and `.shape` count whole keys; `key_data` gives the words. A pytree of one leaf.
    """

    __slots__ = ("_words",)

    def __init__(self, words: Array) -> None:
        self._words = words

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._words.shape[:-1])

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> str:
        return "key<fry>"

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a single key")
        return self.shape[0]

    def __iter__(self) -> Iterator["KeyArray"]:
        if not self.shape:
            raise TypeError("iteration over a single key; split it first")
        return (self[i] for i in range(self.shape[0]))

    def __getitem__(self, index: Any) -> "KeyArray":
        parts = index if isinstance(index, tuple) else (index,)
        ellipsis = () if any(part is Ellipsis for part in parts) else (Ellipsis,)
        return KeyArray(self._words[(*parts, *ellipsis, slice(None))])

    def reshape(self, *shape: Any) -> "KeyArray":
        """The same keys in another shape."""
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return KeyArray(np.reshape(self._words, (*sizes, 2)))

    def block_until_ready(self) -> "KeyArray":
        self._words.block_until_ready()
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise TypeError("keys do not convert to a NumPy array; s2s.random.key_data(keys) gives their words")

    def __array_function__(self, function: Any, types: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        if function in (np.shape, np.ndim, np.size):
            return getattr(args[0], function.__name__)
        if function is np.broadcast_to:
            return KeyArray(np.broadcast_to(args[0]._words, (*args[1], 2)))
        if function not in _REARRANGING:
            raise TypeError(f"np.{function.__name__} does not take arrays of keys; see s2s.random.key_data")
        keys, *axes = args
        return KeyArray(function(keys._words, *[_axis_of_words(a, keys.ndim) for a in axes], **kwargs))

    def __repr__(self) -> str:
        return f"Array({self.shape}, dtype={self.dtype}) overlaying:\n{self._words}"


# NumPy's functions that take arrays of keys: what turns batches of them. The words of a key stay last.
_REARRANGING = (np.swapaxes, np.moveaxis)


def _axis_of_words(axis: Any, ndim: int) -> Any:
    """Where an axis of an array of keys is in that of their words."""
    if isinstance(axis, Sequence):
        return tuple(_axis_of_words(a, ndim) for a in axis)
    return axis if axis >= 0 else axis + ndim


tree.register_node(KeyArray, lambda keys: ((keys._words,), None), lambda _, children: KeyArray(*children))


# Keys.


def key(seed: Any, *, impl: Any = None, dtype: Any = None) -> KeyArray:
    """A typed key from an integer seed, of which the low 32 bits count; from an array of seeds, an array of keys."""
    return KeyArray(_seeded(seed, impl if dtype is None else dtype))


def PRNGKey(seed: Any, *, impl: Any = None) -> Array:
    """A raw key, uint32[2], from an integer seed, of which the low 32 bits count; one for each of an array of seeds."""
    return _seeded(seed, impl)


def _seeded(seed: Any, impl: Any) -> Array:
    _check_implementation(impl)
    if isinstance(seed, KeyArray):
        raise TypeError(f"a key is made from one integer, not from {seed!r}")
    if isinstance(seed, (int, np.integer)):
        return from_host(np.array([0, int(np.int64(seed)) & 0xFFFFFFFF], np.uint32))
    if not np.issubdtype(np.result_type(seed), np.integer):
        raise TypeError(f"a seed must be an integer, got {seed!r}")
    return dispatch.call("random_seed", seed)


def _check_implementation(impl: Any) -> None:
    if impl not in _IMPLEMENTATIONS:
        raise ValueError(f"unknown random number generator {impl!r}; there is only 'threefry2x32'")


def key_data(keys: Key) -> Array:
    """The words of keys: uint32, with a last axis of length 2."""
    return key_words(keys, single=False)


def wrap_key_data(key_bits_array: Array, *, impl: Any = None, dtype: Any = None) -> KeyArray:
    """Typed keys with the given words; undoes `key_data`."""
    _check_implementation(impl if dtype is None else dtype)
    return KeyArray(key_words(key_bits_array, single=False))


def key_impl(keys: Key) -> str:
    """The name of the generator of keys."""
    key_words(keys, single=False)
    return "threefry2x32"


def clone(key: Key) -> Key:
    """The same key; named so where using it again is meant."""
    return key


def split(key: Key, num: int | tuple[int, ...] = 2) -> Any:
    """`num` new keys (or an array of them, of shape `num`), of the same kind as `key`.

    As everywhere, `key` may be an array of keys where the shape asked for begins with its shape.
    """
    shape = shape_of(num) if isinstance(num, Sequence) else (int(num),)
    return _same_kind(key, dispatch.call("random_split", words_for(key, shape), shape=shape))


def fold_in(key: Key, data: Any) -> Any:
    """A new key from a key and an integer; of an array of keys, from each one, with integers of its shape or one."""
    words = key_words(key, single=False)
    if np.ndim(data) and np.shape(data) != tuple(words.shape[:-1]):
        raise TypeError(f"fold_in takes one integer, not an array of shape {np.shape(data)}")
    data = np.uint32(data & 0xFFFFFFFF) if isinstance(data, int) else data
    return _same_kind(key, dispatch.call("random_fold_in", words, data))


def _same_kind(key: Key, words: Array) -> Any:
    return KeyArray(words) if isinstance(key, KeyArray) else words


def key_words(key: Key, single: bool = True) -> Array:
    """The uint32 words of a key of either kind (of an array of keys, unless `single`)."""
    words = key._words if isinstance(key, KeyArray) else key
    shape, dtype = getattr(words, "shape", None), getattr(words, "dtype", None)
    if dtype != np.uint32 or not shape or shape[-1] != 2:
        raise TypeError(f"expected a key from s2s.random.key or PRNGKey, got {key!r}")
    if single and len(shape) != 1:
        raise ValueError(f"expected a single key, got keys of shape {shape[:-1]}; take one by index, or vmap over them")
    return words


def words_for(key: Key, shape: tuple[int, ...]) -> Array:
    """The words of a key, or of an array of keys whose shape is the beginning of `shape`: each draws its own part."""
    words = key_words(key, single=False)
    lead = tuple(words.shape[:-1])
    return words if lead and lead == shape[: len(lead)] else key_words(key)


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of ints; TypeError for a bare int."""
    if isinstance(shape, (int, np.integer)) or not isinstance(shape, Sequence):
        raise TypeError(f"a shape is a tuple of ints, such as (3,), not {shape!r}")
    return tuple(int(n) for n in shape)
