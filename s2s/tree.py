"""Pytrees: nested tuples, lists, dicts, named tuples, None and registered classes, with arrays as leaves.

`None` has no leaves; dicts are ordered by their keys. Classes of one's own join by `register_pytree_node`,
`register_pytree_node_class` or `register_dataclass`.
"""

from s2s.runtime.tree import (
    all,
    flatten,
    flatten_with_path,
    leaves,
    map,
    map_with_path,
    reduce,
    register_dataclass,
    structure,
    transpose,
    unflatten,
)
from s2s.runtime.tree import path_string as keystr
from s2s.runtime.tree import register_node as register_pytree_node
from s2s.runtime.tree import register_node_class as register_pytree_node_class

__all__ = [
    "all",
    "flatten",
    "flatten_with_path",
    "keystr",
    "leaves",
    "map",
    "map_with_path",
    "reduce",
    "register_dataclass",
    "register_pytree_node",
    "register_pytree_node_class",
    "structure",
    "transpose",
    "unflatten",
]

# The names under which `jax.tree_util` has them.
tree_all, tree_flatten, tree_leaves, tree_map, tree_reduce = all, flatten, leaves, map, reduce
tree_structure, tree_transpose, tree_unflatten = structure, transpose, unflatten
tree_map_with_path, tree_flatten_with_path = map_with_path, flatten_with_path
