"""`jit`: a function staged and compiled once per signature of its arguments."""

import functools
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from s2s.runtime import staging, tracing, tree
from s2s.runtime.array import Array
from s2s.runtime.compiler import CompiledProgram, Program, compiled, explained, stage_function
from s2s.runtime.errors import ConcretizationError
from s2s.runtime.restaging import Attempts, StageAgain
from s2s.runtime.signature import Signature, classify, positional
from s2s.runtime.stages import Lowered, result_shapes


class _Disabled(threading.local):
    depth = 0


_disabled = _Disabled()
# How many threads are inside `disable_jit`: read at every call, which a thread's own value is too slow for.
_disabled_threads = 0
_lock = threading.Lock()

_NONE: frozenset[int] = frozenset()
_NO_CALL: tuple[Any, Any, Any, Any, Any] = (None, None, None, None, None)


@contextmanager
def disable_jit(disable: bool = True) -> Iterator[None]:
    """Inside, in this thread, functions under `jit` run operation by operation, as plain Python."""
    before = _disabled.depth
    _set_disabled(int(disable))
    try:
        yield
    finally:
        _set_disabled(before)


def _set_disabled(depth: int) -> None:
    global _disabled_threads
    with _lock:
        _disabled_threads += depth - _disabled.depth
        _disabled.depth = depth


# What takes all calls of compiled functions outside of staging, if anything does.
_watch: Callable[["Jit", tuple[Any, ...], dict[str, Any]], Any] | None = None


def watch(check: Callable[["Jit", tuple[Any, ...], dict[str, Any]], Any] | None) -> None:
    """Has `check(jitted, args, kwargs)` called for each call of a compiled function; None ends that."""
    global _watch, _disabled_threads
    with _lock:
        _disabled_threads += (check is not None) - (_watch is not None)
        _watch = check


class Jit:
    """A function that is staged and compiled at its first call with each signature.

    The signature is the structure of the arguments, shape and dtype of arrays, and the values of static arguments.
    Python numbers are runtime arguments, unless the function needs their value (as a shape, in an `if`); then they
    become static by themselves.
    """

    __name__: str
    __wrapped__: Callable[..., Any]

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        rewrite: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._signature = signature
        self._has_static = bool(signature.static)
        self._rewrite = rewrite
        self._rewritten: Callable[..., Any] | None = function if rewrite is None else None
        self._compiled: dict[Any, CompiledProgram] = {}
        # Calls with nothing but arrays, by position: avals to compiled program, and the last of them.
        self._by_avals: dict[tuple[Any, ...], CompiledProgram] = {}
        self._last = _NO_CALL
        # The last call with trees of nothing but arrays, by position: structure, avals, compiled program.
        self._last_tree: tuple[Any, list[Any], CompiledProgram] | None = None
        # Python scalars that the function needs as values, by structure of the arguments.
        self._needed: dict[Any, frozenset[int]] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # The shortest way for arrays by position: what is written out here is what a call costs.
        if kwargs or _disabled_threads:
            return self._call(args, kwargs)
        last, run, handlers, aval, rebuild = self._last
        if len(args) == 1:
            (x,) = args
            same = type(x) is Array and x._aval is last
        else:
            same = [x._aval for x in args if type(x) is Array] == last and len(args) == len(last)
        if not same:
            return self._call_flat(args) if self._last_tree is None else self._call_tree(args)
        try:
            results = run([x._buffer for x in args]).consume_with_handlers(handlers)
        except (RuntimeError, ValueError) as error:
            raise explained(error, [x._buffer for x in args]) from None
        return Array(results[0], aval) if aval is not None else rebuild(results)

    def _call_tree(self, args: tuple[Any, ...]) -> Any:
        """A call by position that may be like the last one, trees of arrays included."""
        structure, known, call = self._last_tree  # type: ignore[misc]
        leaves, treedef = tree.flatten(args)
        try:
            if [x._aval for x in leaves] == known and treedef == structure:
                return call([x._buffer for x in leaves])
        except AttributeError:  # a leaf that is no device array
            pass
        return self._call_flat(args)

    def _call_flat(self, args: tuple[Any, ...]) -> Any:
        """A call by position: the program is found by the avals alone where all arguments are arrays or numbers."""
        placed = positional(args)
        if placed is None:
            return self._call(args, {})
        avals, buffers = placed
        call = self._by_avals.get(avals)
        if call is None:
            if staging.current_scope() is not None:
                return self._call(args, {})
            key, buffers, _ = self.signature_of(args, {})
            call = self._compiled.get(key)
            if call is None:
                call, buffers, key = self._compile(args, {})
            if key[1] == avals:
                self._by_avals[avals] = call
        elif call.direct and args and type(args[0]) is Array:
            # One aval alone stands for itself: comparing lists costs as much as the rest of such a call.
            last = avals[0] if len(avals) == 1 else list(avals)
            self._last = (last, call.run, call.handlers, call.single, call.rebuild)
        return call(buffers)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<jit of {self._function!r}>"

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if _disabled.depth:
            return self._function(*args, **kwargs)
        if staging.current_scope() is not None:
            return self.staged_function(*args, **kwargs)
        return self.call_compiled(args, kwargs) if _watch is None else _watch(self, args, kwargs)

    def call_compiled(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call outside of staging, with jit enabled."""
        key, buffers, _ = self.signature_of(args, kwargs)
        call = self._compiled.get(key)
        if call is None:
            call, buffers, key = self._compile(args, kwargs)
        if not kwargs and not self._has_static:
            leaves, treedef = tree.flatten(args)
            if all([type(x) is Array for x in leaves]):
                self._last_tree = (treedef, list(key[1]), call)
        return call(buffers)

    def _compile(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[CompiledProgram, list[Any], Any]:
        key, buffers, program = self.stage(args, kwargs)
        call = self._compiled[key] = compiled(program)
        return call, buffers, key

    @property
    def staged_function(self) -> Callable[..., Any]:
        """The function that is run on staged arrays."""
        if self._rewritten is None:
            self._rewritten = self._rewrite(self._function)  # type: ignore[misc]
        return self._rewritten

    def signature_of(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any], frozenset[int]]:
        """The key of a call, its device buffers, and which leaves are Python scalars."""
        if self._has_static:
            args, kwargs = self._signature.mark(args, kwargs)
        leaves, treedef = tree.flatten((args, kwargs))
        avals = [x._aval for x in leaves if type(x) is Array]
        if len(avals) == len(leaves):
            return (treedef, tuple(avals)), [x._buffer for x in leaves], _NONE
        entries, buffers, scalars = classify(leaves, self._needed.get(treedef, _NONE))
        return (treedef, entries), buffers, scalars

    def stage(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any], Program]:
        """Key, buffers and program for these arguments. Scalars whose value is needed become static on the way."""
        names, donated = self._signature.names(*self._signature.mark(args, kwargs))
        attempts = Attempts()
        while True:
            key, buffers, scalars = self.signature_of(args, kwargs)
            treedef, entries = key
            try:
                with tracing.suspended(), attempts:
                    program = stage_function(
                        self.staged_function,
                        treedef,
                        entries,
                        names=names,
                        scalars=scalars,
                        donated=donated,
                        program_name=self._signature.function_name,
                    )
            except StageAgain:
                self._rewritten = None
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
        self._last, self._last_tree = _NO_CALL, None


def jit(
    function: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    donate_argnames: str | Sequence[str] = (),
    rewrite: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
) -> Any:
    """Compiles a function with XLA, once per signature of its arguments. Usable as a decorator.

    Args:
        function: takes and gives pytrees of arrays; other leaves of the result come out as they were.
        static_argnums, static_argnames: parameters whose value is part of the program; hashable.
        donate_argnums, donate_argnames: parameters whose arrays may not be used afterwards: results take their memory.
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
