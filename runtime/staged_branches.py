"""Conditionals on staged values: both sides are built, one of them runs."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.runtime import branch_writes, effects, in_place, joins, shared_containers, staging, unset, views
from s2s.runtime.adapter import ir
from s2s.runtime.assumptions import Fact, assuming, remember_join
from s2s.runtime.branch_appends import Appended, differ, of_values, unequal
from s2s.runtime.errors import ConcretizationError, at_user_line, is_emitted
from s2s.runtime.helpers.checks import UNDEFINED, UNSAVED, is_unset
from s2s.runtime.host_calls import results_or_raised
from s2s.runtime.joins import JoinError
from s2s.runtime.regions import Region
from s2s.runtime.staged_builtins import to_bool
from s2s.runtime.staged_lists import List, alike
from s2s.runtime.staging import Staged

Side = Callable[..., Sequence[Any]]
# Deeper nesting of staged conditionals than this is a recursion that only a known value can end.
_DEEPEST = 60


def truth(value: Any) -> Any:
    """The truth of a value: a Python bool, or a staged bool of rank 0."""
    if type(value) is List:
        return truth(value.length())
    if type(value) is not Staged:
        return bool(value)
    if value.literal is not None:
        return bool(value.literal)
    staging.read(value)
    if value.size != 1:
        raise ValueError(
            f"the truth value of an array with {value.size} elements is ambiguous{at_user_line()}; use .any() or .all()"
        )
    return value if value.aval.shape == () and value.dtype == np.bool_ else to_bool(value)


def if_(test: Any, then: Side, orelse: Side, values: Sequence[Any], names: Sequence[str]) -> tuple[Any, ...]:
    """`if test:`, with a function for each side that takes the variables `names` and gives them back.

    Decided in Python where the test is a Python value; else both sides are staged, and their results joined.

    Raises:
        JoinError: a variable has different structure, shape or kind on the two sides.
    """
    decided = truth(test)
    if type(decided) is bool:
        return tuple((then if decided else orelse)(*values))
    return branch(decided, then, orelse, values, names)


def branch(test: Staged, then: Side, orelse: Side, values: Sequence[Any], names: Sequence[str]) -> tuple[Any, ...]:
    """`if_` of a staged test."""
    _refuse_recursion(test)
    sides: list[_Side] = []
    try:
        for function, outcome in ((then, True), (orelse, False)):
            with assuming(test, outcome):
                sides.append(_Side(function, values, len(names)))
        return _join(test, sides[0], sides[1], names, is_emitted(then))
    except ConcretizationError:
        raise
    except Exception as error:
        if test.origin:  # with the test known, only one side counts
            raise ConcretizationError(str(error), test.origin) from error
        if not isinstance(error, JoinError):
            error.add_note(f"raised while both sides of a condition that is not known yet were staged{at_user_line()}")
        raise
    finally:
        for built in sides:
            built.region.drop()


def _refuse_recursion(test: Staged) -> None:
    depth, scope = 0, staging.current_scope()
    while scope is not None:
        depth, scope = depth + 1, scope.parent
    if depth > _DEEPEST:
        raise ConcretizationError(
            f"staged conditionals are nested more than {_DEEPEST} deep{at_user_line()}: a recursion must be ended "
            "by a value that is known while staging; mark the argument that counts it as static",
            test.origin,
        )


class _Side:
    """One side, built: what it gives, and the states of the outside objects that it changed."""

    def __init__(self, side: Side, values: Sequence[Any], results: int) -> None:
        self.side, self.region = side, Region(())
        with self.region.building() as region:
            nothing = (UNSAVED,) * results
            self.results = results_or_raised(lambda: side(*values), nothing)
            self.changed = region.log.undo([side, *values])

    def after(self, value: Any) -> Any:
        """A result as it is at the end of this side: what it changed is as it was before again."""
        if id(value) in self.changed:
            return self.changed[id(value)][1]
        if type(value) is tuple or (type(value) is list and any(id(v) in self.changed for v in value)):
            return type(value)(map(self.after, value))
        return value

    def state(self, key: int, target: Any) -> Any:
        return self.changed[key][1] if key in self.changed else effects.state_of(target)


def _join(test: Staged, then: _Side, orelse: _Side, names: Sequence[str], is_emitted: bool) -> tuple[Any, ...]:
    targets = {key: target for side in (then, orelse) for key, (target, _) in side.changed.items()}
    regions = (then.region, orelse.region)
    results = zip(then.results, orelse.results, strict=True)
    given = [(a, b) if a is b else (then.after(a), orelse.after(b)) for a, b in results]
    states = {key: (then.state(key, t), orelse.state(key, t)) for key, t in targets.items()}
    lists: dict[int, Appended] = {i: of_values(regions, *pair) for i, pair in enumerate(given) if differ(*pair)}
    changed = {k: Appended(t, regions, states[k]) for k, t in targets.items() if unequal(t, states[k])}
    flags = _whether_set(then, orelse)
    pairs = [
        *((name, *(lists[i].values if i in lists else given[i])) for i, name in enumerate(names)),
        *((name_of(t), *(changed[k].values if k in changed else states[k])) for k, t in targets.items()),
        *((f"whether {names[i]!r} is set", *pair) for i, pair in flags.items()),
    ]
    plans = [_plan(name, a, b) for name, a, b in pairs]
    joined = iter(_conditional(test, then, orelse, [leaf for plan in plans for leaf in plan.carried()]))
    built = [plan.build(joined) for plan in plans]
    for (key, target), state in zip(targets.items(), built[len(names) :], strict=False):
        effects.note(target)
        effects.set_state(target, changed[key].state(state) if key in changed else views.alone(state))
    for i, appended in lists.items():
        built[i] = appended.state(built[i])
    if not is_emitted:
        shared_containers.note_joined(built[: len(names)], (then.results, orelse.results), (then.side, orelse.side))
    for (i, pair), flag in zip(flags.items(), built[len(built) - len(flags) :], strict=True):
        if not (is_emitted and _holds_no_array(built[i])):
            built[i] = unset.marked(built[i], names[i], flag, _facts(test, pair, then.results[i], orelse.results[i]))
    return tuple(built[: len(names)])


def _holds_no_array(value: Any) -> bool:
    """Derivatives ask for such a value on the path only that set it."""
    return not any(type(leaf) is Staged for leaf in joins.flatten(value)[0])


def _facts(test: Staged, sets: tuple[Any, Any], a: Any, b: Any) -> Sequence[Fact] | None:
    """What means that a variable is set, where one side does not set it."""
    if sets[0] is not False and sets[1] is not False:
        return None
    inner = unset.facts_of(b if sets[0] is False else a)
    return None if inner is None else [(test.value, sets[1] is False), *inner]


def _whether_set(then: _Side, orelse: _Side) -> dict[int, tuple[Any, Any]]:
    """Of the variables that are not set for sure after both sides: by place, whether each side sets it."""
    found = {}
    for i, (a, b) in enumerate(zip(then.results, orelse.results, strict=True)):
        if a is not b and a is not UNSAVED and b is not UNSAVED:
            pair = unset.is_set(a), unset.is_set(b)
            if not (pair[0] is pair[1] is True or (a is UNDEFINED and b is UNDEFINED)):
                found[i] = pair
    return found


def name_of(target: Any) -> str:
    """What messages call an object that is changed in place."""
    return f"a {type(target).__name__}" if type(target) is not Staged else "an array"


class _Plan:
    """How one variable is put together from both sides: per leaf a constant, or an aval and both sides' values."""

    def __init__(self, treedef: Any, leaves: list[Any]) -> None:
        self.treedef = treedef
        self.leaves = leaves

    def carried(self) -> list[Any]:
        return [leaf for leaf in self.leaves if type(leaf) is tuple]

    def build(self, results: Any) -> Any:
        filled = [next(results) if type(leaf) is tuple else leaf.value for leaf in self.leaves]
        return filled[0] if self.treedef is None else self.treedef.unflatten(filled)


def _plan(name: str, a: Any, b: Any) -> _Plan:
    if joins.same(a, b):
        return _Plan(None, [joins.Constant(a)])
    a, b = alike(a, b)
    treedef = joins.flatten(b if is_unset(a) else a)[1]
    columns = [joins.leaves_of(side, treedef) for side in (a, b)]
    if columns[0] is None or columns[1] is None:
        raise joins.mismatch(name, "differs in structure between the branches", a, b)
    return _Plan(treedef, [_leaf(name, x, y) for x, y in zip(*columns, strict=True)])


def _leaf(name: str, x: Any, y: Any) -> Any:
    if joins.same(x, y):
        return joins.Constant(x)
    if is_unset(x) or is_unset(y):
        return _one_sided(x, y)
    if not (joins.is_numeric(x) and joins.is_numeric(y)):
        raise joins.mismatch(name, "differs in kind between the branches", x, y)
    aval = joins.joined(joins.aval_of(x), joins.aval_of(y))
    if aval is None:
        raise joins.mismatch(name, "differs in shape between the branches", x, y)
    return (aval, x, y)


def _one_sided(x: Any, y: Any) -> Any:
    """A leaf that is not set on one side.

    Of what a derivative saves, flags stay known: they decide which code of the way back is built at all.
    """
    value = y if is_unset(x) else x
    stays_known = (x is UNSAVED or y is UNSAVED) and not (type(value) is Staged or hasattr(value, "_buffer"))
    return joins.Constant(value) if stays_known or not joins.is_numeric(value) else (joins.aval_of(value), x, y)


def _conditional(test: Staged, then: _Side, orelse: _Side, leaves: list[Any]) -> list[Staged]:
    """The real operation; `leaves` are triples of an aval and the values of both sides."""
    regions = [then.region, orelse.region]
    columns = []
    for region, column in zip(regions, (1, 2), strict=True):
        with region.continued():
            columns.append([joins.as_aval(leaf[column], leaf[0]) for leaf in leaves])
    outside = staging.scope()
    k = in_place.counter()
    pairs = zip(*columns, strict=True)
    delayed = [None if k is None else branch_writes.delayed(regions, pair, k) for pair in pairs]
    given = [_given(values, delayed, side) for side, values in enumerate(columns)]
    for region, values in zip(regions, given, strict=True):
        region.finish(values)
    kinds = [value.type for value in given[0]]
    op = ir.Operation.create("stablehlo.if", results=kinds, operands=[test.value], regions=2)
    then.region.move_to(op.regions[0])
    orelse.region.move_to(op.regions[1])
    results = iter(op.results)
    values = [next(results) if writes is None else writes.done(results) for writes in delayed]
    for value, leaf, *sides in zip(values, leaves, *columns, strict=True):
        if leaf[0].dtype == np.bool_:
            remember_join(value, test.value, sides)
    made = [staging.like(value, leaf[0]) for value, leaf in zip(values, leaves, strict=True)]
    pairs = zip(made, leaves, strict=True)
    return [views.like(views.may_be(x, _made_before(leaf[1:], outside)), leaf[1:]) for x, leaf in pairs]


def _given(values: list[Any], delayed: list[Any], side: int) -> list[Any]:
    """What a side gives, with what it writes instead of arrays that it writes."""
    pairs = zip(values, delayed, strict=True)
    return [part for value, writes in pairs for part in ([value] if writes is None else writes.ends(side))]


def _made_before(values: Sequence[Any], scope: Any) -> list[Any]:
    """Those that are arrays from outside of the region that gave them."""
    return [x for x in values if type(x) is Staged and scope.is_inside(x.home)]


def choice(test: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """`then if test else orelse`, both as functions."""
    decided = truth(test)
    if type(decided) is bool:
        return (then if decided else orelse)()
    return branch(decided, lambda: (then(),), lambda: (orelse(),), (), ("the conditional expression",))[0]


def and_(a: Any, b: Callable[[], Any]) -> Any:
    """`a and b`, b as a function."""
    decided = truth(a)
    if type(decided) is bool:
        return b() if decided else a
    return branch(decided, lambda: (b(),), lambda: (a,), (), ("the value of `and`",))[0]


def or_(a: Any, b: Callable[[], Any]) -> Any:
    """`a or b`, b as a function."""
    decided = truth(a)
    if type(decided) is bool:
        return a if decided else b()
    return branch(decided, lambda: (a,), lambda: (b(),), (), ("the value of `or`",))[0]


def not_(a: Any) -> Any:
    """`not a`."""
    decided = truth(a)
    return not decided if type(decided) is bool else np.logical_not(decided)
