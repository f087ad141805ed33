"""Variables that some rows of a batch leave unset: a read of them is an error, as it is in a loop over the rows."""

import numpy as np
import pytest

import s2s


def in_branch(x):
    if x > 0:
        y = x * 2.0
    return y


def in_shared_loop(x):
    for v in x:
        if v > 0:
            y = v
    return y * 2.0


def in_while(x):
    while x > 1.0:
        x = x / 2.0
        y = x
    return y


def in_counted_loop(x, n):
    for i in range(n):
        y = x * i
    return y


def until_small(x):
    for _ in range(5):
        step = x / 2.0
        x = x - step
        if x < 0.1:
            break
    return step


def by_the_same_test(x):
    if x > 0:
        y = x * 2.0
        z = y
    else:
        w = 3.0
    if x > 0:
        return z + y
    return w


def overwritten(x):
    if x > 0:
        y = x * 2.0
    if x < 1.0:
        y = x * 3.0
    return y


def dead_read(x):
    if x > 10.0:
        y = x
    z = y * 2.0  # noqa: F841 - read all the same
    return x * 2.0


SET = [
    (in_branch, [1.0, 2.0]),
    (in_shared_loop, [[1.0, -1.0], [-1.0, 2.0]]),
    (in_while, [4.0, 2.5, 2.0]),
    (until_small, [1.0, 0.3]),
    (by_the_same_test, [1.0, -0.3]),
    (overwritten, [2.0, -1.0, 0.5]),
    (dead_read, [11.0, 12.0]),
]
UNSET = [
    (in_branch, [1.0, -2.0]),
    (in_shared_loop, [[1.0, -1.0], [-1.0, -2.0]]),
    (in_while, [4.0, 0.5, 2.0]),
    (dead_read, [11.0, 1.0]),
]
NAMES = {"ids": lambda p: getattr(p, "__name__", "")}


def compositions(f):
    g = s2s.grad(f)
    return [
        s2s.vmap(f),
        s2s.jit(s2s.vmap(f)),
        s2s.vmap(g),
        s2s.jit(s2s.vmap(g)),
        s2s.grad(lambda x: s2s.vmap(f)(x).sum()),
    ]


@pytest.mark.parametrize(("f", "x"), SET, **NAMES)
def test_rows_that_set_it(f, x):
    x = np.array(x)
    values, gradients = [f(row) for row in x], [s2s.grad(f)(row) for row in x]
    for run, wanted in zip(compositions(f), [values, values, gradients, gradients, gradients], strict=True):
        np.testing.assert_allclose(run(x), wanted, rtol=1e-14)


@pytest.mark.parametrize(("f", "x"), UNSET, **NAMES)
def test_rows_that_do_not(f, x):
    x = np.array(x)
    for run in compositions(f):
        with pytest.raises(UnboundLocalError, match="'y'.*in some rows|on the path taken"):
            run(x)


def test_rows_with_numbers_of_iterations_of_their_own():
    x = np.array([1.0, 0.3])
    for run in (s2s.vmap(in_counted_loop), s2s.jit(s2s.vmap(in_counted_loop))):
        np.testing.assert_allclose(run(x, np.array([3, 2])), [2.0, 0.3])
        with pytest.raises(UnboundLocalError, match="'y'.*in some rows"):
            run(x, np.array([3, 0]))


@pytest.mark.parametrize("f", [in_branch, in_while, dead_read], ids=lambda f: f.__name__)
def test_gradients_that_need_no_value_of_it(f):
    for run in (s2s.grad(f), s2s.jit(s2s.grad(f)), lambda x: s2s.jvp(f, (x,), (1.0,))):
        with pytest.raises(UnboundLocalError, match="'y'"):
            run(-1.0)
        with pytest.raises(UnboundLocalError, match="'y'"):
            run(np.float64(-1.0))


def test_what_the_text_reads_itself_is_not_checked():
    def used(x):
        if x > 0:
            y = np.sin(x)
        return y * y

    assert "require_set" not in s2s.grad(used).source + s2s.grad(used).source_for(1.0)
    assert 'require_set(y, "y", x > 0)' in s2s.vmap(in_branch).source
