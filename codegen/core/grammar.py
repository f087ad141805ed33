"""What each statement of Core may hold: recognisers of atoms, operations, headers and whole statements.

`known` holds the names of globals: a dotted path is an atom where its root is global, an operation where it is local.
"""

from collections.abc import Callable, Container

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import normal_form
from s2s.codegen.simplifying.dead_code import append_target

Globals = Container[str]
Recogniser = Callable[[gast.AST, Globals], bool]


# Expressions -----------------------------------------------------------------------------------------------------


def is_atom(node: gast.AST | None, known: Globals) -> bool:
    """A local name, a literal, or a path to something global."""
    if isinstance(node, gast.Name):
        return True
    if isinstance(node, gast.Attribute):
        path = core.dotted(node)
        return path is not None and path.split(".")[0] in known
    return node is not None and core.is_literal(node)


def is_index(node: gast.AST, known: Globals) -> bool:
    """An atom, a slice of atoms, or a tuple of such."""
    if isinstance(node, gast.Slice):
        return all(part is None or is_atom(part, known) for part in (node.lower, node.upper, node.step))
    if isinstance(node, gast.Tuple):
        return all(is_index(element, known) for element in node.elts)
    return is_atom(node, known)


def is_argument(node: gast.AST, known: Globals) -> bool:
    """What a call takes: an atom, `*a`, an index (`(i, j)`, `np.s_[1:]`), or `reversed(a)`."""
    if isinstance(node, gast.Starred):
        return is_atom(node.value, known)
    if isinstance(node, gast.Subscript):
        return (core.dotted(node.value) or "").endswith(".s_") and is_index(node.slice, known)
    if isinstance(node, gast.Call):
        return _called(node) == "reversed" and len(node.args) == 1 and is_atom(node.args[0], known)
    return is_atom(node, known) or isinstance(node, gast.Tuple) and is_index(node, known)


def is_operation(node: gast.AST, known: Globals) -> bool:
    """One operation of a primitive, or one call."""
    if isinstance(node, gast.BinOp):
        return is_atom(node.left, known) and is_atom(node.right, known)
    if isinstance(node, gast.UnaryOp):
        return not isinstance(node.op, gast.Not) and is_atom(node.operand, known)
    if isinstance(node, gast.Compare):
        return len(node.ops) == 1 and is_atom(node.left, known) and is_atom(node.comparators[0], known)
    if isinstance(node, gast.Attribute):
        return is_atom(node.value, known)
    return isinstance(node, gast.Call) and is_call(node, known)


def is_call(node: gast.AST, known: Globals) -> bool:
    """`f(a, k=a)`, `np.f(a)` or `a.method(a)`."""
    owner = node.func.value if isinstance(node.func, gast.Attribute) else node.func
    values = [*node.args, *[k.value for k in node.keywords]]
    return is_atom(owner, known) and all(is_argument(value, known) for value in values)


def is_item(node: gast.AST, known: Globals) -> bool:
    return isinstance(node, gast.Subscript) and is_atom(node.value, known) and is_index(node.slice, known)


def is_build(node: gast.AST, known: Globals) -> bool:
    if isinstance(node, gast.Dict):
        return all(is_atom(part, known) for part in [*node.keys, *node.values])
    return isinstance(node, gast.Tuple | gast.List) and all(is_argument(e, known) for e in node.elts)


def is_opaque(node: gast.AST, known: Globals) -> bool:
    """An expression kept whole: it has no derivative, or inference refuses it."""
    chained = isinstance(node, gast.Compare) and len(node.ops) > 1
    negated = isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not)
    return chained or negated or isinstance(node, normal_form.OPAQUE)


def is_test(node: gast.AST, known: Globals) -> bool:
    """What decides a branch: named, so that the adjoint can ask again."""
    return isinstance(node, gast.Name) or core.is_literal(node)


def is_header(target: gast.AST, iterator: gast.AST, known: Globals) -> bool:
    """A loop's header: `zip`, `enumerate`, `reversed`, `range` over atoms, and a target of the same structure."""
    name = _called(iterator)
    if name is None:
        return is_atom(iterator, known) and _is_pattern(target)
    if name == "zip":
        return _only_strict(iterator) and _mirrors(target, iterator.args, known)
    if iterator.keywords:
        return False
    if name == "range":
        return isinstance(target, gast.Name) and all(is_atom(a, known) for a in iterator.args)
    if name == "enumerate":
        start = all(is_atom(a, known) for a in iterator.args[1:])
        return start and _mirrors(target, [core.constant(0), *iterator.args[:1]], known)
    return name == "reversed" and len(iterator.args) == 1 and is_header(target, iterator.args[0], known)


def _only_strict(iterator: gast.AST) -> bool:
    return all(k.arg == "strict" and isinstance(k.value, gast.Constant) for k in iterator.keywords)


def _mirrors(target: gast.AST, parts: list[gast.AST], known: Globals) -> bool:
    if not isinstance(target, gast.Tuple) or len(target.elts) != len(parts):
        return False
    return all(is_header(t, part, known) for t, part in zip(target.elts, parts, strict=True))


def _is_pattern(target: gast.AST) -> bool:
    """A name, or names that each element of the iterable is unpacked into."""
    if isinstance(target, gast.Tuple):
        return all(isinstance(element, gast.Name) for element in target.elts)
    return isinstance(target, gast.Name)


def _called(node: gast.AST) -> str | None:
    return node.func.id if isinstance(node, gast.Call) and isinstance(node.func, gast.Name) else None


def _is_result(node: gast.AST, known: Globals) -> bool:
    """An atom, or tuples of atoms: an emitted function returns its results together."""
    if isinstance(node, gast.Tuple):
        return all(_is_result(element, known) for element in node.elts)
    return is_atom(node, known)


# Statements ------------------------------------------------------------------------------------------------------


def assigns(accepts: Recogniser) -> Recogniser:
    """A plain assignment to one name."""

    def matches(statement: gast.AST, known: Globals) -> bool:
        to_one_name = len(statement.targets) == 1 and isinstance(statement.targets[0], gast.Name)
        return to_one_name and not is_join(statement) and accepts(statement.value, known)

    return matches


def is_unpack(statement: gast.AST, known: Globals) -> bool:
    value = statement.value
    if len(statement.targets) != 1 or is_join(statement) or not _names_only(statement.targets[0]):
        return False
    return is_atom(value, known) or is_item(value, known) or isinstance(value, gast.Call) and is_call(value, known)


def _names_only(target: gast.AST) -> bool:
    return isinstance(target, gast.Tuple) and all(isinstance(e, gast.Name) for e in target.elts)


def is_join(statement: gast.AST) -> bool:
    return getattr(statement, "join", False)


def is_join_form(statement: gast.AST, known: Globals) -> bool:
    if not is_join(statement) or len(statement.targets) != 1:
        return False
    target, value = statement.targets[0], statement.value
    if isinstance(target, gast.Name):
        return is_atom(value, known)
    matching = _names_only(target) and isinstance(value, gast.Tuple) and len(value.elts) == len(target.elts)
    return matching and all(is_atom(element, known) for element in value.elts)


def is_append(statement: gast.AST, known: Globals) -> bool:
    call = statement.value
    if append_target(statement) is None or len(call.args) != 1 or call.keywords:
        return False
    return _is_result(call.args[0], known)


def is_effect(statement: gast.AST, known: Globals) -> bool:
    """The user's alone: what a pass appends is over atoms."""
    return append_target(statement) is None or not getattr(statement, "backward", False)


def is_named_test(statement: gast.AST, known: Globals) -> bool:
    """The test of a branch, kept whole."""
    return getattr(statement, "is_test", False) and isinstance(statement.targets[0], gast.Name)


def always(statement: gast.AST, known: Globals) -> bool:
    return True


def is_raise(statement: gast.AST, known: Globals) -> bool:
    return statement.exc is not None and statement.cause is None


def is_stop_guard(statement: gast.AST, known: Globals) -> bool:
    return core.is_break(statement.body) and not statement.orelse and core.is_name(statement.test)


def is_branch(statement: gast.AST, known: Globals) -> bool:
    leaves = any(isinstance(s, gast.Break) for block in core.blocks(statement) for s in block)
    return is_test(statement.test, known) and not leaves


def is_for(statement: gast.AST, known: Globals) -> bool:
    return not statement.orelse and is_header(statement.target, statement.iter, known)


def is_while(statement: gast.AST, known: Globals) -> bool:
    return not statement.orelse


def is_return(statement: gast.AST, known: Globals) -> bool:
    return statement.value is not None and _is_result(statement.value, known)
