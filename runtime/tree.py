"""Pytrees: nested tuples, lists, dicts, named tuples, None, and registered classes, with arrays as leaves.

The registry is our own, over jaxlib's C++ one: jaxlib's default registry belongs to jax.
"""

import dataclasses
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from s2s.runtime.adapter import PyTreeDef, PyTreeRegistry

Class = TypeVar("Class", bound=type)

registry = PyTreeRegistry(
    enable_none=True, enable_tuple=True, enable_namedtuple=True, enable_list=True, enable_dict=True
)
# The leaf predicate is given only where there is one: the C++ side is faster without.
_flatten = registry.flatten


def flatten(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], PyTreeDef]:
    """The leaves of a tree, in order (dicts by sorted key), and its structure. None has no leaves."""
    try:
        return _flatten(tree, is_leaf)
    except ValueError as error:
        if "sorting pytree dictionary keys" in str(error):
            raise TypeError("a dict used as a pytree needs keys that can be sorted (of one type)") from error
        raise


def unflatten(treedef: PyTreeDef, leaves: Iterable[Any]) -> Any:
    """The tree of that structure with these leaves. ValueError if their number is wrong."""
    return treedef.unflatten(leaves)


def leaves(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves of a tree, in order."""
    return flatten(tree, is_leaf)[0]


def structure(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> PyTreeDef:
    """The structure of a tree, comparable and hashable."""
    return flatten(tree, is_leaf)[1]


def map(function: Callable[..., Any], tree: Any, *rest: Any, is_leaf: Callable[[Any], bool] | None = None) -> Any:
    """Applies `function` to the leaves of trees of one structure (`rest` may have subtrees for leaves of `tree`).

    Raises ValueError where the structures differ.
    """
    first, treedef = flatten(tree, is_leaf)
    columns = [first, *(treedef.flatten_up_to(other) for other in rest)]
    return treedef.unflatten([function(*row) for row in zip(*columns, strict=True)])


def flatten_with_path(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], PyTreeDef]:
    """As `flatten`, with pairs (path, leaf); `path_string` prints a path."""
    if is_leaf is None:
        return registry.flatten_with_path(tree, None)
    return registry.flatten_with_path(tree, lambda _, node: is_leaf(node))


def map_with_path(function: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """As `map`; `function` gets the leaf's path first."""
    pairs, treedef = flatten_with_path(tree)
    columns = [[leaf for _, leaf in pairs], *(treedef.flatten_up_to(other) for other in rest)]
    paths = [path for path, _ in pairs]
    return treedef.unflatten([function(path, *row) for path, *row in zip(paths, *columns, strict=True)])


def path_string(path: Sequence[Any]) -> str:
    """A path as one would write it: `['w'][0].bias`."""
    return "".join(_key_string(key) for key in path)


def _key_string(key: Any) -> str:
    for attribute, shape in (("key", "[{!r}]"), ("idx", "[{!r}]"), ("name", ".{}")):
        if hasattr(key, attribute):
            return shape.format(getattr(key, attribute))
    return f"[{key}]"


def reduce(function: Callable[[Any, Any], Any], tree: Any, *initial: Any) -> Any:
    """Folds the leaves from the left."""
    values = [*initial, *leaves(tree)]
    if not values:
        raise TypeError("tree.reduce of a tree without leaves needs an initial value")
    result = values[0]
    for value in values[1:]:
        result = function(result, value)
    return result


def all(tree: Any) -> bool:
    """Whether every leaf is true."""
    return not [leaf for leaf in leaves(tree) if not leaf]


def transpose(outer: PyTreeDef, inner: PyTreeDef, tree: Any) -> Any:
    """A tree of `outer` of trees of `inner` turned inside out."""
    columns = [inner.flatten_up_to(subtree) for subtree in outer.flatten_up_to(tree)]
    return inner.unflatten([outer.unflatten(list(row)) for row in zip(*columns, strict=True)])


def register_node(
    node_type: type,
    flatten_function: Callable[[Any], tuple[Iterable[Any], Any]],
    unflatten_function: Callable[[Any, Iterable[Any]], Any],
) -> None:
    """Makes a class a pytree node.

    `flatten_function(node) -> (children, static)`, `unflatten_function(static, children) -> node`; `static` must be
    hashable and comparable. ValueError if the class is registered already.
    """
    registry.register_node(node_type, flatten_function, unflatten_function, None)


def register_node_class(cls: Class) -> Class:
    """Decorator: a class with methods `tree_flatten(self)` and `tree_unflatten(cls, static, children)`."""
    register_node(cls, lambda node: node.tree_flatten(), cls.tree_unflatten)  # type: ignore[attr-defined]
    return cls


def register_dataclass(cls: Class, data_fields: Sequence[str] | None = None, meta_fields: Sequence[str] = ()) -> Class:
    """Makes a dataclass a pytree node whose children are `data_fields` (by default all that are not `meta_fields`).

    Usable as a decorator. TypeError for a class that is no dataclass, or where the fields do not cover it.
    """
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is not a dataclass; use register_node")
    names = [f.name for f in dataclasses.fields(cls) if f.init]
    data = [name for name in names if name not in meta_fields] if data_fields is None else list(data_fields)
    if sorted([*data, *meta_fields]) != sorted(names):
        raise TypeError(f"fields {sorted({*names} ^ {*data, *meta_fields})} of {cls.__name__} are not data xor meta")
    registry.register_dataclass_node(cls, data, list(meta_fields))
    return cls


def _flatten_defaultdict(node: Any) -> tuple[tuple[Any, ...], Any]:
    keys = tuple(sorted(node))
    return tuple(node[key] for key in keys), (node.default_factory, keys)


register_node(
    OrderedDict,
    lambda node: (tuple(node.values()), tuple(node.keys())),
    lambda keys, children: OrderedDict(zip(keys, children, strict=True)),
)
register_node(
    defaultdict,
    _flatten_defaultdict,
    lambda static, children: defaultdict(static[0], zip(static[1], children, strict=True)),
)
