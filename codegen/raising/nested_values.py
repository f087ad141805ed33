"""Values that are to stand in place of names, before they do: all expressions are then written anew at once."""

from collections.abc import Mapping

import gast

from s2s.codegen.core import core

# Names to values, in this order: a value may read names before it.
Nested = dict[str, gast.AST]


def written_out(nested: Nested, renamed: Mapping[str, gast.AST]) -> dict[str, gast.AST]:
    """What is to be read in place of names that are renamed, and of those whose values are nested."""
    mapping = dict(renamed)
    for name, value in nested.items():
        is_same = mapping.keys().isdisjoint(core.remembered_reads(value))
        mapping[name] = value if is_same else core.substitute(value, mapping)
    return mapping
