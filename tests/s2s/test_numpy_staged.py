"""Every function of `s2s.numpy` gives the same while it is staged as when it is called at once."""

from typing import Any

import numpy as np
import pytest

import s2s.numpy as snp
from s2s.runtime.jit import jit
from tests.s2s.numpy_samples import LINALG, SAMPLES, Call

# How many results there are depends on the values, or nothing in the call is an array.
_EAGER_ONLY = {"unique", "argwhere", "flatnonzero"}
_STATIC = {"issubdtype", "isdtype", "can_cast", "promote_types", "result_type", "broadcast_shapes", "isscalar", "shape"}
_STATIC |= {"ndim", "size", "iscomplexobj", "isrealobj"}
# A size that the eager call reads off the data must be given.
_SIZED = {"nonzero": 2, "bincount": 3}


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _flat(args: Any) -> list[np.ndarray]:
    if isinstance(args, list | tuple):
        return [array for part in args for array in _flat(part)]
    return [args] if _is_array(args) else []


def _rebuilt(args: Any, arrays: Any) -> Any:
    if isinstance(args, list | tuple):
        return type(args)(_rebuilt(part, arrays) for part in args)
    return next(arrays) if _is_array(args) else args


def _staged(function: Any, sample: Call) -> Any:
    """The call with its arrays as arguments of a jitted function."""

    def called(*arrays: Any) -> Any:
        rest = iter(arrays)
        args = _rebuilt(sample.args, rest)
        kwargs = {name: _rebuilt(value, rest) for name, value in sample.kwargs.items()}
        return function(*args, **kwargs)

    return jit(called)(*_flat(sample.args), *_flat(list(sample.kwargs.values())))


def _leaves(result: Any) -> list[Any]:
    if isinstance(result, list | tuple):
        return [leaf for part in result for leaf in _leaves(part)]
    return [result]


def _check(function: Any, sample: Call) -> None:
    eager, staged = _leaves(function(*sample.args, **sample.kwargs)), _leaves(_staged(function, sample))
    for one, other in zip(eager, staged, strict=True):
        assert np.shape(one) == np.shape(other) and one.dtype == other.dtype
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-12, atol=1e-12)


_NAMES = sorted(name for name, calls in SAMPLES.items() if calls and name not in _EAGER_ONLY | _STATIC)


@pytest.mark.parametrize("name", _NAMES)
def test_staged_as_eager(name: str) -> None:
    _check(getattr(snp, name), SAMPLES[name][_SIZED.get(name, 0)])


@pytest.mark.parametrize("name", sorted(name for name, calls in LINALG.items() if calls))
def test_linear_algebra_staged_as_eager(name: str) -> None:
    _check(getattr(snp.linalg, name), LINALG[name][0])


@pytest.mark.parametrize("name", sorted(_EAGER_ONLY | {"nonzero"}))
def test_sizes_that_depend_on_values_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match=rf"the number of results of \w+ was needed at .*{name}|test_numpy_staged"):
        _staged(getattr(snp, name), SAMPLES[name][0])
