"""Hints of the user's on a loop: how it is compiled, and what reverse mode keeps of it."""

from typing import Any


def loop(what: Any, *, unroll: bool | int = False, max_iters: int | None = None, checkpoint: Any = "all") -> Any:
    """Says how a loop is compiled and differentiated: `for x in loop(xs, ...)` or `while loop(test, ...)`.

    In Python it is `what` itself. Transformations read the hints in the source, which holds them as they stand.

    Args:
        what: what a `for` statement runs over, or the test of a `while` statement.
        unroll: True to write a compiled `for` loop out, or how many of its iterations make one.
        max_iters: how many iterations there can be, where that is known at run time only. The gradient of a compiled
            loop then keeps what it needs of each iteration, in memory for so many, instead of computing it again.
            RuntimeError, from the compiled gradient, if there are more.
        checkpoint: what the gradient keeps of the iterations: "all" that its backward half reads; "none": the values
            before the loop, from which it is run again as a whole; or a number of segments: the values before each, of
            which one at a time is run again, which takes least memory with about as many as the root of the number of
            iterations. A `while` loop takes a number of segments with `max_iters` only.

    Returns:
        `what`.
    """
    if isinstance(checkpoint, str) and checkpoint not in ("all", "none"):
        raise ValueError(f"checkpoint must be 'all', 'none' or a number of segments, not {checkpoint!r}")
    if max_iters is not None and max_iters < 1:
        raise ValueError(f"max_iters must be positive, not {max_iters}")
    return what
