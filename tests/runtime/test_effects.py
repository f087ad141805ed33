"""What a region's function can reach: the user's containers, however they are held, and none of the library's."""

import functools

import numpy as np

import s2s
from s2s.runtime import dispatch, effects

OF_THE_MODULE = [1.0]


def reads_a_global():
    return OF_THE_MODULE


class Holder:
    def __init__(self, inside):
        self.inside = [inside]

    def method(self):
        return self.inside


def found(root, wanted):
    return effects.reachable([root], {id(wanted)}) == {id(wanted)}


def test_containers_of_the_user_are_reached():
    mine = [1.0]
    for root in (
        mine, {"a": (mine,)}, lambda: mine, lambda x=mine: x, Holder(mine), Holder(mine).method,
        functools.partial(max, mine), s2s.jit(lambda: mine), s2s.grad(s2s.jit(lambda x: x * mine[0])),
    ):  # fmt: skip
        assert found(root, mine), root
    assert found(reads_a_global, OF_THE_MODULE)
    assert found(s2s.jit(reads_a_global), OF_THE_MODULE)


def test_only_what_was_asked_for_is_told():
    mine, other = [1.0], [2.0]
    assert effects.reachable([mine], {id(other)}) == set()
    assert effects.reachable([[mine, other]], {id(mine), id(other)}) == {id(mine), id(other)}


def test_what_the_library_keeps_is_not_walked():
    """A process that has compiled much would be slow to compile more."""
    jitted = s2s.jit(lambda x: np.sin(x))
    jitted(1.0)
    containers = [value for value in vars(jitted).values() if isinstance(value, dict | list)]
    assert not any(found(jitted, container) for container in containers)
    library = [value for value in vars(dispatch).values() if isinstance(value, dict | list)]
    assert library and not any(found(np.sin, c) or found(s2s.numpy.sin, c) for c in library)
