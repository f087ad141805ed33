"""`s2s.tree` against the peer's trees."""

import dataclasses
from collections import OrderedDict, defaultdict, namedtuple

import pytest

from s2s import tree

jax = pytest.importorskip("jax")

Point = namedtuple("Point", "x y")
TREE = {"b": [1, (2, None)], "a": Point(3, {"z": 4}), "c": OrderedDict(q=5, p=6)}


def test_leaves_come_in_the_order_of_the_peer():
    assert tree.leaves(TREE) == jax.tree.leaves(TREE) == [3, 4, 1, 2, 5, 6]
    leaves, structure = tree.flatten(TREE)
    assert structure == tree.structure(TREE)
    assert tree.unflatten(structure, leaves) == TREE


def test_map_over_several_trees():
    assert tree.map(lambda a, b: a + b, {"x": [1, 2]}, {"x": [10, 20]}) == {"x": [11, 22]}
    assert tree.map(lambda a, rest: (a, rest), [1], [[2, 3]]) == [(1, [2, 3])]
    assert tree.map(len, [(1, 2), (3,)], is_leaf=lambda node: isinstance(node, tuple)) == [2, 1]
    with pytest.raises(ValueError):
        tree.map(lambda a, b: a, [1, 2], [1, 2, 3])


def test_reduce_and_all():
    assert tree.reduce(lambda a, b: a + b, TREE) == 21
    assert tree.reduce(lambda a, b: a + b, [], 5) == 5
    assert tree.all({"a": True, "b": [1, 2]}) and not tree.all([True, 0])
    with pytest.raises(TypeError, match="initial value"):
        tree.reduce(lambda a, b: a + b, [])


def test_transpose():
    outer, inner = tree.structure([0, 0, 0]), tree.structure({"a": 0, "b": 0})
    pairs = [{"a": 1, "b": 2}, {"a": 3, "b": 4}, {"a": 5, "b": 6}]
    assert tree.transpose(outer, inner, pairs) == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_paths():
    paths = [tree.keystr(path) for path, _ in tree.flatten_with_path(TREE)[0]]
    assert paths[:4] == ["['a'].x", "['a'].y['z']", "['b'][0]", "['b'][1][0]"]
    assert tree.map_with_path(lambda path, leaf: (len(path), leaf), [1, [2]]) == [(1, 1), [(2, 2)]]


def test_defaultdict_keeps_its_factory():
    made = tree.map(lambda x: x + 1, defaultdict(list, a=1))
    assert made == {"a": 2} and made["new"] == []


def test_classes_register_in_three_ways():
    class Pair:
        def __init__(self, first, second):
            self.first, self.second = first, second

    tree.register_pytree_node(Pair, lambda p: ((p.first, p.second), None), lambda _, children: Pair(*children))
    doubled = tree.map(lambda x: 2 * x, Pair(1, [2]))
    assert (doubled.first, doubled.second) == (2, [4])

    @tree.register_pytree_node_class
    class Tagged:
        def __init__(self, value, tag):
            self.value, self.tag = value, tag

        def tree_flatten(self):
            return (self.value,), self.tag

        @classmethod
        def tree_unflatten(cls, tag, children):
            return cls(*children, tag)

    made = tree.map(lambda x: x + 1, Tagged(1, "t"))
    assert (made.value, made.tag) == (2, "t")
    assert tree.structure(Tagged(1, "t")) != tree.structure(Tagged(1, "u"))

    @dataclasses.dataclass
    class Layer:
        w: int
        b: int
        name: str

    tree.register_dataclass(Layer, ["w", "b"], ["name"])
    assert tree.leaves(Layer(1, 2, "n")) == [1, 2]
    assert tree.map(lambda x: -x, Layer(1, 2, "n")) == Layer(-1, -2, "n")
    with pytest.raises(ValueError):
        tree.register_pytree_node(Pair, lambda p: ((), None), lambda _, children: Pair(0, 0))


def test_keys_that_cannot_be_sorted():
    with pytest.raises(TypeError, match="sorted"):
        tree.flatten({1: 0, "a": 1})
