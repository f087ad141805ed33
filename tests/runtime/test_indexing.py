import numpy as np
import pytest

from s2s.runtime.array import from_host
from s2s.runtime.errors import ConcretizationError
from s2s.runtime.jit import jit

GIVEN = np.arange(24.0).reshape(2, 3, 4)
INDICES = [
    0,
    -1,
    (1, -2),
    slice(None),
    (slice(None), slice(1, None)),
    (Ellipsis, 0),
    (None, 1),
    (slice(None, None, -1), slice(None, None, 2)),
    np.array([0, 1, 1]),
    [1, 0],
    (np.array([0, 1]), np.array([2, 0])),
    (slice(None), np.array([[0, 2], [1, 1]])),
    (0, slice(None), np.array([0, 3])),
    np.int64(1),
    (1, 2, 3),
    (),
]


@pytest.mark.parametrize("index", INDICES, ids=map(str, INDICES))
def test_like_numpy(index):
    x = from_host(GIVEN)
    expected = (
        GIVEN[tuple(np.asarray(i) if isinstance(i, list) else i for i in index)]
        if type(index) is tuple
        else GIVEN[index]
    )
    np.testing.assert_array_equal(np.asarray(x[index]), expected)
    np.testing.assert_array_equal(np.asarray(jit(lambda x: x[index])(x)), expected)


@pytest.mark.parametrize("index", INDICES, ids=map(str, INDICES))
@pytest.mark.parametrize("name", ["set", "add", "multiply", "divide", "min", "max", "power"])
def test_updates_like_numpy(index, name):
    given = GIVEN + 1
    expected = given.copy()
    plain = index
    {
        "set": lambda: expected.__setitem__(plain, 2.0),
        "add": lambda: np.add.at(expected, plain, 2.0),
        "multiply": lambda: np.multiply.at(expected, plain, 2.0),
        "divide": lambda: np.divide.at(expected, plain, 2.0),
        "min": lambda: np.minimum.at(expected, plain, 2.0),
        "max": lambda: np.maximum.at(expected, plain, 2.0),
        "power": lambda: np.power.at(expected, plain, 2.0),
    }[name]()
    update = lambda x: getattr(x.at[index], name)(2.0)  # noqa: E731
    if name == "power" and index is INDICES[8]:
        return  # repeated indices: one power of several is not one of NumPy's sequence of powers
    np.testing.assert_allclose(np.asarray(update(from_host(given))), expected)
    np.testing.assert_allclose(np.asarray(jit(update)(given)), expected)


def test_masks():
    x = from_host(GIVEN)
    np.testing.assert_array_equal(np.asarray(x[x > 5]), GIVEN[GIVEN > 5])
    np.testing.assert_array_equal(np.asarray(x[0, GIVEN[0] > 5]), GIVEN[0][GIVEN[0] > 5])
    np.testing.assert_array_equal(np.asarray(x.at[x > 5].set(0.0)), np.where(GIVEN > 5, 0, GIVEN))
    np.testing.assert_array_equal(np.asarray(jit(lambda x: x.at[x > 5].set(0.0))(x)), np.where(GIVEN > 5, 0, GIVEN))
    with pytest.raises((TypeError, IndexError), match="shape"):
        jit(lambda x: x[x > 5])(x)
    with pytest.raises(IndexError, match="mask of shape"):
        x[np.array([True, False, True])]


def test_one_program_for_all_integers():
    x = from_host(np.arange(50.0))
    assert [float(x[i]) for i in range(50)] == list(range(50)) and float(x[-3]) == 47


def test_staged_integers():
    f = jit(lambda x, i: (x[i], x.at[i].set(-1.0)))
    value, changed = f(np.arange(5.0), from_host(np.int64(-2)))
    assert float(value) == 3 and changed.tolist() == [0, 1, 2, -1, 4]


def test_errors_name_the_users_line():
    x = from_host(GIVEN)
    for bad, text in [
        (2, "index 2 is out of bounds for axis 0 with size 2"),
        ((0, -4), "index -4 is out of bounds for axis 1"),
        ((0, 0, 0, 0), "too many indices"),
        (1.5, "an index must be of integers"),
        (np.array([0.5]), "must be of integers or bools"),
        ("a", "an index must be of integers"),
    ]:
        with pytest.raises(IndexError, match=text + r".*test_indexing\.py:\d+"):
            x[bad]


def test_get_and_apply():
    x = from_host(np.arange(3.0))
    assert float(x.at[1].get()) == 1 and x.at[1].apply(lambda v: v + 5).tolist() == [0, 6, 2]


def test_slices_with_staged_bounds_are_refused():
    with pytest.raises((ConcretizationError, TypeError, IndexError)):
        jit(lambda x, i: x[: i[0]])(np.arange(5.0), np.array([2]))
