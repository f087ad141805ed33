"""checkpoint: calls whose intermediate values are computed again on the way back instead of being kept."""

from collections.abc import Callable
from typing import Any

from s2s.codegen import nested
from s2s.runtime.checkpointing import Checkpointed


def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun`, of whose calls reverse mode keeps the arguments alone: what its backward half reads is computed again.

    It takes less memory for one more run of `fun`. Usable as a decorator. The emitted source calls `fun`, and on the
    way back `fun_fwd` with the same arguments before `fun_bwd`; under jit, XLA is kept from merging the two runs.

    Args:
        fun: a function that has a derivative. It may not write into its arguments.

    Returns:
        A function of the same arguments, with the same results and derivatives.
    """
    return Checkpointed(fun)


nested.MAKERS.add(checkpoint)
