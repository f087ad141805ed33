"""Holds Core between passes: every statement is in the table, every name is assigned once and before it is read.

Only joins and the carries of loops assign a name more than once. A violation is a defect of a pass, never of the
user's code, and is an internal error; all of one stage are raised together. Checked only where S2S_VERIFY=1 is set.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.table import form_of, forms_of
from s2s.codegen.core.verify_names import Definitions
from s2s.codegen.printing.printer import to_source
from s2s.codegen.simplifying.dead_code import append_target
from s2s.runtime.errors import S2SError

ENABLED = os.environ.get("S2S_VERIFY") == "1"


class VerifyError(S2SError):
    """A pass of s2s wrote something that is no Core; `violations` lists all of it. Always a defect of s2s."""

    def __init__(self, stage: str, function_name: str, violations: list[str]) -> None:
        self.violations = violations
        head = f"internal error of s2s: after {stage}, {function_name}() is no valid Core (please report this)"
        super().__init__("\n".join([head, *(f"    {v}" for v in violations)]))


def check(
    function: core.Function,
    stage: str,
    body: list[Any] | None = None,
    available: Iterable[str] = (),
    known: Iterable[str] = (),
) -> None:
    """`verify` where it is switched on (S2S_VERIFY=1 when s2s is imported)."""
    if ENABLED:
        verify(function, stage, body, available, known)


def verify(
    function: core.Function,
    stage: str,
    body: list[Any] | None = None,
    available: Iterable[str] = (),
    known: Iterable[str] = (),
) -> None:
    """Raises VerifyError if `body` (the function's own by default) is not valid Core.

    Args:
        function: the function that the body belongs to: its parameters and global references are known.
        stage: the pass that has just been done, as messages name it: "desugaring".
        body: statements of a whole function, ending in its return.
        available: names set before the body besides the parameters: tangents, seeds, saved values.
        known: global names besides the references: other functions of the emitted file.
    """
    # Bases say what a name is a version of in the user's code; derived names share them without being versions.
    bases = function.bases if body is None else {}
    body = function.body if body is None else body
    checker = Checker({*function.references, *known}, bases, copies=stage != "simplification")
    checker.versions = function.bases
    checker.run(body, {*function.parameters, *available})
    if checker.found:
        raise VerifyError(stage, function.name, checker.found)


class Scope:
    """The names that may be read at one place.

    What a branch assigned can be read again under the same test, as the backward sweep of a joint function does:
    `guarded` holds the scope at the end of each block by the test's name and the block's number.
    """

    def __init__(self, names: Iterable[str], guarded: "Mapping[tuple[str, int], Scope] | None" = None):
        self.names = set(names)
        self.guarded = dict(guarded or {})

    def copy(self) -> "Scope":
        return Scope(self.names, self.guarded)

    def inside(self, test: Any, k: int) -> "Scope":
        """The scope at the start of block `k` of a branch."""
        again = self.guarded.get(_guard(test, k))
        return self.copy() if again is None else Scope(self.names | again.names, self.guarded | again.guarded)

    def keep(self, test: Any, k: int, end: "Scope") -> None:
        self.guarded[_guard(test, k)] = end


def _guard(test: Any, k: int) -> tuple[str, int]:
    return (test.id if isinstance(test, gast.Name) else "", k)


class Checker:
    """Collects the violations of one body; `known` holds names of globals, `bases` what each name is a version of."""

    def __init__(self, known: set[str], bases: Mapping[str, str], copies: bool = True):
        # Once copies are propagated, a join from one side may read what both sides know.
        self.copies = copies
        self.known = known
        self.bases = bases
        self.versions: Mapping[str, str] = bases  # derived names, too
        self.found: list[str] = []
        self.locals: set[str] = set()

    def run(self, body: list[Any], scope: set[str]) -> None:
        foreign = [statement for statement in body if self._foreign(statement)]
        if foreign:  # nothing else can be asked of them
            return
        self.locals = scope | core.assigned(body)
        definitions = Definitions(scope)
        definitions.block(body)
        self.found += definitions.violations(self.locals, show)
        self._return(body)
        self.block(body, Scope(scope), is_inner=False)

    def report(self, statement: Any, cause: str) -> None:
        self.found.append(f"{show(statement)}: {cause}")

    # Nodes -------------------------------------------------------------------------------------------------------

    def _foreign(self, statement: Any) -> bool:
        """Reports nodes that are not gast's own: `gast.AST` is the standard library's class and accepts both."""
        alien = {type(n).__name__ for n in _nodes(statement) if type(n).__module__ != "gast.gast"}
        for name in sorted(alien):
            self.found.append(f"{_place(statement)}{type(statement).__name__}: the node {name} is not gast's")
        return bool(alien)

    def _form(self, statement: Any) -> None:
        if form_of(statement, self.known) is not None:
            return
        known = forms_of(type(statement))
        expected = "; or ".join(f"`{form.text.split('    ')[0]}`" for form in known)
        self.report(statement, f"no statement of Core, which has {expected}" if known else "no statement of Core")

    # Blocks ------------------------------------------------------------------------------------------------------

    def _return(self, body: list[Any]) -> None:
        if not body or not isinstance(body[-1], gast.Return):
            self.found.append("the last statement is no return")
        for statement in core.walk(body):
            if isinstance(statement, gast.Return) and statement is not body[-1]:
                self.report(statement, "return before the end")

    def block(self, body: list[Any], scope: Scope, is_inner: bool = True) -> None:
        """Checks statements in order; `scope`, what may be read, grows with them."""
        last = len(core.split_guard(body)[0]) - 1
        for i, statement in enumerate(body):
            self._form(statement)
            self._reads(statement, scope)
            if getattr(statement, "join", False) and not (is_inner and i == last):
                self._entering(statement, body[i + 1 :])
            if isinstance(statement, gast.If) and core.is_break(statement.body):
                self._stop_guard(statement, is_inner and i == len(body) - 1)
                continue
            if isinstance(statement, gast.If):
                self._branch(statement, scope)
            elif isinstance(statement, gast.For | gast.While):
                self._loop(statement, scope)
            else:
                scope.names.update(core.targets(statement))

    def _reads(self, statement: Any, scope: Scope) -> None:
        read = dict.fromkeys([*core.free_reads(core.header(statement)), *_appended(statement)])
        for name in read:
            if name in scope.names:
                continue
            if name in self.locals:
                self.report(statement, f"{name!r} is read before it is assigned")
            elif name not in self.known:
                self.report(statement, f"{name!r} is neither a local name nor a known global")

    def _branch(self, statement: Any, scope: Scope) -> None:
        joins = [joined(block) for block in core.blocks(statement)]
        for k, block in enumerate(core.blocks(statement)):
            inner = scope.inside(statement.test, k)
            self.block(block, inner)
            self._one_sided(statement, joins[1 - k], joins[k], block, scope)
            scope.keep(statement.test, k, inner)
        scope.names.update(joins[0], joins[1])

    def _one_sided(self, statement: Any, joins: dict[str, Any], own: dict[str, Any], block: list, scope: Scope) -> None:
        """Names that only the other block joins are those of variables that this one does not define."""
        for name in joins:
            known = self.copies and self._same_variable(name, _names(joins[name]) & scope.names)
            if name not in own and (known or self._assigns_version(block, name)):
                self.report(statement, f"{name!r} is joined in one block only, and the other has a value for it")

    def _same_variable(self, name: str, others: set[str]) -> bool:
        base = self.versions.get(name)
        return bool(others) if base is None else any(self.versions.get(n) == base for n in others)

    def _assigns_version(self, block: list[Any], name: str) -> bool:
        """Does a block assign, as the user's code did, the variable that a name is a version of?"""
        plain = [s for s in block if isinstance(s, gast.Assign) and not getattr(s, "join", False)]
        written = [s for s in plain if not getattr(s, "temporary", False) and not getattr(s, "is_test", False)]
        base = self.bases.get(name)
        return any(self.bases.get(target) == base for s in written for target in core.targets(s)) if base else False

    def _loop(self, statement: Any, scope: Scope) -> None:
        carried = joined(statement.body)
        self._guarded(statement.body, carried)
        inner = scope.copy()
        inner.names.update(core.targets(statement), carried)
        self.block(statement.body, inner)
        scope.names.update(carried)

    def _stop_guard(self, statement: Any, is_last: bool) -> None:
        if not is_last:
            self.report(statement, "a stop guard that is not last in a loop's body")

    def _guarded(self, body: list[Any], carried: dict[str, Any]) -> None:
        """The test of the guard is a carry: another name may stand for what the carries have just reassigned."""
        _, guard = core.split_guard(body)
        if guard and not _names(guard[0].test) & carried.keys():
            self.report(guard[0], "the test of a stop guard is none of the carries")

    def _entering(self, statement: Any, rest: list[Any]) -> None:
        """A join inside a block sets the carries of a loop that follows, and the lists that the loop appends to."""
        wanted = set(core.targets(statement))
        for loop in rest:
            if isinstance(loop, gast.For | gast.While) and wanted <= {*joined(loop.body), *_lists_of(loop.body)}:
                return
        self.report(statement, "a join that is neither last in its block nor the entry of a loop")


def joined(block: list[Any]) -> dict[str, Any]:
    """What a block's last statement joins or carries."""
    block, _ = core.split_guard(block)
    is_join = bool(block) and getattr(block[-1], "join", False)
    if not is_join:
        return {}
    names, value = core.targets(block[-1]), block[-1].value
    values = value.elts if isinstance(value, gast.Tuple) and len(value.elts) == len(names) > 1 else [value] * len(names)
    return dict(zip(names, values, strict=True))


def _lists_of(block: list[Any]) -> set[str]:
    return {target for s in core.walk(block) for target in _appended(s)}


def _appended(statement: Any) -> list[str]:
    target = append_target(statement)
    return [] if target is None else [target]


def _names(node: Any) -> set[str]:
    return {node.id} if isinstance(node, gast.Name) else set()


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for name in node._fields:
        value = getattr(node, name, None)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, gast.AST):
                yield from _nodes(item)


def show(statement: Any) -> str:
    """The user's line that a statement came from, and its first line of text."""
    return f"{_place(statement)}`{to_source(statement).strip().splitlines()[0]}`"


def _place(statement: Any) -> str:
    origin = getattr(statement, "origin", None)
    return f"{origin[0]}:{origin[1]}: " if origin else ""


__all__ = ["ENABLED", "VerifyError", "check", "verify"]
