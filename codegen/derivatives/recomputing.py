"""What the way back computes again rather than having it saved: what people would write again: `x[i]`, `i + 1`, `-q`.

Looked at once both sweeps are simplified. A temporary goes out of a saved tuple where it is one cheap operation on what
is there anyway: other saved values, and values that the loop does not change. It also goes where one variable of the
same size takes its place. What the user gave a name to stays saved, but for elements of containers.
"""

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import saving
from s2s.codegen.derivatives.forward_definitions import Definitions
from s2s.codegen.derivatives.index_arithmetic import IndexArithmetic
from s2s.codegen.inference.kinds import DictOf, ListOf, Numeric, Static, TupleOf, Unknown
from s2s.codegen.simplifying import dead_code
from s2s.codegen.simplifying.shapes import resolved

# Forward names to what they are called on the way back.
Names = dict[str, str]


def in_loops(function: core.Function, forward: list[gast.AST], backward: list[gast.AST]) -> bool:
    """Rewrites what all loops save, in place; tells whether anything is computed again."""
    if core.is_straight(backward) or not any(hasattr(s, "primal") for s in core.walk(backward)):
        return False
    _in_loops(function, IndexArithmetic(function, forward), backward, {}, set(), set())
    return any(hasattr(s, "again") for s in core.walk(backward))


def _in_loops(
    function: core.Function,
    integers: IndexArithmetic,
    backward: list[gast.AST],
    outside: Names,
    local: set[str],
    bound: set[str],
) -> None:
    """`outside`: the values of the loops around that are there; `local`: all that these loops assign.

    `bound`: what the loops around of the backward sweep bind, which is there from the beginning of their bodies.
    """
    for statement in backward:
        names, assigned = outside, local
        if hasattr(statement, "primal"):
            assigned = local or core.assigned([statement.primal])
            names = _Loop(function, integers, statement, outside, bound).rewrite(assigned)
        for block in core.blocks(statement):
            _in_loops(function, integers, block, names, assigned, bound.union(core.targets(statement)))


def in_pair(function: core.Function, forward: list[gast.AST], backward: list[gast.AST]) -> bool:
    """Rewrites a backward half in place, so that less must be saved for it; tells whether it changed."""
    local = core.assigned(forward) | set(function.parameters)
    again = Again(function, forward, {}, local, local)
    readers, inside = _readers(backward), core.assigned(backward)
    columns = {n: n for n in readers if n in local and n not in inside}
    if not any(n in again.definitions.of and again.is_wanted(again.definitions.of[n]) for n in columns):
        return False
    return again.leave_out(backward, columns, readers).keys() != columns.keys()


def columns_of_pair(function: core.Function, forward: list[gast.AST], backward: list[gast.AST]) -> list[str]:
    """What a forward half has to save: parameters, and variables in the order of their assignments."""
    needed = saving.missing(backward, core.assigned(forward) | set(function.parameters))
    return [*[p for p in function.parameters if p in needed], *_in_order(forward, needed)]


def _in_order(body: list[gast.AST], names: list[str]) -> list[str]:
    """The names that the statements assign, in this order: what they begin with, then what is computed."""
    statements = core.walk(body)
    carried = [t for s in statements if core.is_join(s) for t in core.targets(s)]
    bound = [t for s in statements if isinstance(s, gast.For) for t in core.targets(s)]
    first = dict.fromkeys(t for s in statements if not core.is_join(s) for t in core.targets(s) if t not in bound)
    return [n for n in dict.fromkeys([*bound, *[c for c in carried if c not in first], *first]) if n in names]


class _Loop:
    """A loop of the backward sweep over what its forward loop saved."""

    def __init__(
        self, function: core.Function, integers: IndexArithmetic, loop: gast.For, outside: Names, bound: set[str]
    ):
        self.function = function
        self.integers = integers
        self.loop = loop
        self.primal = loop.primal
        self.outside = outside
        self.bound = bound
        self.append = self._append(_list_run_over(loop))

    def _append(self, run_over: str | None) -> gast.AST | None:
        """What appends to the list that the loop runs over, which may be called otherwise in the forward sweep."""
        for statement in self.primal.body if run_over is not None else ():
            saved = dead_code.append_target(statement)
            if saved is not None and run_over in (saved, self.outside.get(saved)):
                return statement
        return None

    def rewrite(self, local: set[str]) -> Names:
        """Leaves out what can be computed again; gives the names that loops inside may read."""
        columns = self._columns()
        if self.append is None or len(columns) != len(core.targets(self.loop)):
            return self.outside | columns
        own = core.assigned([self.primal])
        again = Again(self.function, self.primal.body, self.outside, local, own)
        again.integers, again.bound = self.integers, self.bound
        again.counter = self._index()
        kept = again.leave_out(self.loop.body, columns, _readers(self.loop.body))
        for counter in self._asked_for_inside(kept, local):
            kept[counter] = again.names[counter] = again.version(counter)
        self._write({n: kept[n] for n in _in_order([self.primal], list(kept))}, local)
        return {n: t for n, t in again.names.items() if t not in again.in_one_arm}

    def _index(self) -> str | None:
        """The index of this loop."""
        first = core.targets(self.primal)[:1] if isinstance(self.primal, gast.For) else []
        return next((n for n in first if n in self.integers.counters), None)

    def _asked_for_inside(self, kept: Names, local: set[str]) -> list[str]:
        """The index of this loop, where loops inside would save what comes from it for want of it."""
        named = isinstance(self.primal, gast.For) and core.is_name(self.primal.target)
        counter = self.primal.target.id if named else self._index()
        if counter is None or counter in kept:
            return []
        inside = core.walk([s.primal for s in core.walk(self.loop.body) if hasattr(s, "primal")])
        elements = [s for s in inside if isinstance(s, gast.Assign) and type(s.value) is gast.Subscript]
        if any(counter in core.own_reads(s) for s in elements):
            return [counter]
        saved = {n for s in inside if dead_code.append_target(s) is not None for n in core.own_reads(s)}
        leaves = [self.integers.leaves(n) for n in saved if n in self.integers.of]
        return [counter] if any(counter in s and not (s - self.integers.counters) & local for s in leaves) else []

    def _columns(self) -> Names:
        if self.append is None:
            names, bound = core.targets(self.primal), core.targets(self.loop)
            return {names[0]: bound[0]} if len(names) == len(bound) == 1 and bound != ["_"] else {}
        entry = self.append.value.args[0]
        values = entry.elts if isinstance(self.loop.target, gast.Tuple) else [entry]
        pairs = zip(values, core.targets(self.loop), strict=False)
        return {v.id: t for v, t in pairs if core.is_name(v)}

    def _write(self, columns: Names, local: set[str]) -> None:
        """The loop, and what its forward loop saves, for these columns."""
        loop, primal = self.loop, self.primal
        primal.body = [s for s in primal.body if s is not self.append]
        loop.target = _one_or_tuple([core.stored(t) for t in columns.values()], core.stored("_"))
        iterated = saving.iterate_again(self.function, primal, list(columns))
        inside = [n for n in core.reads(iterated) if n in local] if iterated is not None else []
        if iterated is not None and all(self.outside.get(n) in self.bound for n in inside):
            loop.iter = core.substitute(iterated, {n: core.name(self.outside[n]) for n in inside})
            return
        entry = _one_or_tuple([core.name(c) for c in columns], core.constant(None))
        self.append.value = core.call_of(self.append.value.func, [entry], [])
        primal.body.insert(saving.after_definitions(primal.body, set(columns)), self.append)
        self._name(self.append.value.func.value.id, list(columns))

    def _name(self, saved: str, columns: list[str]) -> None:
        """The list must not look like what it holds, on the way back."""
        bases = self.function.bases
        name = saving.saved_name(self.function, columns)
        holds_saved = any(bases.get(c, c) in ("saved", "saved_steps") for c in columns)
        bases[saved] = "saved_steps" if holds_saved and name == "saved" else name
        if saved in self.outside:
            bases[self.outside[saved]] = bases[saved]


def _one_or_tuple(nodes: list[gast.AST], none: gast.AST) -> gast.AST:
    if len(nodes) < 2:
        return nodes[0] if nodes else none
    return gast.Tuple(nodes, nodes[0].ctx)


def _list_run_over(loop: gast.For) -> str | None:
    """`saved` of `for … in reversed(saved)`."""
    call = loop.iter
    is_reversed = isinstance(call, gast.Call) and core.is_name(call.func) and call.func.id == "reversed"
    return call.args[0].id if is_reversed and core.is_name(call.args[0]) else None


class Again:
    """Decides what is computed again, and writes it into the backward body.

    Attributes:
        names: forward values that are there on the way back.
        in_one_arm: names, on the way back, of those that are there in one arm of a branch alone.
        readers: names to the statements of the backward body that read them, or hold others that do.
        renamed: forward names to their versions on the way back, where these are not called otherwise already.
    """

    def __init__(
        self, function: core.Function, forward: list[gast.AST], outside: Names, local: set[str], own: set[str]
    ):
        self.function = function
        self.forward = forward
        self.own = own
        self.names = dict(outside)
        self.outside = outside
        self.local = local
        self.definitions = Definitions(function, forward)
        self.integers: IndexArithmetic | None = None
        self.counter: str | None = None
        self.bound: set[str] = set()
        self.in_one_arm: set[str] = set()
        self.readers: dict[str, list[gast.AST]] = {}
        self.renamed: Names = {}

    def leave_out(self, backward: list[gast.AST], columns: Names, readers: dict[str, list[gast.AST]]) -> Names:
        """The columns that are still needed."""
        self.readers = readers
        kept = {n: t for n, t in columns.items() if t in readers}
        for name, target in kept.items():
            self.names.update(dict.fromkeys(self.definitions.chain(name), target))
        for name in self.definitions.latest_first:
            if name in kept and self._is_index(name, backward, kept):
                self._insert_index(backward, name, kept)
            elif name in kept and self._may_go(name, backward, kept):
                self._insert(backward, name, kept.pop(name))
        for name, version in self.renamed.items():
            saving.rename(self.readers[name], {name: core.name(version)})
        return kept

    def _is_index(self, name: str, backward: list[gast.AST], kept: Names) -> bool:
        """Does it come from indices of loops, and from sizes, that are there? The index of this loop may be saved."""
        inner = self.definitions.chain(name)[-1]
        if self.integers is None or inner not in self.integers.of:
            return False
        if name in self.definitions.in_branches and self._block_of_reads(backward, kept[name]) is backward:
            return False
        missing = [n for n in self.integers.leaves(inner) if not self._is_here(n, kept)]
        if missing not in ([], [self.counter]):
            return False
        if missing:
            kept[missing[0]] = self.names[missing[0]] = self.version(missing[0])
        return True

    def _is_here(self, name: str, kept: Names) -> bool:
        """Is it there at the beginning of the loop's body, with the size that it had?"""
        if name in self.integers.measured:
            return name not in self.local
        return name not in self.local or name in kept or self.outside.get(name) in self.bound

    def _may_go(self, name: str, backward: list[gast.AST], kept: Names) -> bool:
        """Can this value be computed again? Another one may be saved in its place."""
        statement = self.definitions.of[name]
        if not self.is_wanted(statement) or not self._is_cheap(statement):
            return False
        if name in self.definitions.in_branches and self._block_of_reads(backward, kept[name]) is backward:
            return False
        missing = [n for n in dict.fromkeys(core.own_reads(statement)) if not self._is_there(n)]
        if any(self.definitions.comes_after(n, name) for n in core.own_reads(statement)):
            return False
        if not missing:
            return True
        if len(missing) > 1 or not self._takes_place(missing[0], statement):
            return False
        other = missing[0]
        kept[other] = self.names[other] = other if kept[name] == name else self.version(other)
        return True

    def version(self, name: str) -> str:
        version = self.function.fresh(self.function.bases.get(name, name))
        self.function.kinds[version] = self.function.kinds.get(name)
        return version

    def _is_there(self, name: str) -> bool:
        return name in self.names or name not in self.local

    def is_wanted(self, statement: gast.AST) -> bool:
        """Is this a temporary, or an element of a container?"""
        marks = statement.__dict__
        is_element = type(statement.value) is gast.Subscript
        return bool(marks.get("temporary") or marks.get("is_test")) or is_element or core.is_constant(statement.value)

    def _takes_place(self, other: str, statement: gast.AST) -> bool:
        """May `other` be saved in place of what is computed from it, without saving more?"""
        kind = self.function.kinds.get(other)
        if other not in self.own or other in self.definitions.inside_blocks:
            return False
        if isinstance(kind, DictOf | TupleOf | ListOf) and type(statement.value) is gast.Subscript:
            return core.is_literal(statement.value.slice) and other not in self.definitions.updated
        if not isinstance(kind, Numeric):
            return False
        if type(statement.value) is gast.Subscript:
            return kind.scalar and core.is_name(statement.value.value) and other != statement.value.value.id
        if other in self.definitions.updated:
            return False
        others = [n for n in core.own_reads(statement) if n != other]
        return all(self._is_scalar(n) for n in others)

    def _is_scalar(self, name: str) -> bool:
        kind = self.function.kinds.get(name)
        return isinstance(kind, Numeric) and kind.scalar

    def _is_cheap(self, statement: gast.AST) -> bool:
        value, kind = statement.value, type(statement.value)
        if getattr(statement, "is_test", False):
            return all(type(n) in _IN_TESTS for n in gast.walk(value))
        if kind is gast.Subscript:
            return self._is_basic(value.slice) and self._stays(value.value)
        if kind is gast.BinOp:
            return self._are_numeric(value) and self._is_cheap_operator(value)
        if kind is gast.UnaryOp or kind is gast.Compare:
            return self._are_numeric(value)
        if kind is gast.Call and not value.keywords and len(value.args) == 1:
            return resolved(self.function, value.func) is len and self._stays(value.args[0])
        if core.is_constant(value):
            return True
        return kind is gast.Attribute and value.attr == "T" and core.is_name(value.value)

    def _is_cheap_operator(self, value: gast.BinOp) -> bool:
        if type(value.op) is gast.Pow:
            return core.is_constant(value.right, 2)
        if type(value.op) in (gast.Div, gast.FloorDiv, gast.Mod):
            return all(self._is_scalar(n) for n in core.reads(value))
        return type(value.op) in (gast.Add, gast.Sub, gast.Mult)

    def _stays(self, node: gast.AST) -> bool:
        """Is it no object that methods may change behind its name (a set, a deque)?"""
        kind = self.function.kinds.get(node.id) if core.is_name(node) else None
        made = self.definitions.of.get(node.id) if core.is_name(node) else None
        is_shape = made is not None and type(made.value) is gast.Attribute and made.value.attr == "shape"
        return is_shape or not isinstance(kind, Unknown)

    def _are_numeric(self, value: gast.AST) -> bool:
        """Is this arithmetic on numbers and arrays, or on sizes?"""
        known = [self.function.kinds.get(n) for n in core.reads(value) if n in self.function.bases]
        return all(isinstance(k, Numeric) or k == Unknown() for k in known)

    def _is_basic(self, index: gast.AST) -> bool:
        """An index that gives an element or a view."""
        if type(index) is gast.Tuple:
            return all(self._is_basic(e) for e in index.elts)
        if type(index) is gast.Slice:
            return all(p is None or self._is_basic(p) for p in (index.lower, index.upper, index.step))
        if type(index) is gast.Name:
            kind = self.function.kinds.get(index.id)
            return self._is_scalar(index.id) or (isinstance(kind, Static) and isinstance(kind.value, int | str))
        return core.is_literal(index)

    # Writing -----------------------------------------------------------------------------------------------------

    def _insert(self, backward: list[gast.AST], name: str, target: str) -> None:
        """Computes the value in front of what reads it."""
        read_as = target
        if target == name:  # in the two halves of a pair
            target = self.renamed[name] = self.version(name)
            self.names.update(dict.fromkeys(self.definitions.chain(name), target))
        self._write(backward, self.definitions.of[name], target, read_as, self.names)

    def _insert_index(self, backward: list[gast.AST], name: str, kept: Names) -> None:
        """Computes an index, and what it comes from, in front of what reads it."""
        target = kept.pop(name)
        inner = self.definitions.chain(name)[-1]
        before = self.integers.chain(inner, lambda n: self._is_here(n, kept))
        versions = {n: self.version(n) for n in before}
        names = self.names | versions
        for n, version in ((inner, target), *versions.items()):
            self._write(backward, self.integers.of[n], version, version, names)

    def _write(self, backward: list[gast.AST], statement: gast.AST, target: str, read_as: str, names: Names) -> None:
        """Puts `target = …` in front of the first statement that reads it, by the name `read_as`."""
        mapping = {n: core.name(names[n]) for n in core.own_reads(statement) if n in names}
        again = core.assign(target, core.substitute(statement.value, mapping), statement)
        again.backward = again.again = True
        again.is_test = getattr(statement, "is_test", False)
        block, holder = self._block_of_reads(backward, read_as), again
        if block is backward:
            at = min(map(backward.index, self.readers[read_as]))
        else:
            self.in_one_arm.add(target)
            holder = self.readers[read_as][0]
            at = next(i for i, s in enumerate(block) if _reads(s, read_as))
        block.insert(at, core.from_statement(again, block[at]))
        for name in dict.fromkeys(core.own_reads(again)):
            readers = self.readers.setdefault(name, [])
            readers += [holder] if holder not in readers else []

    def _block_of_reads(self, backward: list[gast.AST], name: str) -> list[gast.AST]:
        """The innermost block of branches that holds all that reads a name."""
        found = _only_arm(self.readers.get(name, []), name)
        return backward if found is None else _block_of_reads(found, name)


def _readers(body: list[gast.AST]) -> dict[str, list[gast.AST]]:
    """Names to the statements of a block that read them, or hold others that do."""
    found: dict[str, list[gast.AST]] = {}
    for statement in body:
        read = core.own_reads(statement)
        if type(statement) in core.COMPOUND:
            read = [n for s in core.walk([statement]) for n in core.own_reads(s)]
        for name in dict.fromkeys(read):
            found.setdefault(name, []).append(statement)
    return found


def _block_of_reads(body: list[gast.AST], name: str) -> list[gast.AST]:
    found = _only_arm([s for s in body if _reads(s, name)], name)
    return body if found is None else _block_of_reads(found, name)


def _only_arm(readers: list[gast.AST], name: str) -> list[gast.AST] | None:
    """The arm of a branch that holds all that reads a name, if one does."""
    if len(readers) != 1 or type(readers[0]) is not gast.If or name in core.own_reads(readers[0]):
        return None
    holding = [b for b in core.blocks(readers[0]) if any(_reads(s, name) for s in b)]
    return holding[0] if len(holding) == 1 else None


def _reads(statement: gast.AST, name: str) -> bool:
    """Does the statement, or one inside of it, read this name?"""
    return name in core.own_reads(statement) or any(_reads(s, name) for b in core.blocks(statement) for s in b)


_IN_TESTS = {
    gast.Name, gast.Load, gast.Constant, gast.Compare, gast.Subscript, gast.UnaryOp, gast.USub, gast.Not, gast.BoolOp,
    gast.And, gast.Or, gast.Lt, gast.LtE, gast.Gt, gast.GtE, gast.Eq, gast.NotEq, gast.Is, gast.IsNot,
}  # fmt: skip

__all__ = ["columns_of_pair", "in_loops", "in_pair"]
