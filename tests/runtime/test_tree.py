import dataclasses
from collections import OrderedDict, defaultdict, namedtuple

import pytest

from s2s.runtime import tree

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        1,
        None,
        (),
        {"b": 1, "a": [2, (3, None)]},
        Point(1, [2, 3]),
        OrderedDict([("z", 1), ("a", 2)]),
        defaultdict(list, {"b": 1, "a": 2}),
    ],
)
def test_round_trip(value):
    leaves, treedef = tree.flatten(value)
    again = tree.unflatten(treedef, leaves)
    assert again == value and type(again) is type(value)
    assert tree.structure(again) == treedef and hash(tree.structure(again)) == hash(treedef)


def test_leaf_order():
    assert tree.leaves({"b": 1, "a": 2}) == [2, 1]
    assert tree.leaves(OrderedDict([("z", 1), ("a", 2)])) == [1, 2]
    assert tree.unflatten(tree.structure(defaultdict(int, a=1)), [5])["new"] == 0


def test_map_and_reduce():
    assert tree.map(lambda a, b: a + b, {"a": 1, "b": (2,)}, {"a": 10, "b": (20,)}) == {"a": 11, "b": (22,)}
    assert tree.map(len, [(1, 2), (3,)], is_leaf=lambda x: isinstance(x, tuple)) == [2, 1]
    assert tree.reduce(lambda a, b: a + b, [1, (2, 3)]) == 6 and tree.reduce(max, [], 0) == 0
    assert tree.all([True, {"a": 1}]) and not tree.all([0])
    with pytest.raises(ValueError):
        tree.map(lambda a, b: a, {"a": 1}, {"b": 1})
    with pytest.raises(TypeError, match="needs an initial value"):
        tree.reduce(max, [])


def test_paths():
    pairs, _ = tree.flatten_with_path({"a": [1, Point(2, 3)]})
    assert [tree.path_string(path) for path, _ in pairs] == ["['a'][0]", "['a'][1].x", "['a'][1].y"]
    assert tree.map_with_path(lambda p, v: (tree.path_string(p), v), [5]) == [("[0]", 5)]


def test_transpose():
    outer, inner = tree.structure({"a": 0, "b": 0}), tree.structure((0, 0))
    assert tree.transpose(outer, inner, {"a": (1, 2), "b": (3, 4)}) == ({"a": 1, "b": 3}, {"a": 2, "b": 4})


def test_own_classes():
    class Pair:
        def __init__(self, a, b):
            self.a, self.b = a, b

    tree.register_node(Pair, lambda p: ((p.a, p.b), None), lambda _, c: Pair(*c))
    assert tree.map(lambda v: v + 1, Pair(1, 2)).b == 3
    with pytest.raises(ValueError):
        tree.register_node(Pair, lambda p: ((), None), lambda _, c: None)


def test_dataclasses():
    @dataclasses.dataclass
    class Layer:
        w: float
        name: str

    tree.register_dataclass(Layer, meta_fields=["name"])
    assert tree.leaves(Layer(2.0, "first")) == [2.0]
    assert tree.map(lambda v: 2 * v, Layer(2.0, "first")) == Layer(4.0, "first")
    with pytest.raises(TypeError, match="not a dataclass"):
        tree.register_dataclass(int)


def test_unsortable_keys():
    with pytest.raises(TypeError, match="keys that can be sorted"):
        tree.flatten({1: 0, "a": 1})
