"""Objects that a function makes, followed through its text: which variable holds which attribute at each place.

An object never appears in emitted code: its attributes are variables (`c.total` is `c_total`), as one would write them
by hand (scalar replacement of aggregates, Muchnick, Advanced Compiler Design, §12.2). Aliases are names of one
`ObjectOf`, so a write through one is seen through all; where paths meet, attributes that differ are joined, and those
that a loop changes are carried by it.
"""

import itertools
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import kinds, static_tests
from s2s.codegen.inference.kinds import Kind, ObjectOf, SuperOf, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.objects import uses
from s2s.runtime.errors import S2SError


class ReturnsObject(S2SError):
    """A function returns an object that it made, so it has to be put in place of its calls."""


State = dict[ObjectOf, dict[str, Any]]


class Heap:
    """The objects of one function, in the order in which they were made."""

    def __init__(self, inference: Any):
        self.inference = inference
        self.objects: list[ObjectOf] = []
        # Variables that a join gives an object, to the object that they have on this path.
        self.entered: dict[str, ObjectOf] = {}

    def new(self, cls: Any, name: str) -> ObjectOf:
        made = ObjectOf(cls, name, self.inference.kind)
        self.objects.append(made)
        return made

    def state(self) -> State:
        return {o: dict(o.attributes) for o in self.objects}

    def restore(self, state: State) -> None:
        for o, attributes in state.items():
            o.attributes = dict(attributes)

    def write(self, owner: ObjectOf, attribute: str, node: gast.AST) -> None:
        owner.attributes[attribute] = node
        self._seen_by(owner, self.inference.current)

    def _seen_by(self, owner: ObjectOf, statement: Any) -> None:
        for source in owner.sources:
            source.written = statement
            self._seen_by(source, statement)


def join_variables(inference: Any, pairs: list[tuple[str, gast.AST]]) -> None:
    """Kinds after a simultaneous assignment; which object a variable is, the branch or loop around it decides."""
    for target, kind in [(t, inference.kind(v)) for t, v in pairs]:
        known = inference.kinds.get(target)
        if isinstance(kind, ObjectOf):
            inference.heap.entered[target] = kind
        if isinstance(kind, ObjectOf) and isinstance(known, ObjectOf):
            continue
        inference.kinds[target] = kinds.join(known, kind) if known is not None else kind


class Meeting:
    """Where paths meet: variables that take the value of an attribute on each path, remembered with the statement."""

    def __init__(self, inference: Any, statement: gast.AST):
        self.inference = inference
        self.statement = statement
        self.names: dict[Any, str] = {}
        self.objects: dict[Any, ObjectOf] = {}
        self.values: dict[str, list[gast.AST | None]] = {}

    def value(self, key: Any, base: str, values: list[gast.AST | None], states: list[State]) -> gast.AST:
        """The atom that stands for `values`, one for each path (None on a path that has none)."""
        found = [self.inference.kind(v) for v in values if v is not None]
        if any(isinstance(k, ObjectOf) for k in found):
            return self._object(key, base, values, states)
        name = self._name(key, base)
        known = self.inference.kinds.get(name)
        for kind in found:
            known = kind if known is None else kinds.join(known, kind)
        self.inference.kinds[name] = known
        self.values[name] = values
        return core.name(name)

    def attribute_names(self) -> list[tuple[Any, str]]:
        """(object, attribute) and the variable that holds it."""
        return [(key, name) for key, name in self.names.items() if isinstance(key, tuple)]

    def _name(self, key: Any, base: str) -> str:
        if key not in self.names:
            self.names[key] = self.inference.function.fresh(base)
        return self.names[key]

    def _object(self, key: Any, base: str, values: list[gast.AST | None], states: list[State]) -> gast.AST:
        found = [self.inference.kind(v) if v is not None else None for v in values]
        name = self._name(key, base)
        self.inference.kinds[name] = self.object(key, base, found, states)
        return core.name(name)

    def object(self, key: Any, base: str, found: list[Any], states: list[State]) -> Kind:
        """The object that is `found[i]` on path i."""
        known = [k for k in found if k is not None]
        if all(k is known[0] for k in known) and len(known) == len(found):
            return known[0]
        if not all(isinstance(k, ObjectOf) and k.cls is known[0].cls for k in known):
            return self._refused(base, known)
        if key not in self.objects:
            self.objects[key] = self.inference.heap.new(known[0].cls, base)
        merged = self.objects[key]
        merged.sources = tuple(dict.fromkeys(k for k in known if k is not merged))
        for source in merged.sources:
            source.other = source.other or self.statement
        self._attributes(merged, found, states)
        return merged

    def _refused(self, base: str, known: list[Any]) -> Kind:
        shown = " or ".join(dict.fromkeys(kinds.show(k) for k in known))
        self.inference.refuse(
            self.statement, f"{base!r} is {shown} here", "use objects of one class, or compute in each branch"
        )
        return kinds.Unknown()

    def _attributes(self, merged: ObjectOf, found: list[Any], states: list[State]) -> None:
        held = [s.get(k, k.attributes) if k is not None else None for k, s in zip(found, states, strict=True)]
        present = [h for h in held if h is not None]
        merged.attributes = {}
        for attribute in present[0]:
            if all(attribute in h for h in present):
                values = [h[attribute] if h is not None else None for h in held]
                base = f"{merged.name}_{attribute}"
                merged.attributes[attribute] = self.value((merged, attribute), base, values, states)


def meeting_of(inference: Any, statement: gast.AST) -> Meeting:
    """The statement's own, which a second pass over it finds again."""
    if "meeting" not in statement.__dict__:
        statement.meeting = Meeting(inference, statement)
    return statement.meeting


def same_atom(a: gast.AST, b: gast.AST) -> bool:
    return a is b or core.same(a, b)


# Branches --------------------------------------------------------------------------------------------------------


def infer_branch(inference: Any, statement: gast.If) -> None:
    """Both arms, each from the state before; then attributes and objects that differ are joined."""
    heap = inference.heap
    taken = static_tests.taken(inference, statement)
    if taken is not None:
        _infer_taken(inference, taken)
        return
    before = heap.state()
    ends = []
    for block in core.blocks(statement):
        heap.restore(before)
        inference.block(block)
        ends.append(heap.state())
    if heap.objects:
        _join_arms(inference, statement, before, ends)


def _infer_taken(inference: Any, block: list[gast.AST]) -> None:
    """The one arm that the kinds say is taken."""
    inference.block(block)
    for name, value in core.split_join(block)[1]:
        if isinstance(inference.kind(value), ObjectOf):
            inference.kinds[name] = inference.kind(value)
        inference.definitions[name] = core.assign(name, value)


def _join_arms(inference: Any, statement: gast.If, before: State, ends: list[State]) -> None:
    meeting = meeting_of(inference, statement)
    joins = [dict(core.split_join(b)[1]) for b in core.blocks(statement)]
    for name in dict.fromkeys([*joins[0], *joins[1]]):
        found = [inference.kind(j[name]) if name in j else None for j in joins]
        if name not in meeting.values and any(isinstance(k, ObjectOf) for k in found):
            inference.kinds[name] = meeting.object(name, inference.function.bases.get(name, name), found, ends)
    for owner in before:
        owner.attributes = _joined_attributes(meeting, owner, ends)
    for i, block in enumerate(core.blocks(statement)):
        set_pairs(block, {n: values[i] for n, values in meeting.values.items()}, statement)


def _joined_attributes(meeting: Meeting, owner: ObjectOf, ends: list[State]) -> dict[str, Any]:
    """What is set on one path alone is not set as far as later code can tell."""
    then, otherwise = ends[0][owner], ends[1][owner]
    joined = {}
    for attribute, value in then.items():
        if attribute in otherwise:
            values = [value, otherwise[attribute]]
            base = f"{owner.name}_{attribute}"
            same = same_atom(*values)
            joined[attribute] = value if same else meeting.value((owner, attribute), base, values, ends)
    return joined


def set_pairs(block: list[gast.AST], values: dict[str, Any], like: gast.AST) -> None:
    """Ends the block in these joins besides its own."""
    if not values:
        return
    inner, pairs = core.split_join(block)
    kept = [(t, v) for t, v in pairs if t not in values]
    added = [(t, v) for t, v in values.items() if v is not None]
    block[:] = [*inner, *joined(kept + added, like), *core.split_guard(block)[1]]


def joined(pairs: list[tuple[str, gast.AST]], like: gast.AST) -> list[gast.AST]:
    statements = core.simultaneous(pairs, like)
    for statement in statements:
        statement.operation = Operation("copy")
    return statements


# Loops -----------------------------------------------------------------------------------------------------------


_MOST_ROUNDS = 24


def infer_loop(inference: Any, statement: gast.AST) -> None:
    """Passes over the body until neither the kinds nor the set of carried attributes grow."""
    heap = inference.heap
    meeting = meeting_of(inference, statement)
    names = [t for t, _ in core.split_join(statement.body)[1] if t not in meeting.values]
    entering = {t: heap.entered.pop(t, None) for t in names}
    entry = heap.state()
    carried: dict[Any, None] = statement.__dict__.setdefault("carried_attributes", {})
    refused: list[Any] = []
    for rounds in itertools.count():
        heap.restore(entry)
        head = _open(inference, statement, entry, entering, carried)
        uses.resolve_test(inference, statement)
        before = _kinds_of(inference, statement)
        reported = len(inference.diagnostics.found)
        inference.block(statement.body)
        grown = _close(inference, statement, entry, entering, head, carried)
        after = _kinds_of(inference, statement)
        if not grown and after == before:
            break
        if rounds == _MOST_ROUNDS:
            cause = "a variable of this loop may be any of the objects in a structure, which is not followed"
            inference.refuse(statement, cause, "use recursion, or arrays with a row for each object")
            break
        refused += inference.diagnostics.found[reported:]
        del inference.diagnostics.found[reported:]
    if any(isinstance(kind, Unknown) and kind.active for kind in after.values()):
        inference.diagnostics.found += [d for d in refused if d not in inference.diagnostics.found]
    heap.restore(head)
    _write_carries(inference, statement)


def _kinds_of(inference: Any, statement: gast.AST) -> dict[str, Any]:
    names = [t for t, _ in core.split_join(statement.body)[1]]
    return {n: inference.kinds.get(n) for n in [*names, *statement.meeting.values]}


def _open(inference: Any, statement: gast.AST, entry: State, entering: dict, carried: dict) -> State:
    """The state at the head of the loop: carried attributes are the loop's own variables."""
    meeting = statement.meeting
    for name, known in entering.items():
        if name in meeting.objects:
            inference.kinds[name] = meeting.objects[name]
        elif known is not None:
            inference.kinds[name] = known
    for merged in meeting.objects.values():
        merged.other = merged.written = None
        merged.attributes = {a: core.name(n) for (o, a), n in meeting.attribute_names() if o is merged}
    for owner, attribute in carried:
        owner.attributes[attribute] = core.name(meeting.names[(owner, attribute)])
    return inference.heap.state()


def _close(inference: Any, statement: gast.AST, entry: State, entering: dict, head: State, carried: dict) -> bool:
    """Takes up what the body changed; tells whether anything is carried that was not before."""
    meeting, end = statement.meeting, inference.heap.state()
    known = len(meeting.names) + len(meeting.objects)
    for name, value in core.split_join(statement.body)[1]:
        if name in entering:
            _close_variable(inference, meeting, name, entering[name], inference.kind(value), [entry, end])
    for owner, attributes in entry.items():
        for attribute, value in attributes.items():
            last = end[owner].get(attribute, value)
            if (owner, attribute) in carried or not same_atom(last, head[owner][attribute]):
                meeting.value((owner, attribute), f"{owner.name}_{attribute}", [value, last], [entry, end])
                carried[(owner, attribute)] = None
    return len(meeting.names) + len(meeting.objects) > known


def _close_variable(inference: Any, meeting: Meeting, name: str, first: Any, last: Any, states: list[State]) -> None:
    if not isinstance(last, ObjectOf):
        return
    if first is last and name not in meeting.objects:
        inference.kinds[name] = first
        return
    base = inference.function.bases.get(name, name)
    inference.kinds[name] = meeting.object(name, base, [first, last], states)


def _write_carries(inference: Any, statement: gast.AST) -> None:
    values = statement.meeting.values
    if not values:
        return
    set_pairs(statement.body, {n: v[1] for n, v in values.items()}, statement)
    entering = joined([(n, v[0]) for n, v in values.items() if v[0] is not None], statement)
    if not entering:
        return
    if "entering" not in statement.__dict__:
        statement.entering = entering[0]
        inference.prelude.append(statement.entering)
    statement.entering.targets, statement.entering.value = entering[0].targets, entering[0].value


# The end ---------------------------------------------------------------------------------------------------------


def finish(inference: Any) -> None:
    """Removes the statements about objects; what still needs one as a value is refused."""
    function = inference.function
    if not inference.heap.objects:
        return
    objects = {n for n, k in inference.kinds.items() if isinstance(k, ObjectOf | SuperOf)}
    holders = {n for n, k in inference.kinds.items() if kinds.holds_object(k)}
    _remove(function.body, objects)
    while _remove_unread(function, holders):
        pass
    if inference.diagnostics:
        return
    for statement in core.walk(function.body):
        for name in dict.fromkeys(core.own_reads(statement)):
            if name in objects:
                _refuse_use(inference, statement, name)


def _remove(body: list[gast.AST], objects: set[str]) -> None:
    kept: list[gast.AST] = []
    for statement in body:
        for block in core.blocks(statement):
            _remove(block, objects)
        if core.is_join(statement):
            pairs = [(t, v) for t, v in core.split_join([statement])[1] if t not in objects]
            kept += [statement] if len(pairs) == len(core.targets(statement)) else joined(pairs, statement)
        elif isinstance(statement, gast.Assign) and objects.issuperset(core.targets(statement)):
            continue
        elif "emptied" not in statement.__dict__:
            kept.append(statement)
    body[:] = kept


def _remove_unread(function: core.Function, holders: set[str]) -> bool:
    """Containers of objects that nothing reads any more, their elements having been found in sight."""
    statements = core.walk(function.body)
    read = {n for s in statements for n in core.own_reads(s)}
    unread = {
        s.targets[0].id
        for s in statements
        if type(s) is gast.Assign and isinstance(s.targets[0], gast.Name) and not core.is_join(s)
        if s.targets[0].id in holders and s.targets[0].id not in read
    }
    _remove(function.body, unread)
    return bool(unread)


def _refuse_use(inference: Any, statement: gast.AST, name: str) -> None:
    kind = inference.kinds[name]
    base = inference.function.bases.get(name, name)
    inference.current = statement
    inference.refuse(
        statement.value if isinstance(statement, gast.Assign | gast.Return | gast.Expr) else statement,
        f"{base!r}, {kinds.show(kind)} made here, is used as a value here, which is not supported yet",
        "use its attributes, keep them in a tuple, or call its methods in statements of their own",
    )
