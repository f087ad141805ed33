"""Core Python: the small subset of Python, as gast nodes, that every pass takes and gives.

One operation per statement over atoms (local names, constants, paths to globals such as `np.pi`); every name is
assigned once, except for those carried by a loop or joined after a branch, which are assigned simultaneously, last in
each block.
"""

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.core.builders import (  # noqa: F401 - part of the vocabulary of Core
    LOAD,
    STORE,
    attribute,
    binary,
    call,
    call_of,
    constant,
    list_of,
    made,
    name,
    path,
    stored,
    subscript,
    tuple_of,
)
from s2s.codegen.core.names import Namer
from s2s.codegen.core.substitution import (  # noqa: F401 - part of the vocabulary of Core
    BINDING,
    CHILD_FIELDS,
    LEAVES,
    child_nodes,
    copied,
    free_reads,
    nodes,
    parts_of,
    substitute,
    target_names,
)
from s2s.codegen.reading.belongings import Belongings


@dataclass
class Function:
    """A function in Core.

    Attributes:
        name: the user's name of it.
        parameters: gast.arguments of the emitted signature, user's names and defaults.
        body: Core statements.
        references: global names that the body reads, to the objects they stand for.
        bases: version name to the user's name (or adjoint's, tangent's) that it is a version of.
        kinds: name to kind, filled by inference.
        saved_by: name of what a call's forward half saved to the called function's name.
        saved_for: name of what a call's forward half saved to what its result is called.
        shaped_like: adjoint or tangent to the name whose shape it has.
        namer: gives fresh names.
        source: where the function came from.
        facts: what inference notes for the desugarer (`facts.Facts`).
    """

    name: str
    parameters: list[str]
    body: list[gast.AST]
    references: dict[str, Any]
    bases: dict[str, str]
    namer: Namer
    source: Any
    defaults: dict[str, gast.AST] = field(default_factory=dict)
    keyword_only: tuple[str, ...] = ()
    positional_only: tuple[str, ...] = ()
    kinds: dict[str, Any] = field(default_factory=dict)
    shaped_like: dict[str, str] = field(default_factory=dict)
    saved_by: dict[str, str] = field(default_factory=dict)
    saved_for: dict[str, str] = field(default_factory=dict)
    facts: Any = None
    user_names: frozenset[str] = (
        frozenset()
    )  # of batched functions, the variables that temporaries may take the name of

    def fresh(self, base: str) -> str:
        """A new version of `base`."""
        version = self.namer.fresh(base)
        self.bases[version] = base
        return version


# Builders ---------------------------------------------------------------------------------------------------------


def assign(target: str, value: gast.AST, like: gast.AST | None = None) -> gast.AST:
    """`target = value`, with the origin of the statement `like`."""
    return from_statement(_assignment(stored(target), value), like)


def _assignment(target: gast.AST, value: gast.AST) -> gast.AST:
    node = gast.Assign.__new__(gast.Assign)
    node.targets, node.value, node.type_comment = [target], value, None
    return node


def unpack(targets: Sequence[str], value: gast.AST, like: gast.AST | None = None) -> gast.AST:
    """`a, b = value` (one simultaneous statement)."""
    pattern = made(gast.Tuple, elts=[stored(t) for t in targets], ctx=STORE)
    return from_statement(_assignment(pattern, value), like)


def simultaneous(pairs: Sequence[tuple[str, gast.AST]], like: gast.AST | None = None) -> list[gast.AST]:
    """`a, b = x, y` as the last statement of a block; nothing for no pairs."""
    if not pairs:
        return []
    if len(pairs) == 1:
        return [marked_join(assign(*pairs[0], like))]
    return [marked_join(unpack([t for t, _ in pairs], tuple_of(v for _, v in pairs), like))]


def marked_join(statement: gast.AST) -> gast.AST:
    statement.join = True
    return statement


def is_join(statement: gast.AST) -> bool:
    """Is this the simultaneous assignment that ends a branch or a loop's body, or enters one?"""
    return statement.__dict__.get("join", False)


def is_derived(statement: gast.AST) -> bool:
    """Does the statement belong to the derivative, not to the user's own function?"""
    marks = statement.__dict__
    return marks.get("backward", False) or marks.get("derived", False)


def mark_derived(body: list[gast.AST]) -> None:
    """Marks what is a derivative already, so that it may be simplified once more; its variables keep their names."""
    for statement in walk(body):
        if type(statement) is gast.Assign and not is_join(statement):
            statement.derived = True
            statement.named = True


def located(new: gast.AST, old: gast.AST) -> gast.AST:
    """Gives `new` the position of `old` in the user's file, if it has none."""
    positions, slots = old.__dict__, new.__dict__
    if "lineno" in positions and "lineno" not in slots:
        try:
            slots["lineno"], slots["col_offset"], slots["end_lineno"], slots["end_col_offset"] = _position(positions)
        except KeyError:  # it is not known where the old node ends
            slots.update({part: positions[part] for part in POSITION if part in positions})
    return new


def from_statement(new: gast.AST, like: gast.AST | None) -> gast.AST:
    """Gives `new` the origin (user's file and line, and text) of `like`."""
    marks = like.__dict__ if like is not None else _NO_MARKS
    new.origin, new.comment = marks.get("origin"), marks.get("comment")
    if "hints" in marks and type(new) is type(like):  # of loops
        new.hints = marks["hints"]
    return new


_NO_MARKS: dict[str, Any] = {}


COMPOUND = {gast.If, gast.For, gast.While}
LITERALS = {gast.Constant, gast.UnaryOp, gast.Tuple, gast.List}
POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")
_position = operator.itemgetter(*POSITION)
HEADER_FIELDS = {
    gast.Assign: "value", gast.Return: "value", gast.Expr: "value", gast.If: "test", gast.While: "test",
    gast.For: "iter", gast.Raise: "exc",
}  # fmt: skip


# Questions -------------------------------------------------------------------------------------------------------


NUMBERS = (int, float, complex)


def is_name(node: gast.AST) -> bool:
    return isinstance(node, gast.Name)


def is_constant(node: gast.AST, *values: Any) -> bool:
    """Is the node a literal (one of `values`, if given, of the same type)?"""
    kind = type(node)
    if kind is gast.Constant:
        value = node.value
    elif kind is gast.UnaryOp and type(node.op) is gast.USub and type(node.operand) is gast.Constant:
        value = -node.operand.value if isinstance(node.operand.value, NUMBERS) else None
    else:
        return False
    return not values or any(type(value) in (int, float) and value == v for v in values)


def is_constant_key(node: gast.AST, key: Any) -> bool:
    """Is the node the literal `key` (of a dict)?"""
    return isinstance(node, gast.Constant) and type(node.value) is type(key) and node.value == key


def literal(node: gast.AST) -> Any:
    """The value of a literal node (numbers, strings, None, tuples of such); ValueError if it is not one."""
    kind = type(node)
    if kind is gast.Constant:
        return node.value
    if kind is gast.UnaryOp and type(node.op) is gast.USub:
        return -literal(node.operand)
    if kind is gast.Tuple:
        return tuple([literal(e) for e in node.elts])
    if kind is gast.List:
        return [literal(e) for e in node.elts]
    raise ValueError("not a literal")


def is_literal(node: gast.AST) -> bool:
    kind = type(node)
    if kind is gast.Constant or kind not in LITERALS:
        return kind is gast.Constant
    try:
        literal(node)
    except (ValueError, TypeError):
        return False
    return True


def dotted(node: gast.AST) -> str | None:
    """`np.linalg.inv` as text, None if the node is not a path of names."""
    if type(node) is gast.Name:
        return node.id
    parts: list[str] = []
    while type(node) is gast.Attribute:
        parts.append(node.attr)
        node = node.value
    if type(node) is not gast.Name:
        return None
    return ".".join([node.id, *reversed(parts)])


def children(node: gast.AST) -> Iterator[gast.AST]:
    """The nodes right below a node."""
    for field_name in node._fields:
        value = getattr(node, field_name, None)
        if isinstance(value, gast.AST):
            yield value
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, gast.AST):
                    yield item


def nodes_of_definition(tree: gast.AST) -> list[gast.AST]:
    """The nodes inside of a definition that is complete: parameters first, then statement by statement; remembered."""
    found = _NODES.get(tree)
    if found is None:
        found = [*nodes(tree.args), *[n for s in tree.body for n in nodes(s)]]
        _NODES.set(tree, found)
    return found


def forget_nodes(tree: gast.AST) -> None:
    """A definition that was complete is changed."""
    _NODES.forget(tree)


_NODES: Belongings[list[gast.AST]] = Belongings("nodes")


def reads(node: gast.AST | Iterable[gast.AST] | None) -> list[str]:
    """Names read by an expression or statement, in order, with repetition."""
    found: list[str] = []
    _collect_reads(node, found)
    return found


def _collect_reads(node: Any, found: list[str]) -> None:
    kind = type(node)
    if kind is gast.Name:
        if type(node.ctx) is gast.Load:
            found.append(node.id)
    elif kind is list or kind is tuple:
        for item in node:
            if type(item) is gast.Name:
                if type(item.ctx) is gast.Load:
                    found.append(item.id)
            else:
                _collect_reads(item, found)
    elif kind in CHILD_FIELDS:
        slots = node.__dict__
        if "names_read" in slots:
            found += slots["names_read"]
            return
        for field_name in CHILD_FIELDS[kind]:
            value = slots.get(field_name)
            kind = type(value)
            if kind is gast.Name:  # most operands are names
                if type(value.ctx) is gast.Load:
                    found.append(value.id)
            elif kind not in LEAVES:
                _collect_reads(value, found)


def targets(statement: gast.AST) -> list[str]:
    """Names that this one statement (not its blocks) assigns."""
    kind = type(statement)
    if kind is gast.Assign:
        target = statement.targets[0]
        return [target.id] if type(target) is gast.Name else target_names(target)
    return target_names(statement.target) if kind is gast.For else []


NO_BLOCKS: list[list[gast.AST]] = []


def blocks(statement: gast.AST) -> list[list[gast.AST]]:
    """The nested statement lists of a statement."""
    kind = type(statement)
    if kind is gast.If:
        return [statement.body, statement.orelse]
    return [statement.body] if kind is gast.For or kind is gast.While else NO_BLOCKS


def is_straight(body: Iterable[gast.AST]) -> bool:
    """Does control take one way through these statements?"""
    return COMPOUND.isdisjoint(map(type, body))


def walk(body: Iterable[gast.AST]) -> list[gast.AST]:
    """All statements, outer before inner, in order."""
    found: list[gast.AST] = []
    _walk_into(body, found)
    return found


def _walk_into(body: Iterable[gast.AST], found: list[gast.AST]) -> None:
    if type(body) is list and is_straight(body):
        found += body
        return
    for statement in body:
        found.append(statement)
        if type(statement) in COMPOUND:
            for block in blocks(statement):
                _walk_into(block, found)


def assigned(body: Iterable[gast.AST]) -> set[str]:
    """Every name assigned anywhere inside."""
    found: set[str] = set()
    for statement in walk(body):
        if type(statement) is gast.Assign and type(statement.targets[0]) is gast.Name:  # most of them
            found.add(statement.targets[0].id)
        else:
            found.update(targets(statement))
    return found


def header(statement: gast.AST) -> gast.AST | None:
    """What a statement reads itself, outside of its blocks."""
    kind = type(statement)
    if kind is gast.Assert:
        return gast.Tuple([n for n in (statement.test, statement.msg) if n is not None], gast.Load())
    field_name = HEADER_FIELDS.get(kind)
    return getattr(statement, field_name) if field_name is not None else None


def own_reads(statement: gast.AST) -> list[str]:
    """Names that the statement itself reads; remembered on its expression, which is never changed, only replaced."""
    found: list[str] | None
    if type(statement) is gast.Assign:  # most of them
        found = statement.value.__dict__.get("names_read")
        return found if found is not None else remembered_reads(statement.value)
    field_name = HEADER_FIELDS.get(type(statement))
    node = statement.__dict__[field_name] if field_name is not None else header(statement)
    if node is None:
        return []
    found = node.__dict__.get("names_read")
    return found if found is not None else remembered_reads(node)


def remembered_reads(node: gast.AST) -> list[str]:
    """Like `reads`, for an expression that is never changed, only replaced."""
    found: list[str] | None = node.__dict__.get("names_read")
    if found is None:
        parts = parts_of(node)
        found = node.names_read = reads(node) if parts is None else _reads_of_parts(parts)
    return found


def _reads_of_parts(nodes: Iterable[gast.AST]) -> list[str]:
    """The reads of the parts of an operation, most of which are names, and paths to functions."""
    found: list[str] = []
    for node in nodes:
        if type(node) is gast.Attribute:  # most often a path, of which the first name counts
            node = node.value
        if type(node) is gast.Name:
            found.append(node.id)
        elif type(node) is not gast.Constant:
            _collect_reads(node, found)
    return found


def split_guard(block: list[gast.AST]) -> tuple[list[gast.AST], list[gast.AST]]:
    """A loop's body without its stop guard `if stop: break`, and the guard, if there is one."""
    is_guarded = bool(block) and type(block[-1]) is gast.If and is_break(block[-1].body)
    return (block[:-1], block[-1:]) if is_guarded else (block, [])


def is_break(block: list[gast.AST]) -> bool:
    return len(block) == 1 and type(block[0]) is gast.Break


def split_join(block: list[gast.AST]) -> tuple[list[gast.AST], list[tuple[str, gast.AST]]]:
    """A block without its trailing simultaneous assignment and stop guard, and the assignment's (name, value) pairs."""
    block, _ = split_guard(block)
    if not block or not is_join(block[-1]):
        return block, []
    last = block[-1]
    names = targets(last)
    values = [last.value] if isinstance(last.targets[0], gast.Name) else last.value.elts
    return block[:-1], list(zip(names, values, strict=True))


# Rewriting -------------------------------------------------------------------------------------------------------


def replace_header(statement: gast.AST, mapping: Mapping[str, gast.AST]) -> None:
    """Substitutes in what the statement itself reads, in place."""
    if not mapping or mapping.keys().isdisjoint(own_reads(statement)):
        return
    header_field, slots = HEADER_FIELDS.get(type(statement)), statement.__dict__
    for field_name in (header_field,) if header_field is not None else ("test", "msg"):
        if slots.get(field_name) is not None:
            slots[field_name] = substitute(slots[field_name], mapping)


def same(a: gast.AST, b: gast.AST) -> bool:
    """Structural equality of expressions."""
    return key(a) == key(b)


def key(node: Any) -> Any:
    """A hashable structural key of an expression, remembered on operations."""
    kind = type(node)
    if kind is gast.Name:
        return node.id
    if kind is gast.Call or kind is gast.BinOp:
        found = node.__dict__.get("structural_key")
        if found is None:
            found = node.structural_key = _key_of_fields(node)
        return found
    if kind is gast.Attribute and type(node.value) is gast.Name:
        return (kind, node.value.id, node.attr)
    if kind is gast.Constant:
        return (type(node.value).__name__, repr(node.value))
    if kind is list:
        return tuple([key(item) for item in node])
    return _key_of_fields(node) if isinstance(node, gast.AST) else node


def _key_of_fields(node: gast.AST) -> tuple[Any, ...]:
    slots = node.__dict__
    return (type(node), *[key(slots.get(f)) for f in node._fields if f != "ctx"])
