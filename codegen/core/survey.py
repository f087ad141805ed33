"""The nodes of a whole tree by their class, so that a question about a few of them does not look at them all."""

import functools
from collections import defaultdict
from typing import Any

import gast

from s2s.codegen.core.core import nodes
from s2s.codegen.core.names import NAMING, names_of


class Survey:
    """What a tree holds, for those that leave it as it is.

    Attributes:
        nodes: the tree itself, and all nodes in it, as `core.nodes` gives them.
    """

    def __init__(self, tree: Any):
        self.nodes = nodes(tree)

    @functools.cached_property
    def _inside(self) -> dict[Any, list[Any]]:
        found: dict[Any, list[Any]] = defaultdict(list)
        for node in self.nodes[1:]:
            found[type(node)].append(node)
        return dict(found)

    @functools.cached_property
    def names(self) -> set[str]:
        """Every name that occurs in the tree."""
        others = [node for kind in NAMING & self._inside.keys() for node in self.of(kind)]
        return names_of([self.nodes[0], *others]).union([n.id for n in self.of(gast.Name)])

    def of(self, kind: Any) -> list[Any]:
        """The nodes of a class inside of the tree, in their order."""
        return self._inside.get(kind, [])

    def holds(self, *kinds: Any) -> bool:
        """Is a node of one of these classes inside of the tree?"""
        return not self._inside.keys().isdisjoint(kinds)
