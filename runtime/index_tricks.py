"""`np.r_` and `np.c_` of staged arrays, which no NumPy protocol hands over to us."""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime.errors import at_user_line
from s2s.runtime.staged_constructors import as_array, holds_staged


class Joined:
    """What makes an array of the parts that it is indexed with."""

    def __init__(self, original: Any, join: Callable[..., Any]) -> None:
        self.original, self.join = original, join

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if not any(map(holds_staged, parts)):
            return self.original[key]
        if any(isinstance(p, str) for p in parts):
            raise NotImplementedError(f"np.r_ of staged values with an axis in a string{at_user_line()}")
        return self.join([self.original[p] if isinstance(p, slice) else np.atleast_1d(as_array(p)) for p in parts])


TRICKS = {np.r_: Joined(np.r_, np.concatenate), np.c_: Joined(np.c_, np.column_stack)}
