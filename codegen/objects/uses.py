"""Objects in expressions that are kept whole (tests, f-strings), and in statements of their own (`c.add(v)`)."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring.normal_form import SOMETIMES
from s2s.codegen.inference import kinds, static_tests
from s2s.codegen.inference.kinds import ObjectOf, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.codegen.objects import classes
from s2s.codegen.objects.attributes import is_object, refuse_stale
from s2s.codegen.objects.calls import arguments_of


def reads_object(inference: Any, node: gast.AST) -> bool:
    return bool(inference.heap.objects) and any(
        isinstance(inference.kinds.get(n), ObjectOf) for n in core.free_reads(node)
    )


def resolve(inference: Any, statement: gast.AST, node: gast.AST) -> gast.AST:
    """An opaque right-hand side over the variables that hold the attributes of objects."""
    if not reads_object(inference, node):
        return node
    if "original" not in statement.__dict__:
        statement.original = _with_calls_in_front(inference, node)
    statement.value = _Resolution(inference).visit(core.copied(statement.original))
    return statement.value


def resolve_test(inference: Any, statement: gast.AST) -> None:
    """The test of a loop or an assertion, which may read attributes."""
    if not isinstance(statement, gast.While | gast.Assert):
        return
    test = statement.__dict__.setdefault("user_test", statement.test)
    if reads_object(inference, test):
        statement.test = _Resolution(inference).visit(core.copied(test))


def _with_calls_in_front(inference: Any, node: gast.AST) -> gast.AST:
    """Methods and properties are computed before the expression, where it evaluates all of its parts."""
    if any(isinstance(n, SOMETIMES) for n in gast.walk(node)):
        return node
    return _CallsInFront(inference).visit(core.copied(node))


class _CallsInFront(gast.NodeTransformer):
    def __init__(self, inference: Any):
        self.inference = inference

    def _owner(self, node: gast.AST) -> Any:
        kind = self.inference.kind(node) if isinstance(node, gast.Name) else None
        return kind if isinstance(kind, ObjectOf) else None

    def _atom(self, node: gast.AST) -> gast.AST:
        return RuleWriter(self.inference.function, self.inference.insert).atom(node)

    def visit_Attribute(self, node: gast.Attribute) -> gast.AST:
        self.generic_visit(node)
        owner = self._owner(node.value)
        return node if owner is None or node.attr in owner.attributes else self._atom(node)

    def visit_Call(self, node: gast.Call) -> gast.AST:
        node.args = [self.visit(a) for a in node.args]
        node.keywords = [gast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        if isinstance(node.func, gast.Attribute):
            node.func.value = self.visit(node.func.value)
        receiver = node.func.value if isinstance(node.func, gast.Attribute) else node.func
        takes = any(self._owner(n) for n in [receiver, *arguments_of(node)])
        return self._atom(node) if takes else node


class _Resolution(gast.NodeTransformer):
    def __init__(self, inference: Any):
        self.inference = inference

    def visit_Call(self, node: gast.Call) -> gast.AST:
        """`isinstance` of an object is known."""
        found = static_tests.verdict(self.inference, node)
        return self.generic_visit(node) if found is None else core.constant(found)

    def visit_Compare(self, node: gast.Compare) -> gast.AST:
        """`c.left is not None` is known where the attribute is an object."""
        self.generic_visit(node)
        found = static_tests.verdict(self.inference, node) if reads_object(self.inference, node) else None
        return node if found is None else core.constant(found)

    def visit_Attribute(self, node: gast.Attribute) -> gast.AST:
        self.generic_visit(node)
        owner = self.inference.kind(node.value) if isinstance(node.value, gast.Name) else None
        if isinstance(owner, ObjectOf) and node.attr in owner.attributes:
            refuse_stale(self.inference, node, owner)
            return owner.attributes[node.attr]
        return node


def effect(inference: Any, statement: gast.Expr) -> bool:
    """`c.add(v)` as a statement of its own, `setattr(c, "total", v)`; tells whether the statement is such a one."""
    if "emptied" in statement.__dict__:
        return True
    value = statement.value
    if not isinstance(value, gast.Call):
        return False
    target = inference.global_object(value.func)
    if target in (setattr, object.__setattr__) and isinstance(inference.kind(value.args[0]), ObjectOf):
        _set_by_name(inference, statement, value, is_plain=target is setattr)
    elif _concerns_objects(inference, value, target):
        assignment = core.assign(inference.function.fresh("result"), value, statement)
        assignment.temporary = True
        _inherit_home(statement, assignment)
        inference.splice(assignment)
    else:
        if reads_object(inference, value):
            original = statement.__dict__.setdefault("original", value)
            statement.value = _Resolution(inference).visit(core.copied(original))
        return False
    statement.emptied = True
    statement.value = core.constant(None)
    return True


def _inherit_home(statement: gast.AST, new: gast.AST) -> None:
    for mark in ("home", "first_argument"):
        if mark in statement.__dict__:
            setattr(new, mark, statement.__dict__[mark])


def _concerns_objects(inference: Any, node: gast.Call, target: Any) -> bool:
    receiver = node.func.value if isinstance(node.func, gast.Attribute) else node.func
    if is_object(inference.kinds.get(receiver.id) if isinstance(receiver, gast.Name) else None):
        return True
    if classes.is_builtin(target, "print"):
        return False
    return any(kinds.holds_object(inference.kind(a)) for a in arguments_of(node))


def _set_by_name(inference: Any, statement: gast.AST, node: gast.Call, is_plain: bool) -> None:
    if not core.is_literal(node.args[1]):
        inference.refuse(node, "the name of the attribute depends on data", "write the attribute's name")
        return
    name, owner = core.literal(node.args[1]), inference.kind(node.args[0])
    assignment = core.assign(inference.function.fresh(f"{owner.name}_{name}"), node.args[2], statement)
    assignment.stores = (node.args[0], name)
    if not is_plain:
        assignment.is_initial = True
    _inherit_home(statement, assignment)
    inference.splice(assignment)


def unpacked(inference: Any, statement: gast.AST, names: list[str]) -> bool:
    """`c, x = t` for a tuple with objects that was built in sight: each name is its element."""
    if "emptied" in statement.__dict__:
        return True
    elements = elements_in_sight(inference, statement.value)
    if elements is None or len(elements) != len(names):
        return False
    for name, element in zip(names, elements, strict=True):
        inference.splice(core.assign(name, element, statement))
    statement.emptied, statement.operation = True, Operation("copy")
    statement.targets, statement.value = [core.stored(inference.function.fresh("done"))], core.constant(None)
    return True


def elements_in_sight(inference: Any, node: gast.AST) -> list[gast.AST] | None:
    """The elements of a tuple with objects, where it was built; None if that is not known."""
    kind = inference.kind(node)
    if not core.is_name(node) or not isinstance(kind, TupleOf) or not kinds.holds_object(kind):
        return None
    made = inference.definitions.get(node.id)
    while made is not None and core.is_name(made.value):
        made = inference.definitions.get(made.value.id)
    return list(made.value.elts) if made is not None and isinstance(made.value, gast.Tuple) else None
