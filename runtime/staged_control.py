"""Control flow of staged source: what `if`, `while`, `for`, `and`, `or`, `not` and conditional expressions become.

Where the test or the iterable is a Python value, all of these do what Python does.
"""

from s2s.runtime.helpers.checks import UNDEFINED
from s2s.runtime.staged_branches import and_, choice, if_, not_, or_
from s2s.runtime.staged_comprehensions import collected
from s2s.runtime.staged_iterables import enumerate_, range_, reversed_, zip_
from s2s.runtime.staged_lists import list_
from s2s.runtime.staged_loops import for_, while_
from s2s.runtime.staged_stores import mutate, store_attribute, store_item

__all__ = [
    "UNDEFINED",
    "and_",
    "choice",
    "collected",
    "enumerate_",
    "for_",
    "if_",
    "list_",
    "mutate",
    "not_",
    "or_",
    "range_",
    "reversed_",
    "store_attribute",
    "store_item",
    "while_",
    "zip_",
]
