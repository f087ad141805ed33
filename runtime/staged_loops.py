"""Loops on staged values: the body is built once, and carries what changes from one iteration to the next."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from s2s.runtime import effects, staged_iterables
from s2s.runtime.effects import Log
from s2s.runtime.errors import ConcretizationError, at_user_line
from s2s.runtime.helpers.checks import UNDEFINED
from s2s.runtime.joins import JoinError
from s2s.runtime.rebinding import rebound
from s2s.runtime.recomputation import Tapes
from s2s.runtime.regions import Region
from s2s.runtime.rolling import CannotRoll, Rolled
from s2s.runtime.staged_branches import branch, if_, not_, truth
from s2s.runtime.staged_dispatch import LOOP_INDEX
from s2s.runtime.staging import Staged, current_scope
from s2s.runtime.unset_carries import Unset

Values = Sequence[Any]
# A loop that cannot be rolled is written out up to this many iterations.
_MOST_UNROLLED = 4096
# A `while` loop on Python values runs in Python for so many iterations before it is tried to be rolled.
_WHILE_IN_PYTHON = 8


def for_(
    items: Any,
    body: Callable[..., Values],
    values: Values,
    names: Sequence[str],
    stop: str | None = None,
    unroll: bool | int = False,
    max_iters: int | None = None,
) -> tuple[Any, ...]:
    """`for item in items:`, whose body takes an item and the variables `names`, and gives those back.

    `stop` names the variable that ends the loop once it is true after an iteration. Rolled, where an iteration builds
    operations and the next one is of the same kind; else run in Python. `unroll` and `max_iters` are the user's hints.

    Raises:
        JoinError: the number of iterations is not known, and a variable changes structure, shape or kind.
    """
    place = None if stop is None else list(names).index(stop)
    found = staged_iterables.sequence(items)
    if isinstance(found, staged_iterables.Chained) and stop is None:
        for part in found.parts:
            values = for_(part, body, values, names)
        return tuple(values)
    if found is None or staged_iterables.in_python_only(found) or current_scope() is None:
        return _in_python(items, body, values, names, place)
    if type(found.length) is int and found.length < 2:
        return _in_python(found, body, values, names, place)
    if unroll and type(found.length) is int:
        return _written_out(found, body, values, names, place, unroll)
    try:
        return _rolled(staged_iterables.limited(found, max_iters), body, values, names, place)
    except Exception as error:
        if type(found.length) is not int:
            raise _of_unknown_length(error, found.length) from error
        if found.length > _MOST_UNROLLED:
            raise
        return _in_python(found, body, values, names, place)


def _written_out(
    found: staged_iterables.Sequence, body: Callable[..., Values], values: Values, names: Any, place: Any, unroll: int
) -> tuple[Any, ...]:
    """All iterations one after the other, or so many of them as one."""
    if unroll is True or unroll >= found.length or place is not None:
        return _in_python(found, body, values, names, place)

    def several(first: Any, *now: Any) -> Values:
        for k in range(unroll):
            now = tuple(body(found.item(first + k), *now))
        return now

    whole = found.length - found.length % unroll
    values = for_(range(0, whole, unroll), several, values, names)
    return _in_python(map(found.item, range(whole, found.length)), body, values, names, None)


def _of_unknown_length(error: Exception, length: Staged) -> Exception:
    """What needs the index, or an unrolled loop, needs the number of iterations."""
    depends = isinstance(error, JoinError | CannotRoll) or (
        isinstance(error, ConcretizationError) and error.origin is not None and not error.origin.isdisjoint(LOOP_INDEX)
    )
    if not depends:
        return error
    if length.origin:
        return ConcretizationError(str(error), length.origin)
    return error


def _rolled(
    found: staged_iterables.Sequence, body: Callable[..., Values], values: Values, names: Sequence[str], place: Any
) -> tuple[Any, ...]:
    """The loop as one operation, after a first iteration in Python where only that one is different."""
    values = _unstopped(values, place)
    try:
        return _roll_from(0, found, body, values, names, place)
    except JoinError:
        if type(found.length) is not int or place is not None:
            raise
    log = Log(None)
    with effects.recording(log):
        try:
            first = tuple(body(found.item(0), *values))
            return _roll_from(1, found, body, first, names, place)
        except BaseException:
            log.undo_all()
            raise


def _unstopped(values: Values, place: int | None) -> tuple[Any, ...]:
    """A loop begins whatever its stop variable was before."""
    if place is None or values[place] is False:
        return tuple(values)
    if values[place] is UNDEFINED:
        return tuple(False if i == place else v for i, v in enumerate(values))
    raise CannotRoll(f"the loop's stop variable is set before it{at_user_line()}")


def _roll_from(
    first: int, found: staged_iterables.Sequence, body: Callable[..., Values], values: Values, names: Any, place: Any
) -> tuple[Any, ...]:
    count = found.length - first if first else found.length

    def test(k: Staged, *carried: Any) -> Any:
        more = k < count
        return more if place is None else more & not_(carried[place])

    def step(k: Staged, *carried: Any) -> Values:
        return body(found.item(k + first if first else k), *carried)

    bound = found.bound()
    capacity = None if bound is None else bound - first
    tapes = Tapes(lambda k: found.places(k + first if first else k))
    exact = count if type(count) is int and place is None else None
    origin = getattr(found.length, "origin", None) if place is None else None
    unset, runs = Unset(values, names), type(count) is int
    step = unset.followed(step)
    rolled = Rolled(body, test, step, values, names, runs, exact, capacity, tapes, found.limit, origin=origin)
    return unset.after(rolled.results, rolled.iterations, runs)


def _in_python(
    items: Iterable[Any], body: Callable[..., Values], values: Values, names: Sequence[str], place: int | None
) -> tuple[Any, ...]:
    """Iteration by iteration; once a staged value may have ended the loop, the rest is conditional."""
    values = tuple(values)
    stopped: Any = False
    for item in items:
        if type(stopped) is bool:
            values = tuple(body(item, *values))
        else:
            values = _unless(stopped, item, body, values, names)
        stopped = False if place is None else truth(values[place])
        if stopped is True:
            break
    return values


def _unless(stopped: Staged, item: Any, body: Callable[..., Values], values: Values, names: Any) -> tuple[Any, ...]:
    return branch(stopped, lambda *now: now, lambda *now: body(item, *now), values, names)


def while_(
    test: Callable[..., Any],
    body: Callable[..., Values],
    values: Values,
    names: Sequence[str],
    max_iters: int | None = None,
) -> tuple[Any, ...]:
    """`while test(...):`, whose body takes the variables `names` and gives them back.

    Runs in Python as long as the test is a Python value; from then on as one operation.

    Raises:
        JoinError: a variable changes structure, shape or kind from one iteration to the next.
    """
    values = tuple(values)
    count = 0
    while True:
        decided, writes, is_final = _foreseen(test, values)
        loop = _Loop(body, test, body, values, names, max_iters)
        if type(decided) is Staged:
            return _decided_later(decided, _tested_inside(loop) if writes else loop)[writes:]
        if count == _WHILE_IN_PYTHON and decided:
            found = _tried(_tested_inside(loop) if writes else loop)
            if found is not None:
                return found[writes:]
        goes_on = decided if is_final else truth(test(*values))
        values = rebound(test, values, names)
        if not goes_on:
            return values
        values = tuple(body(*values))
        count += 1


def _foreseen(test: Callable[..., Any], values: tuple[Any, ...]) -> tuple[Any, bool, bool]:
    """The truth of the test, whether it writes into what it did not make itself, and whether it did nothing else.

    What it built and wrote is undone. The truth is None where nothing is staged.
    """
    if current_scope() is None:
        return None, False, False
    region = Region(())
    try:
        with region.building():
            decided = truth(test(*values))
            writes = bool(region.log.undo([test, *values]))
            builds = len(region.scope.block.operations) > 0
    finally:
        region.drop()
    return decided, writes, not (writes or builds)


class _Loop(NamedTuple):
    """A `while` loop to be one operation; `site` tells it from others."""

    site: Callable[..., Any]
    test: Callable[..., Any]
    body: Callable[..., Values]
    values: Values
    names: Sequence[str]
    limit: int | None


def _tested_inside(loop: _Loop) -> _Loop:
    """A loop whose test changes what its body sees: the test is the first thing that an iteration does."""

    def step(stop: Any, *carried: Any) -> Values:
        goes_on = truth(loop.test(*carried))
        now = rebound(loop.test, carried, loop.names)
        return (not_(goes_on), *if_(goes_on, loop.body, lambda *same: same, now, loop.names))

    limit = None if loop.limit is None else loop.limit + 1
    return _Loop(loop.site, _goes_on, step, (False, *loop.values), ("stop", *loop.names), limit)


def _goes_on(stop: Any, *_: Any) -> Any:
    return not_(stop)


def _decided_later(decided: Staged, loop: _Loop) -> tuple[Any, ...]:
    """The loop as one operation; where that is not possible, what decides it has to be known, if it can be."""
    try:
        return _rolled_while(loop, or_python=False)
    except JoinError as error:
        if decided.origin:
            raise ConcretizationError(str(error), decided.origin) from error
        raise


def _rolled_while(loop: _Loop, or_python: bool = True) -> tuple[Any, ...]:
    def test(k: Staged, *carried: Any) -> Any:
        return loop.test(*carried)

    def step(k: Staged, *carried: Any) -> Values:
        return loop.body(*carried)

    unset, limit = Unset(loop.values, loop.names), loop.limit
    following = unset.followed(step)
    rolled = Rolled(loop.site, test, following, loop.values, loop.names, False, None, limit, None, limit, or_python)
    return unset.after(rolled.results, rolled.iterations, False)


def _tried(loop: _Loop) -> tuple[Any, ...] | None:
    """The rest of a loop that has run in Python for a while, as one operation; None where that is not possible."""
    try:
        return _rolled_while(loop)
    except Exception:
        return None
