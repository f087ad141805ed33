"""jit: functions staged into one XLA computation."""

from collections.abc import Callable, Sequence
from typing import Any

from s2s.codegen.functions import nested
from s2s.codegen.staging.stage import stage_function, staged_source
from s2s.runtime import jit as runtime_jit
from s2s.runtime.signature import Signature
from s2s.transformed import Transformed


class Jit(runtime_jit.Jit):
    """A compiled function: call it, `.lower(*args)` it, or read the text that is staged as `.source`."""

    @property
    def source(self) -> str:
        """The text of the function as it is staged."""
        if isinstance(self._function, Transformed):
            return staged_source(self._function.assumed().function)
        return staged_source(self._function)


def jit(
    fun: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    donate_argnames: str | Sequence[str] = (),
) -> Any:
    """Compiles `fun` with XLA, once per signature of its arguments. Usable as a decorator, with or without options.

    Args:
        fun: takes and gives pytrees of arrays; other leaves of the result come out as they were.
        static_argnums, static_argnames: parameters whose value is part of the program; hashable.
        donate_argnums, donate_argnames: parameters whose arrays may not be used afterwards: results take their memory.

    Returns:
        A function of the same arguments that returns s2s arrays; `.source` is the staged text, `.lower(*args)` gives
        the StableHLO module, `.lower(*args).compile()` the compiled one with its cost and memory.

    Raises:
        ConcretizationError: at a call, where the function needs the value of an array.
    """
    static = [*_sequence(static_argnums), *_sequence(static_argnames)]
    donated = [*_sequence(donate_argnums), *_sequence(donate_argnames)]
    if fun is None:
        return lambda f: Jit(f, Signature(f, static, donated), _staged)
    return Jit(fun, Signature(fun, static, donated), _staged)


def _staged(function: Callable[..., Any]) -> Callable[..., Any]:
    return stage_function(function, entry=True)


def _sequence(given: Any) -> Sequence[Any]:
    return (given,) if isinstance(given, int | str) else tuple(given)


def eval_shape(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The results of `fun(*args, **kwargs)` as shapes and dtypes, computed without running it."""
    return (fun if isinstance(fun, Jit) else jit(fun)).eval_shape(*args, **kwargs)


nested.TRANSPARENT.add(jit)
nested.WRAPPERS.add(jit)
