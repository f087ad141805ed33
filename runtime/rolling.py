"""One staged loop: its body is tried until what it carries is the same before and after an iteration."""

from collections.abc import Callable, Sequence
from typing import Any

from s2s.runtime import dtypes, effects, hlo, in_place, joins, shared_containers, staged_iterables, staging, views
from s2s.runtime.adapter import ir
from s2s.runtime.aval import Aval
from s2s.runtime.errors import S2SError, at_user_line, is_emitted
from s2s.runtime.growth import Growth, refuse_more, starts
from s2s.runtime.helpers.checks import is_unset
from s2s.runtime.host_calls import results_or_raised
from s2s.runtime.joins import JoinError, Spec
from s2s.runtime.recomputation import Iterations, Shapes, Tapes
from s2s.runtime.regions import Region
from s2s.runtime.shrinking import Shrinking
from s2s.runtime.staged_branches import name_of, truth
from s2s.runtime.staged_lists import grows, shrinks
from s2s.runtime.staging import Staged, constant
from s2s.runtime.templates import Template, owned

_COUNTER = Aval((), dtypes.int64, True)
_MOST_ROUNDS = 8


class CannotRoll(S2SError, TypeError):
    """A loop cannot be one operation, although nothing in it is wrong."""


class Rolled:
    """A loop as one `stablehlo.while`.

    Attributes:
        results: the variables after the loop.
        iterations: how many there were.
    """

    def __init__(
        self,
        site: Callable[..., Any],
        test: Callable[..., Any],
        step: Callable[..., Sequence[Any]],
        values: Sequence[Any],
        names: Sequence[str],
        known_to_run: bool,
        count: int | None = None,
        capacity: int | None = None,
        tapes: Tapes | None = None,
        limit: int | None = None,
        or_python: bool = True,
        origin: frozenset[int] | None = None,
    ) -> None:
        """`test(k, *values)` and `step(k, *values)` are staged with the number k of iterations so far; `site`'s code
        tells the loop from others. `count` is how many iterations there are, `capacity` how many there can be, where
        that is known, `origin` the arguments that alone decide it; `tapes` are of the loops whose iterations `step`
        reads; beyond `limit` iterations the program raises an exception if it would have to keep them."""
        self.site, self.test, self.step = site, test, step
        self.entry: list[Any] = list(values)
        self.names = list(names)
        self.targets: list[Any] = []
        self.or_python = or_python
        self.known_to_run = known_to_run
        self.count, self.capacity, self.limit, self.origin = count, capacity, limit, origin
        self.growth: list[Growth] = []
        self.shrinking: list[Shrinking] = []
        self.tapes = Tapes(lambda k: []) if tapes is None else tapes
        self.unsettled = False
        self.specs = [joins.UNCHANGED] * len(self.entry)
        self._remember()
        region, after = self._fixpoint()
        try:
            self.results = self._build(region, after)
        finally:
            region.drop()

    # What is carried ----------------------------------------------------------------------------------------------

    def _key(self) -> Any:
        types = [_type_of(value) for value in self.entry[: len(self.names) - len(self.targets)]]
        return (getattr(self.site, "__code__", self.site), tuple(types))

    def _remember(self) -> None:
        """Begins with what a try of the same loop on the same types came to."""
        self.key = self._key()
        known = staging.scope().memory.get(self.key)
        if known is not None:
            pairs = zip(known, self.entry, strict=True)
            self.specs = [spec if spec.fits(value) else joins.UNCHANGED for spec, value in pairs]

    def _fixpoint(self) -> tuple[Region, list[Any]]:
        """The body's region with carries that hold what an iteration gives, and what it gives."""
        for _ in range(_MOST_ROUNDS):
            region, after = self._try()
            try:
                self._refuse_python(region)
                grown = [joins.widened(*row) for row in zip(self.specs, self.entry, after, self.names, strict=True)]
                if grown == self.specs and not self.unsettled:
                    self._check(region, after)
                    staging.scope().memory[self.key] = self.specs[: len(self.entry) - len(self.targets)]
                    return region, after
            except BaseException:
                region.drop()
                raise
            region.drop()
            self.specs = grown
        raise JoinError(f"the types of the variables of a loop do not settle{at_user_line()}")

    def _refuse_python(self, region: Region) -> None:
        """A loop on Python values alone runs in Python, so that they stay known."""
        if self.growth and not self.known_to_run and self.capacity is not None:
            return  # how many entries a list gets is not known
        if self.or_python and not region.scope.uses_arrays and all(spec.treedef is None for spec in self.specs):
            raise CannotRoll(f"nothing in this loop depends on arrays{at_user_line()}")

    def _avals(self) -> list[Aval]:
        return [_COUNTER, *(aval for spec in self.specs for aval in spec.avals()), *self.tapes.avals()]

    def _inside(self, region: Region) -> tuple[Staged, list[Any]]:
        """The counter and the values in a region; the targets are set to theirs."""
        rest = iter(region.arguments)
        k = staged_iterables.counter(next(rest)._value, region.scope, self.capacity)
        inner = [spec.build(value, rest) for spec, value in zip(self.specs, self.entry, strict=True)]
        self.tapes.begin(rest)
        for value, entry in zip(inner, self.entry, strict=True):
            views.like(value, [entry])
        variables = len(inner) - len(self.targets)
        for target, state in zip(self.targets, inner[variables:], strict=True):
            effects.note(target)
            effects.set_state(target, state)
        self._keep_aliases(self.entry[variables:])
        for growth in self.growth:
            growth.begin()
        for shrinking in self.shrinking:
            shrinking.begin(k)
        return k, inner[:variables]

    def _keep_aliases(self, entries: list[Any]) -> None:
        """A target that may be another array is that in the region, too: writing it there is noted at the other."""
        for target, entry in zip(self.targets, entries, strict=True):
            if type(entry) is Staged and type(entry.view) is views.Alias:
                views.may_be(target, [entry.view.base])

    def _try(self) -> tuple[Region, list[Any]]:
        """Builds the body; objects that it turns out to change are carried from the next try on."""
        region = Region(self._avals())
        with region.building():
            k, inner = self._inside(region)
            with self.tapes.reading():
                after = list(results_or_raised(lambda: self.step(k, *inner), inner))
            found = region.log.undo([self.site, self.step, self.test, *self.entry, *inner])
            for growth in self.growth:
                growth.take(found.pop(id(growth.target))[1], region)
            for shrinking in self.shrinking:
                shrinking.take(found.pop(id(shrinking.target))[1])
            states = [found[id(target)][1] for target in self.targets]
            self._refuse_written_copies(inner, found)
            _refuse_second_names(after, found, self.names)
            self._refuse_shared_entries(inner)
            new = self._carried_from_now(found)
        before = len(self.entry)
        for target in new:
            self._add(target)
        after += [*states, *(found[id(target)][1] for target in new)]
        if new:
            self.specs += [joins.UNCHANGED] * (len(self.entry) - before)
        return region, after

    def _refuse_shared_entries(self, inner: list[Any]) -> None:
        """An entry that is appended twice, or is there without the loop, is not told from its other places."""
        entries = [id(v) for growth in self.growth for v in growth.front if shared_containers.is_container(v)]
        outside = effects.reachable([self.site, self.step, *inner], set(entries)) if entries else ()
        if outside or len(set(entries)) < len(entries):
            raise JoinError(
                f"a list or dict is appended{at_user_line()} that has another name or place, too; append a copy of it"
            )

    def _carried_from_now(self, found: dict[int, tuple[Any, Any]]) -> list[Any]:
        """Changed objects that are not carried yet; lists that grow are set apart."""
        new = [target for target, _ in found.values() if not any(target is known for known in self.targets)]
        growing = [t for t in new if grows(t, found[id(t)][1])]
        self.growth += [Growth(target, self.capacity) for target in growing]
        counts = [(t, shrinks(t, found[id(t)][1])) for t in new]
        shrinking = [Shrinking(t, count) for t, count in counts if count]
        self.shrinking += shrinking
        self.unsettled = bool(growing or shrinking)
        apart = [*growing, *(s.target for s in shrinking)]
        return [t for t in new if not any(t is target for target in apart)]

    def _add(self, target: Any) -> None:
        self.targets.append(target)
        self.entry.append(effects.state_of(target))
        self.names.append(name_of(target))

    def _refuse_written_copies(self, inner: list[Any], found: dict[int, tuple[Any, Any]]) -> None:
        """A value that is rebound and also changed in place, where it is not followed who else sees the change."""
        for value, entry, spec, name in zip(inner, self.entry, self.specs, self.names, strict=False):
            if spec.treedef is None:
                continue
            starts = joins.leaves_of(entry, spec.treedef) or ()
            shared = any(_shows_changed(start, found) for start in starts)
            if shared or any(id(part) in found for part in _containers(value)):
                raise JoinError(f"{name!r} is both rebound and changed in place in a loop{at_user_line()}")

    def _shared_names(self, region: Region, after: list[Any]) -> list[tuple[bool, list[Any]]]:
        """Per carried leaf: whether it is written under its name in the loop, and which outside arrays it may be."""
        rows = [row for triple in zip(self.specs, self.entry, after, strict=True) for row in _rows(*triple)]
        variables = sum(len(spec.avals()) for spec in self.specs[: len(self.names) - len(self.targets)])
        shared = []
        for place, (_, start, end) in enumerate(rows[:variables], 1):
            written = region.is_written(place)
            ends = [end] if type(end) is Staged and not end.home.is_inside(region.scope) else []
            shared.append((written, [start, *ends] if written or not self.known_to_run else ends))
        return shared

    def _check(self, region: Region, after: list[Any]) -> None:
        """What is the same only from the second iteration on is refused here, for the first to run by itself."""
        for spec, entry, out, name in zip(self.specs, self.entry, after, self.names, strict=True):
            for leaf, start, end in _rows(spec, entry, out):
                changes = type(end) is Staged and not end.weak and end.dtype != leaf.dtype
                if changes or not joins.is_exact(start, leaf):
                    raise joins.mismatch(name, "changes its dtype in a loop", start, end)

    # The operation ------------------------------------------------------------------------------------------------

    def _build(self, region: Region, after: list[Any]) -> tuple[Any, ...]:
        self.after = after
        shared = self._shared_names(region, after)
        rows = [row for triple in zip(self.specs, self.entry, after, strict=True) for row in _rows(*triple)]
        self._share(region, rows)
        avals = [*self._avals(), *(aval for growth in self.growth for aval in growth.avals())]
        with region.continued():
            k = staged_iterables.counter(region.arguments[0]._value, region.scope)
            ends = [joins.as_aval(end, leaf) for leaf, _, end in rows]
            ends += [value._value for value in region.arguments[1 + len(ends) :]]
            columns = [c for growth in self.growth if growth.is_recomputed() for c in growth.columns()]
        start = [joins.as_aval(start, leaf) for leaf, start, _ in rows]
        recorded = self._recorded(region, ends, columns, start) if columns else None
        start += [value.value for value in self.tapes.start()]
        with region.continued():
            for growth in self.growth:
                ends += growth.updated(region.add_arguments(growth.avals()), k)
            region.finish([(k + 1).value, *ends])
            in_place.keep(region.scope.block)
        body = self._by_windows(region, avals) if len(self.tapes) else region
        start = [constant(0).value, *start]
        start += starts(self.growth)
        op = _while(start, self._test(avals), body)
        results = [staging.like(value, aval) for value, aval in zip(op.results, avals, strict=True)]
        return self._after(results, shared, recorded)

    def _share(self, region: Region, rows: list[Any]) -> None:
        """What an iteration leaves in a variable is what the next one begins with: lists that get both keep it once."""
        for growth in self.growth:
            arguments = region.arguments[1 : 1 + len(rows)]
            carried = zip(arguments, rows, strict=True)
            growth.share(
                region.arguments[0]._value, [(a, end, joins.as_aval(start, leaf)) for a, (leaf, start, end) in carried]
            )

    def _by_windows(self, region: Region, avals: list[Aval]) -> Region:
        """The body of a loop round the loop, in which the tapes stay as they are."""
        outer = Region(avals)
        with outer.building():
            first = len(self._avals()) - len(self.tapes.avals())
            before, rest = outer.arguments[:first], iter(outer.arguments[first:])
            self.tapes.begin(rest)
            numbers = self.tapes.hold(before[0])
            start = [value.value for value in (*before, *self.tapes.values(), *rest)]
            outer.finish(_while(start, self._test(avals, numbers), region).results)
            in_place.keep(outer.scope.block)
        return outer

    def _recorded(self, region: Region, ends: list[Any], columns: list[Staged], start: list[Any]) -> Iterations:
        """The iterations, to be computed again where lists grow by an unknown number of them."""
        avals, carried = self._avals(), len(start)
        body = Template(region.scope.block, [*ends, *(column.value for column in columns)])
        captured = body.take_captured()
        if len(self.tapes):
            whole = Region(avals)
            with whole.building():
                rest = iter(whole.arguments[1 + carried :])
                self.tapes.begin(rest)
                self.tapes.hold(whole.arguments[0])
                held = self.tapes.values()
                given = [*whole.arguments[: 1 + carried], *held, *map(staging.stage, captured)]
                made = body([value.value for value in given])
                made[carried : carried + len(held)] = [value.value for value in held]
                body = Template(whole.scope.block, made)
            captured = body.take_captured()
            whole.drop()
        shapes = Shapes(body, avals[1 : 1 + carried], avals[1 + carried :], [column.aval for column in columns])
        return Iterations(shapes, [owned(value) for value in start], captured, None)

    def _test(self, avals: list[Aval], numbers: Sequence[Staged] | None = None) -> Region:
        """Whether the loop goes on, or also the loop inside of it over iterations in these windows."""
        region = Region(avals)
        with region.building():
            k, inner = self._inside(region)
            decided = staging.stage(truth(self.test(k, *inner)))
            region.log.undo_all()
            for number, now in zip(numbers or (), self.tapes.numbers(k) if numbers else (), strict=True):
                decided = hlo.logical_and(decided, hlo.compare(number, now, "EQ"))
            region.finish([decided.value])
        return region

    def _after(
        self, results: list[Staged], shared: list[tuple[bool, list[Any]]], recorded: Iterations | None
    ) -> tuple[Any, ...]:
        arrays = results[1 : len(self._avals())]
        self.iterations = results[0]
        self._finish_growth(results[0], iter(results[len(arrays) + 1 :]), recorded)
        for array, (written, origins) in zip(arrays, shared, strict=False):
            views.may_be(array, origins)
            if written:
                for origin in origins:
                    views.forget(origin)
                array.view = None
        rest = iter(arrays)
        built = [spec.build(value, rest) for spec, value in zip(self.specs, self.entry, strict=True)]
        built = [views.like(value, ends) for value, *ends in zip(built, self.entry, self.after, strict=True)]
        variables = len(built) - len(self.targets)
        for target, state in zip(self.targets, built[variables:], strict=True):
            effects.note(target)
            effects.set_state(target, state)
        if not is_emitted(self.site):
            sides = (self.after[:variables], built[:variables])
            shared_containers.note_joined(built[:variables], sides, (self.site,))
            grown = [(growth.target, growth.front) for growth in self.growth]
            shared_containers.note_appended(built[:variables], self.after[:variables], grown)
        return tuple(built[:variables])

    def _finish_growth(self, iterations: Staged, buffers: Any, recorded: Iterations | None) -> None:
        iterations.origin = self.origin
        if recorded is not None:
            recorded.count = hlo.convert(iterations, dtypes.int64)
            recorded.count.origin = self.origin
        for shrinking in self.shrinking:
            shrinking.finish(iterations if self.count is None else self.count)
        first = 0
        for growth in self.growth:
            if growth.is_recomputed() and recorded is not None:
                last = first + len(growth.layout.avals())
                growth.finish_recomputed(recorded, (first, last))
                first = last
                continue
            if self.limit is not None:
                refuse_more(iterations, self.limit)
            mine = [next(buffers) for _ in growth.avals()]
            growth.finish(mine, iterations if self.count is None else self.count)


def _while(start: Sequence[Any], test: Region, body: Region) -> Any:
    op = ir.Operation.create("stablehlo.while", [value.type for value in start], start, regions=2)
    test.move_to(op.regions[0])
    body.move_to(op.regions[1])
    return op


def _rows(spec: Spec, entry: Any, out: Any) -> list[tuple[Aval, Any, Any]]:
    """The carried leaves of one value: how, from what, to what."""
    if spec.treedef is None:
        return []
    starts, ends = joins.leaves_of(entry, spec.treedef), joins.leaves_of(out, spec.treedef)
    rows = zip(spec.leaves, starts or (), ends or (), strict=True)
    return [row for row in rows if type(row[0]) is Aval]


def _containers(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        parts = list.__iter__(value) if isinstance(value, list) else value  # what is in buffers are no containers
        return [value, *(part for v in parts for part in _containers(v))]
    if isinstance(value, dict):
        return [value, *(part for v in value.values() for part in _containers(v))]
    return []


def _refuse_second_names(after: Sequence[Any], found: dict[int, tuple[Any, Any]], names: Sequence[str]) -> None:
    """A variable that is left being a container that the loop changes under another name is not told from it."""
    for value, name in zip(after, names, strict=False):
        if any(id(part) in found for part in _containers(value)):
            raise JoinError(
                f"{name!r} is left being a list or dict that a loop changes{at_user_line()} under another name, too; "
                "copy it where it gets its second name"
            )


def _shows_changed(value: Any, found: dict[int, tuple[Any, Any]]) -> bool:
    """Whether an array is a view of one that was changed."""
    if type(value) is not Staged or value.view is None:
        return False
    return id(value.view.base) in found or _shows_changed(value.view.base, found)


def _type_of(value: Any) -> Any:
    """What of a value decides how it is carried."""
    if is_unset(value):
        return value
    leaves, treedef = joins.flatten(value)
    return (treedef, *[joins.aval_of(leaf) if joins.is_numeric(leaf) else type(leaf) for leaf in leaves])
