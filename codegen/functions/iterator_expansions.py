"""More of `itertools` and `bisect` over differentiated values, as definitions in Python or functions of NumPy."""

import bisect
import itertools
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.functions import function_values
from s2s.codegen.functions.expansions import in_place, keyword, rule
from s2s.runtime import builtin_functions as library


@rule(itertools.combinations)
def _combinations(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """All pairs of elements, in their order."""
    is_pairs = len(node.args) == 2 and core.is_constant(node.args[1], 2)
    return in_place(inference, node, library.all_pairs, node.args[0]) if is_pairs else None


@rule(itertools.zip_longest)
def _zipped(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    if len(node.args) != 2:
        return None
    fill = keyword(node, "fillvalue") or core.constant(None)
    return in_place(inference, node, library.zipped_longest, *node.args, fill)


@rule(bisect.bisect, bisect.bisect_right, bisect.bisect_left)
def _place(inference: Any, node: gast.AST, target: Any) -> gast.AST | None:
    """The place is an integer, which has no derivative."""
    if len(node.args) != 2 or node.keywords:
        return None
    side = "left" if target is bisect.bisect_left else "right"
    table = function_values.by_name(inference, core.call_of(node.func, node.args[:1], []), np.asarray)
    found = inference.computed("table", table)
    call = core.call_of(node.func, [found, node.args[1]], [gast.keyword("side", core.constant(side))])
    return function_values.by_name(inference, call, np.searchsorted)
