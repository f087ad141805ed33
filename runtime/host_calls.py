"""What a compiled program does on the host while it runs: print, and raise exceptions.

Every call takes an order number and gives the next one takes. Regions carry that number like any array that is written
in them: so calls happen in the order of the source, once for each iteration, and only in the branch that is taken.
"""

import linecache
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from s2s.runtime import adapter, effects, errors, host_values, staging
from s2s.runtime.adapter import ir
from s2s.runtime.aval import Aval
from s2s.runtime.errors import UserLine
from s2s.runtime.regions import Region
from s2s.runtime.staged_dispatch import user_location
from s2s.runtime.staging import Staged

_ORDER = Aval((), np.dtype(np.int32))


class HostCalls:
    """The host calls of one module.

    Attributes:
        functions: what the program calls, by number.
        order: the number that the next call takes.
    """

    def __init__(self, root: staging.Scope) -> None:
        self.functions: list[Callable[..., Any]] = []
        self.order = Staged(None, _ORDER, root)
        self._failures: list[tuple[BaseException, UserLine | None]] = []

    def add(self, action: Callable[[Sequence[Any]], None], line: UserLine | None) -> int:
        """The number of an action at a line of the user's, which takes the values of the call's arrays."""

        def function(order: Any, *values: Any) -> tuple[Any]:
            try:
                action(values)
            except BaseException as error:
                self._failures.append((error, line))
                raise
            return (np.int32(order),)

        self.functions.append(function)
        return len(self.functions) - 1

    def failure(self) -> BaseException | None:
        """The exception of a call that failed, as if it had been raised at the user's line; None if there is none."""
        if not self._failures:
            return None
        error, line = self._failures[0]
        self._failures.clear()
        return error if line is None else _raised_at(error, line)


def call(action: Callable[..., None], *arguments: Any, line: UserLine | None = None) -> None:
    """Makes the program that is being staged call `action(*arguments)`, with the values of the arrays in them.

    An exception of it is raised at `line`, by default the one that is being staged.
    """
    if _quiet.depth:
        return
    arrays: list[Staged] = []
    values_of = host_values.recipe(arguments, arrays)
    host = _host()
    number = host.add(lambda values: action(*values_of(values)), line or errors.user_line())
    effects.note(host.order)
    host.order.restore(_called(number, [host.order, *arrays]))
    staging.mark_use_of_arrays()


def _host() -> HostCalls:
    root = staging.scope().root()
    if root.host is None:
        root.host = HostCalls(root)
    return root.host


def _called(number: int, operands: Sequence[Staged]) -> Staged:
    attributes = {
        "call_target_name": ir.StringAttr.get(adapter.host_call_target(staging.scope().platform)),
        "has_side_effect": ir.BoolAttr.get(True),
        "api_version": ir.IntegerAttr.get(ir.IntegerType.get_signless(32), 4),
        "backend_config": ir.DictAttr.get(
            {"index": ir.IntegerAttr.get(ir.IntegerType.get_unsigned(64), number)},
        ),
    }
    with user_location("host_call"):
        values = [x.value for x in operands]
        kind = values[0].type
        built = ir.Operation.create("stablehlo.custom_call", results=[kind], operands=values, attributes=attributes)
    return staging.like(built.result, _ORDER)


class _Quiet(threading.local):
    depth = 0


_quiet = _Quiet()


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, no host calls are staged: for what computes again what has run before."""
    _quiet.depth += 1
    try:
        yield
    finally:
        _quiet.depth -= 1


# Exceptions -----------------------------------------------------------------------------------------------------------


def fail(error: BaseException) -> None:
    """Makes the program raise an exception where it gets here."""
    call(_raise, error, line=errors.line_raised_at(error))


def _raise(error: BaseException) -> None:
    raise error


def fail_unless(holds: Staged, error: BaseException) -> None:
    """Makes the program raise an exception where it gets here and a staged bool does not hold."""
    if _quiet.depth:
        return
    order = _host().order
    going, failing = Region(()), Region(())
    with failing.building():
        fail(error)
        after = order.value
        failing.log.undo_all()
    before = order.value
    going.finish([before])
    failing.finish([after])
    op = ir.Operation.create("stablehlo.if", results=[before.type], operands=[holds.value], regions=2)
    going.move_to(op.regions[0])
    failing.move_to(op.regions[1])
    effects.note(order)
    order.restore(staging.like(op.result, _ORDER))
    staging.mark_use_of_arrays()


def _raised_at(error: BaseException, line: UserLine) -> BaseException:
    """The exception with a traceback that ends at the user's line."""
    text = linecache.getline(line.file, line.line).strip()
    code = compile("\n" * (line.line - 1) + "raise error", line.file, "exec").replace(co_name=line.function)
    error.__traceback__ = None
    try:
        exec(code, {"error": error})  # noqa: S102 - the only way to a frame of the user's file
    except BaseException as raised:
        raised.__traceback__ = raised.__traceback__ and raised.__traceback__.tb_next
    errors.annotate(error, line.file, line.line, text)
    return error


def results_or_raised(block: Callable[[], Sequence[Any]], otherwise: Sequence[Any]) -> Sequence[Any]:
    """What a block of a branch or loop gives, which may not be run at all.

    A `raise` of the user's in it becomes one of the program, and the block gives `otherwise`.
    """
    try:
        return tuple(block())
    except Exception as error:
        is_users = isinstance(error, UnboundLocalError) or errors.is_raised_by_user(error)
        if not is_users or isinstance(error, errors.ConcretizationError | errors.S2SError):
            raise
        _refuse_handled(error)
        staged = error
    fail(staged)
    return otherwise


def result_or_raised(function: Callable[[], Any]) -> Any:
    """What the function that is staged as a whole gives; None if it always raises an exception of arrays' values."""
    try:
        return function()
    except Exception as error:
        if not errors.is_raised_by_user(error) or host_values.is_known(error):
            errors.note_user_line(error)
            raise
        raised = error
    fail(raised)
    return None


_handlers = threading.local()


@contextmanager
def handled() -> Iterator[None]:
    """The body of a `try` with handlers."""
    depth = getattr(_handlers, "depth", 0)
    _handlers.depth = depth + 1
    try:
        yield
    finally:
        _handlers.depth = depth


def _refuse_handled(error: Exception) -> None:
    if getattr(_handlers, "depth", 0):
        raise errors.ConcretizationError(
            f"whether a {type(error).__name__} is raised at {errors.line_raised_at(error)} is known only when the "
            "compiled function runs, and a `try` around it would have to handle it; test the condition there instead"
        ) from error
