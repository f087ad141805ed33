"""NumPy's functions that take other functions, or choices, in compiled functions."""

from typing import Any

import numpy as np

from s2s.runtime.builtin_functions import along_axis


def piecewise(x: Any, condlist: Any, funclist: Any) -> Any:
    """Each function of the elements where its condition holds; one more is for all the others."""
    if len(funclist) > len(condlist):
        condlist = [*condlist, ~np.any(np.stack(list(condlist)), axis=0)]
    made = np.zeros_like(x)
    for condition, function in zip(condlist, funclist, strict=True):
        made[condition] = function(x[condition]) if callable(function) else function
    return made


def choose(a: Any, choices: Any) -> Any:
    """From `choices`, at each place, the one that the integer there counts."""
    return np.select([np.equal(a, k) for k in range(len(choices))], list(choices))


FUNCTIONS = {np.piecewise: piecewise, np.choose: choose, np.apply_along_axis: along_axis}
