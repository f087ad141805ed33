"""`jit`: a function staged and compiled once per signature of its arguments."""

import functools
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from s2s.runtime import staging, tree
from s2s.runtime.compiler import CompiledProgram, Program, deleted_argument, stage_function
from s2s.runtime.errors import ConcretizationError
from s2s.runtime.signature import Signature, classify
from s2s.runtime.stages import Lowered, result_shapes


class _Disabled(threading.local):
    depth = 0


_disabled = _Disabled()
_NONE: frozenset[int] = frozenset()


@contextmanager
def disable_jit(disable: bool = True) -> Iterator[None]:
    """Inside, in this thread, functions under `jit` run operation by operation, as plain Python."""
    before = _disabled.depth
    _disabled.depth = int(disable)
    try:
        yield
    finally:
        _disabled.depth = before


class Jit:
    """A function that is staged and compiled at its first call with each signature.

    The signature is the structure of the arguments, shape and dtype of arrays, and the values of static arguments.
    Python numbers are runtime arguments, unless the function needs their value (as a shape, in an `if`); then they
    become static by themselves.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        rewrite: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._signature = signature
        self._rewrite = rewrite
        self._rewritten: Callable[..., Any] | None = function if rewrite is None else None
        self._compiled: dict[Any, CompiledProgram] = {}
        # Calls with nothing but arrays, by position: avals to compiled program, and the last of them.
        self._by_avals: dict[tuple[Any, ...], CompiledProgram] = {}
        self._last: tuple[list[Any], CompiledProgram | None] = ([], None)
        # Python scalars that the function needs as values, by structure of the arguments.
        self._needed: dict[Any, frozenset[int]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and not _disabled.depth:
            try:
                avals = [x._aval for x in args]
            except AttributeError:
                return self._call(args, kwargs)
            last, call = self._last
            if avals != last:
                call = self._by_avals.get(tuple(avals))
            if call is not None:
                return _run(call, [x._buffer for x in args])
        return self._call(args, kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<jit of {self._function!r}>"

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if _disabled.depth:
            return self._function(*args, **kwargs)
        if staging.current_scope() is not None:
            return self.staged_function(*args, **kwargs)
        key, buffers, scalars = self.signature_of(args, kwargs)
        call = self._compiled.get(key)
        if call is None:
            key, buffers, call = self._compile(args, kwargs)
        if not kwargs and all(hasattr(x, "_aval") for x in args):
            self._by_avals[key[1]] = call
            self._last = (list(key[1]), call)
        return _run(call, buffers)

    @property
    def staged_function(self) -> Callable[..., Any]:
        """The function that is run on staged arrays."""
        if self._rewritten is None:
            self._rewritten = self._rewrite(self._function)  # type: ignore[misc]
        return self._rewritten

    def signature_of(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any], frozenset[int]]:
        """The key of a call, its device buffers, and which leaves are Python scalars."""
        if self._signature.static:
            args, kwargs = self._signature.mark(args, kwargs)
        leaves, treedef = tree.flatten((args, kwargs))
        entries, buffers, scalars = classify(leaves, self._needed.get(treedef, _NONE))
        return (treedef, entries), buffers, scalars

    def _compile(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any], CompiledProgram]:
        key, buffers, program = self.stage(args, kwargs)
        call = self._compiled[key] = CompiledProgram(program)
        return key, buffers, call

    def stage(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any], Program]:
        """Key, buffers and program for these arguments. Scalars whose value is needed become static on the way."""
        names, donated = self._signature.names(*self._signature.mark(args, kwargs))
        while True:
            key, buffers, scalars = self.signature_of(args, kwargs)
            treedef, entries = key
            try:
                program = stage_function(
                    self.staged_function,
                    treedef,
                    entries,
                    names=names,
                    scalars=scalars,
                    donated=donated,
                    program_name=self._signature.function_name,
                )
            except ConcretizationError as error:
                if not error.origin or not error.origin <= scalars:
                    raise
                self._needed[treedef] = self._needed.get(treedef, _NONE) | error.origin
            else:
                return key, buffers, program

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """Stages for these arguments (arrays or `ShapeDtypeStruct`s) without running."""
        key, _, program = self.stage(args, kwargs)
        return Lowered(self, key, program)

    def eval_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The results for these arguments as `ShapeDtypeStruct`s, computed without running."""
        return result_shapes(self.stage(args, kwargs)[2])

    def clear_cache(self) -> None:
        """Forgets all compiled programs."""
        self._compiled.clear()
        self._by_avals.clear()
        self._last = ([], None)


def _run(call: CompiledProgram, buffers: list[Any]) -> Any:
    try:
        return call(buffers)
    except (RuntimeError, ValueError) as error:
        cause = deleted_argument(buffers)
        if cause is None:
            raise
        raise cause from error


def jit(
    function: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    donate_argnames: str | Sequence[str] = (),
    rewrite: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
) -> Any:
    """Compiles a function with XLA, once per signature of its arguments. Usable as a decorator, with or without options.

    Args:
        function: takes and gives pytrees of arrays; other leaves of the result come out as they were.
        static_argnums, static_argnames: parameters whose value is part of the program; hashable.
        donate_argnums, donate_argnames: parameters whose arrays may not be used afterwards: results take over their memory.
        rewrite: makes the function that is staged from `function`, at its first staging.

    Raises:
        ConcretizationError: at a call, where the function needs the value of an array.
    """
    static = [*_sequence(static_argnums), *_sequence(static_argnames)]
    donated = [*_sequence(donate_argnums), *_sequence(donate_argnames)]
    if function is None:
        return lambda decorated: Jit(decorated, Signature(decorated, static, donated), rewrite)
    return Jit(function, Signature(function, static, donated), rewrite)


def eval_shape(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The results of `function(*args, **kwargs)` as `ShapeDtypeStruct`s, computed without running it on a device."""
    jitted = function if isinstance(function, Jit) else jit(function)
    return jitted.eval_shape(*args, **kwargs)


def _sequence(given: Any) -> Sequence[Any]:
    return (given,) if isinstance(given, (int, str)) else tuple(given)
