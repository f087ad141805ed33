"""What desugaring has to know and only inference can tell: a function is desugared again as its facts grow.

Single assignment is the desugarer's work, and what a statement assigns can depend on kinds: a call may write its
arguments, `h += v` writes an array and rebinds a number. Inference notes such a fact at a place in the user's file and
`Program.instance` starts over, until nothing new is found. Facts only grow, so that this ends.
"""

from typing import Any

import gast

Place = tuple[int, int, int, int]


class Facts:
    """Facts of one function.

    Attributes:
        written: parameters whose objects the function writes and the caller goes on to see: their final versions are
            returned with the result, as `(result, *finals)`, in this order.
        settled: whether arguments that are True or False decide branches already: the text is for these values alone.
        grew: was anything noted since the function was desugared last?
    """

    def __init__(self, written: tuple[str, ...] = (), settled: bool = False):
        self.written, self.settled = written, settled
        self.decided: dict[str, bool] = {}  # those arguments that did
        self.grew = False
        self._known: dict[tuple[str, Place], Any] = {}

    def note(self, what: str, node: Any, value: Any) -> bool:
        """Notes a fact of the kind `what` at a node of the user's code; False if the node has no place there."""
        place = place_of(node)
        if place is None:
            return False
        if self._known.get((what, place)) != value:
            self._known[what, place] = value
            self.grew = True
        return True

    def at(self, what: str, node: Any) -> Any:
        """What is known at a node; None if nothing is."""
        place = place_of(node)
        return None if place is None else self._known.get((what, place))

    def has(self, what: str) -> bool:
        """Is anything of this kind known?"""
        return any(kind == what for kind, _ in self._known)

    def has_grown(self) -> bool:
        """Tells, once, whether the function has to be desugared again."""
        grew, self.grew = self.grew, False
        return grew


def place_of(node: gast.AST) -> Place | None:
    """Where a node stands in the file that it came from."""
    slots = node.__dict__
    if "lineno" not in slots or "col_offset" not in slots:
        return None
    return slots["lineno"], slots["col_offset"], slots.get("end_lineno", 0), slots.get("end_col_offset", 0)


def note_at_call(inference: Any, node: gast.AST, fact: Any) -> bool:
    """Notes a fact at a call of this function; False in the body of another one that has been written into it."""
    current = inference.current
    is_own = current is None or current.__dict__.get("home") is None
    return is_own and inference.function.facts.note("call", node, fact)
