"""What staging and transformations find out about a function goes with the function."""

import functools
import gc
import linecache
import weakref

import numpy as np
import pytest

import s2s
from s2s.codegen.reading.belongings import Belongings
from s2s.codegen.staging import scans
from s2s.runtime import errors, staged_dispatch

TEXT = """
def helper(x):
    for i in range(3):
        x = x + i
    return x

def f(x):
    if x[0] > 0:
        x = np.sin(x) * k
    return helper(x).sum()
"""
USES = {
    "jit": lambda f: s2s.jit(f).lower(np.ones(3)),
    "grad": lambda f: s2s.grad(f)(np.ones(3)),
    "jit of grad": lambda f: s2s.jit(s2s.grad(f)).lower(np.ones(3)),
}


def _made():
    """A function of a module of its own, as `exec` makes it."""
    linecache.cache["<made>"] = (len(TEXT), None, TEXT.splitlines(True), "<made>")
    namespace = {"np": np, "k": np.ones(3)}
    exec(compile(TEXT, "<made>", "exec"), namespace)
    return namespace["f"]


def _closure():
    k = np.ones(3)

    def f(x):
        if x[0] > 0:
            x = x * k
        return x.sum()

    return f


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("make", [_made, _closure])
def test_functions_are_not_kept(make, use):
    function = make()
    USES[use](function)
    alive = weakref.ref(function), weakref.ref(function.__code__)
    del function
    linecache.cache.pop("<made>", None)
    gc.collect()
    assert alive[0]() is None
    assert make is _closure or alive[1]() is None


def test_tables_are_as_small_as_before():
    def size():
        gc.collect()
        return (
            len(scans._SCANS_OF_CODE),
            len(scans._STAGED_CODES),
            len(staged_dispatch._locations),
            len(errors._source_maps),
        )

    before = size()
    for _ in range(3):
        s2s.jit(s2s.grad(_made())).lower(np.ones(3))
    assert size() == before


def test_functions_with_one_code_share_a_scan_while_what_they_name_is_the_same():
    def made(called):
        return lambda x: called(x) + 1

    first, second, third = made(np.sin), made(np.sin), made(np.cos)
    for function in (first, second, third):
        s2s.jit(function).lower(np.ones(3))
    (shared,) = scans._SCANS.get(first)
    assert scans._SCANS.get(second) == [shared]
    assert scans._SCANS.get(third) != [shared]


def test_belongings_are_not_those_of_wrappers():
    kept = Belongings("test")

    def function():
        pass

    kept.set(function, 3)
    wrapper = functools.wraps(function)(lambda: function())
    assert kept.get(function) == 3
    assert kept.get(wrapper) is None
    kept.forget(function)
    assert kept.get(function) is None
