"""One walk over a body that makes each derived statement as simple as it gets.

Statements are met in order, so that what a rule looks at is simple already. What a statement is rewritten with is
simplified at once, what was computed before is shared, and what is no operation any more is replaced where it is read.
"""

from collections.abc import Mapping
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring.normal_form import Flattener
from s2s.codegen.simplifying import common, copies, counters, helper_rules
from s2s.codegen.simplifying.algebra import Algebra, is_flat
from s2s.codegen.simplifying.definitions import Assigned
from s2s.codegen.simplifying.uses import Uses

# How often one statement may be rewritten.
MOST = 12
# Expressions that were computed before, by their structure, to the names of their values.
Known = dict[Any, str]
Body = list[gast.AST]


class Rewriting(Algebra):
    """Walks over one body, with the definitions, shapes and uses of its names.

    Attributes:
        stale: names of what is new or was rewritten: what defines or reads them is looked at; None for everything.
        beside: names whose own values are the same, but computed from stale ones: rules look that far.
        copies: names to the atoms that they turned out to stand for.
    """

    def __init__(self, function: core.Function, recorded: Mapping[str, Any]):
        super().__init__(function, recorded)
        self.stale: set[str] | None = None
        self.beside: set[str] = set()
        self.copies: dict[str, gast.AST] = {}
        self.changed = False

    def walk(self, body: Body, stale: set[str] | None) -> bool:
        """Simplifies what is `stale`, in place; tells whether there is less to compute, or anything else."""
        statements = core.walk(body)
        if not any(type(s) is gast.Expr or core.is_derived(s) for s in statements):
            return False
        assigned = self.assigned = Assigned(statements)
        self.definitions = assigned.once()
        self.uses = Uses(statements, self.definitions)
        self.stale, self.beside, self.copies = stale, set(), {}
        self.shapes.learn(body, assigned.plain, stale)
        self.quotients.learn(self, statements)
        self.counters = counters.found_in(self.function, statements)
        self.changed = False
        self._block(body, {})
        return self.changed

    def _block(self, body: Body, known: Known) -> None:
        done: Body = []
        for statement in body:
            if self.copies and not self.copies.keys().isdisjoint(core.own_reads(statement)):
                self._read_through(statement)
            kind, marks = type(statement), statement.__dict__
            if kind is gast.Assign and "join" not in marks:
                if marks.get("backward") or marks.get("derived"):
                    self._visit(statement, done, known)
                    continue
                self._is_shared(statement, known)
            elif kind is gast.Expr and helper_rules.is_checked_scalar(self, statement):
                self.uses.release(core.own_reads(statement))
                self.changed = True
                continue
            for block in core.blocks(statement):
                self._block(block, dict(known))
            done.append(statement)
        body[:] = done

    def _read_through(self, statement: gast.AST) -> None:
        """The statement reads what its operands stand for."""
        core.replace_header(statement, self.copies)
        names = core.targets(statement)
        if type(statement) is gast.Assign and type(statement.targets[0]) is gast.Name:
            self._note(names[0], statement.value)
        if self.stale is not None:
            self.stale.update(names)

    def _visit(self, statement: gast.AST, done: Body, known: Known) -> None:
        """Appends a derived assignment, as simple as it gets, after the temporaries that this takes."""
        names = core.targets(statement)
        if self._is_shared(statement, known):
            return
        if self._is_looked_at(statement, names) and self._is_rewritten(statement, names, done, known):
            if self._is_copy(statement, names) or self._is_shared(statement, known):
                return
        done.append(statement)

    def _is_rewritten(self, statement: gast.AST, names: list[str], done: Body, known: Known) -> bool:
        """Makes the statement as simple as it gets; tells whether that changes it."""
        for rewritten in range(MOST):
            new = self._simpler_value(statement, names)
            if new is None:
                return rewritten > 0
            self._rewrite(statement, names, new, done, known)
        return True

    def _is_looked_at(self, statement: gast.AST, names: list[str]) -> bool:
        stale, reads = self.stale, core.own_reads(statement)
        if stale is None or names[0] in self.uses.dead:
            return stale is None
        if stale.isdisjoint(names) and stale.isdisjoint(reads):
            return not self.beside.isdisjoint(reads)
        self.beside.update(names)
        return True

    def _simpler_value(self, statement: gast.AST, names: list[str]) -> gast.AST | None:
        if self.shapes.recorded and len(names) == 1:
            new = helper_rules.of_same_shape(self, names[0], statement.value)
            if new is not None:
                return new
        return self.simpler(statement.value)

    def _rewrite(self, statement: gast.AST, names: list[str], new: gast.AST, done: Body, known: Known) -> None:
        """The statement computes `new`; the temporaries that this takes are simplified, and appended."""
        temporaries: Body = []
        if type(new) is not gast.Tuple and not is_flat(new):
            new = Flattener(self.function, {}, set(), temporaries.append, statement, self).operation(new)
        old, statement.value, self.changed = statement.value, new, True
        self.uses.gain(core.remembered_reads(new))
        for temporary in temporaries:
            self._define(temporary, statement)
        self.uses.release(core.remembered_reads(old))
        for temporary in temporaries:
            if self.copies and not self.copies.keys().isdisjoint(core.own_reads(temporary)):
                self._read_through(temporary)
            self._visit(temporary, done, known)
        if temporaries and self.copies:
            core.replace_header(statement, self.copies)
        if type(statement.targets[0]) is gast.Name:
            self._note(names[0], statement.value)
        if self.stale is not None:
            self.stale.update(names)

    def _define(self, temporary: gast.AST, statement: gast.AST) -> None:
        """Makes a temporary known, which is part of what a derived statement computes."""
        name = temporary.targets[0].id
        temporary.derived, temporary.backward = True, getattr(statement, "backward", False)
        self.assigned.derived.add(name)
        self.assigned.unnamed.add(name)
        self._note(name, temporary.value)
        self.uses.gain(core.remembered_reads(temporary.value))
        if self.stale is not None:
            self.stale.add(name)

    def _note(self, name: str, value: gast.AST) -> None:
        """Another value is assigned to a name."""
        if name in self.definitions or name in self.assigned.derived:
            self.definitions[name] = value
            self.shapes.relearn(name, value, self.definition)

    def _is_copy(self, statement: gast.AST, names: list[str]) -> bool:
        """Does the statement compute nothing any more? Then what reads it reads its operands."""
        found = copies.copied(statement)
        for name, value in found.items():
            copies.take_name(self.function, self.assigned.unnamed, name, value)
            self._replace(name, value)
        if found:
            self.uses.release(core.own_reads(statement))
        return bool(found)

    def _is_shared(self, statement: gast.AST, known: Known) -> bool:
        """Was the value computed before? Then what reads it reads the earlier one, unless it is the user's."""
        if not common.is_wanted(self.function, statement, self.assigned.joined):
            return False
        key, name = core.key(statement.value), statement.targets[0].id
        first = known.setdefault(key, name)
        if first in self.uses.dead:
            first = known[key] = name
        if first is name or not core.is_derived(statement):
            return False
        self._replace(name, self.copies[first] if first in self.copies else core.name(first))
        self.uses.release(core.own_reads(statement))
        return True

    def _replace(self, name: str, value: gast.AST) -> None:
        self.copies[name] = value
        self.changed = True
        self.definitions.pop(name, None)
        if type(value) is gast.Name:
            self.uses.pass_on(name, value.id)

    # What the flattener of rewritten expressions asks for: rules make no control flow, and nothing that binds names.

    def refuse(self, expression: gast.AST) -> gast.AST:
        return expression

    conditional = walrus = unset = value_of = without_assignments = comprehension = refuse

    def consumed(self, expression: gast.AST) -> None:
        """No rule makes a generator."""

    def called(self, node: gast.AST, call: gast.AST) -> gast.AST:
        return call
