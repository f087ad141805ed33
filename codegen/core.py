"""Core Python: the small subset of Python, as gast nodes, that every pass takes and gives.

One operation per statement over atoms (local names, constants, paths to globals such as `np.pi`); every name is assigned
once, except for those carried by a loop or joined after a branch, which are assigned simultaneously, last in each block.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gast

from s2s.codegen.names import Namer


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
        shaped_like: adjoint or tangent to the name whose shape it has.
        namer: gives fresh names.
        source: where the function came from.
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

    def fresh(self, base: str) -> str:
        """A new version of `base`."""
        version = self.namer.fresh(base)
        self.bases[version] = base
        return version


# Builders --------------------------------------------------------------------------------------------------------


LOAD, STORE = gast.Load(), gast.Store()


def name(identifier: str) -> gast.AST:
    return _named(identifier, LOAD)


def stored(identifier: str) -> gast.AST:
    return _named(identifier, STORE)


def _named(identifier: str, context: gast.AST) -> gast.AST:
    """A Name node, made without gast's checks of its arguments: most nodes are names."""
    node = gast.Name.__new__(gast.Name)
    node.id, node.ctx, node.annotation, node.type_comment = identifier, context, None, None
    return node


def constant(value: Any) -> gast.AST:
    return gast.Constant(value, None)


def path(dotted: str) -> gast.AST:
    """`"np.linalg.inv"` as a node."""
    first, *rest = dotted.split(".")
    node = name(first)
    for part in rest:
        node = gast.Attribute(node, part, gast.Load())
    return node


def call(function: str | gast.AST, *arguments: gast.AST, **keywords: gast.AST) -> gast.AST:
    target = path(function) if isinstance(function, str) else function
    return gast.Call(target, list(arguments), [gast.keyword(k, v) for k, v in keywords.items()])


def tuple_of(nodes: Iterable[gast.AST]) -> gast.AST:
    return gast.Tuple(list(nodes), gast.Load())


def list_of(nodes: Iterable[gast.AST]) -> gast.AST:
    return gast.List(list(nodes), gast.Load())


def subscript(value: gast.AST, index: gast.AST) -> gast.AST:
    return gast.Subscript(value, index, gast.Load())


def assign(target: str, value: gast.AST, like: gast.AST | None = None) -> gast.AST:
    """`target = value`, with the origin of the statement `like`."""
    return from_statement(gast.Assign([stored(target)], value, None), like)


def unpack(targets: Sequence[str], value: gast.AST, like: gast.AST | None = None) -> gast.AST:
    """`a, b = value` (one simultaneous statement)."""
    pattern = gast.Tuple([stored(t) for t in targets], gast.Store())
    return from_statement(gast.Assign([pattern], value, None), like)


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


def from_statement(new: gast.AST, like: gast.AST | None) -> gast.AST:
    """Gives `new` the origin (user's file and line, and text) of `like`."""
    new.origin = getattr(like, "origin", None)
    new.comment = getattr(like, "comment", None)
    return new


LEAVES = {
    gast.Constant, gast.Load, gast.Store, gast.Param, gast.Add, gast.Sub, gast.Mult, gast.Div, gast.Pow, gast.MatMult,
    gast.USub, gast.Not, gast.Eq, gast.Gt, gast.Lt, gast.GtE, gast.LtE, gast.NotEq, gast.And, gast.Or, str, type(None),
    int,
}  # fmt: skip


HEADER_FIELDS = {
    gast.Assign: "value", gast.Return: "value", gast.Expr: "value", gast.If: "test", gast.While: "test", gast.For: "iter"
}  # fmt: skip


# Questions -------------------------------------------------------------------------------------------------------


def is_name(node: gast.AST) -> bool:
    return isinstance(node, gast.Name)


def is_constant(node: gast.AST, *values: Any) -> bool:
    """Is the node a literal (one of `values`, if given, of the same type)?"""
    if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.USub) and isinstance(node.operand, gast.Constant):
        value = -node.operand.value if isinstance(node.operand.value, int | float | complex) else None
    elif isinstance(node, gast.Constant):
        value = node.value
    else:
        return False
    return not values or any(type(value) in (int, float) and value == v for v in values)


def is_constant_key(node: gast.AST, key: Any) -> bool:
    """Is the node the literal `key` (of a dict)?"""
    return isinstance(node, gast.Constant) and type(node.value) is type(key) and node.value == key


def literal(node: gast.AST) -> Any:
    """The value of a literal node (numbers, strings, None, tuples of such); ValueError if it is not one."""
    if isinstance(node, gast.Constant):
        return node.value
    if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.USub):
        return -literal(node.operand)
    if isinstance(node, gast.Tuple):
        return tuple(literal(e) for e in node.elts)
    if isinstance(node, gast.List):
        return [literal(e) for e in node.elts]
    raise ValueError("not a literal")


def is_literal(node: gast.AST) -> bool:
    try:
        literal(node)
    except (ValueError, TypeError):
        return False
    return True


def dotted(node: gast.AST) -> str | None:
    """`np.linalg.inv` as text, None if the node is not a path of names."""
    parts: list[str] = []
    while isinstance(node, gast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, gast.Name):
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
            _collect_reads(item, found)
    elif kind not in LEAVES and isinstance(node, gast.AST):
        for field_name in node._fields:
            _collect_reads(getattr(node, field_name, None), found)


def targets(statement: gast.AST) -> list[str]:
    """Names that this one statement (not its blocks) assigns."""
    kind = type(statement)
    if kind is gast.Assign:
        target = statement.targets[0]
        return [target.id] if type(target) is gast.Name else target_names(target)
    return target_names(statement.target) if kind is gast.For else []


def target_names(target: gast.AST) -> list[str]:
    if type(target) is gast.Name:
        return [target.id]
    if isinstance(target, gast.Starred):
        return target_names(target.value)
    if isinstance(target, gast.Tuple | gast.List):
        return [n for e in target.elts for n in target_names(e)]
    return []


def blocks(statement: gast.AST) -> list[list[gast.AST]]:
    """The nested statement lists of a statement."""
    kind = type(statement)
    if kind is gast.If:
        return [statement.body, statement.orelse]
    return [statement.body] if kind is gast.For or kind is gast.While else []


def walk(body: Iterable[gast.AST]) -> Iterator[gast.AST]:
    """All statements, outer before inner, in order."""
    for statement in body:
        yield statement
        for block in blocks(statement):
            yield from walk(block)


def assigned(body: Iterable[gast.AST]) -> set[str]:
    """Every name assigned anywhere inside."""
    return {t for statement in walk(body) for t in targets(statement)}


def header(statement: gast.AST) -> gast.AST | None:
    """What a statement reads itself, outside of its blocks."""
    kind = type(statement)
    if kind is gast.Assert:
        return gast.Tuple([n for n in (statement.test, statement.msg) if n is not None], gast.Load())
    field_name = HEADER_FIELDS.get(kind)
    return getattr(statement, field_name) if field_name is not None else None


def own_reads(statement: gast.AST) -> list[str]:
    """Names that the statement itself reads; remembered on its expression, which is never changed, only replaced."""
    node = header(statement)
    if node is None:
        return []
    found = getattr(node, "names_read", None)
    if found is None:
        found = node.names_read = reads(node)
    return found


def split_join(block: list[gast.AST]) -> tuple[list[gast.AST], list[tuple[str, gast.AST]]]:
    """A block without its trailing simultaneous assignment, and that one's (name, value) pairs."""
    if not block or not getattr(block[-1], "join", False):
        return block, []
    last = block[-1]
    names = targets(last)
    values = [last.value] if isinstance(last.targets[0], gast.Name) else last.value.elts
    return block[:-1], list(zip(names, values, strict=True))


# Rewriting -------------------------------------------------------------------------------------------------------


def substitute(node: Any, mapping: Mapping[str, gast.AST]) -> Any:
    """A copy of an expression with the names in `mapping` replaced."""
    if isinstance(node, gast.Name):
        return mapping.get(node.id, node) if isinstance(node.ctx, gast.Load) else node
    if isinstance(node, list):
        return [substitute(item, mapping) for item in node]
    if type(node) in LEAVES or not isinstance(node, gast.AST):
        return node
    return _copy_substituted(node, mapping)


def _copy_substituted(node: gast.AST, mapping: Mapping[str, gast.AST]) -> gast.AST:
    if isinstance(node, gast.ListComp | gast.SetComp | gast.GeneratorExp | gast.DictComp | gast.Lambda):
        bound = _bound_inside(node)
        mapping = {k: v for k, v in mapping.items() if k not in bound}
    kind: Any = type(node)
    copy = kind.__new__(kind)
    for field_name, value in node.__dict__.items():
        if field_name not in REMEMBERED:
            setattr(copy, field_name, value)
    for field_name in node._fields:
        value = getattr(node, field_name, None)
        setattr(copy, field_name, value if type(value) in LEAVES else substitute(value, mapping))
    return copy


# What passes remember on a node about the whole expression.
REMEMBERED = ("names_read", "structural_key", "text_length")


def _bound_inside(node: gast.AST) -> set[str]:
    """Names bound by a comprehension or lambda."""
    if isinstance(node, gast.Lambda):
        arguments = node.args
        return {a.id for a in [*arguments.args, *arguments.kwonlyargs, *arguments.posonlyargs]}
    return {n for g in node.generators for n in target_names(g.target)}


def free_reads(node: Any) -> list[str]:
    """Like `reads`, without the names bound inside comprehensions and lambdas."""
    if isinstance(node, gast.ListComp | gast.SetComp | gast.GeneratorExp | gast.DictComp | gast.Lambda):
        bound = _bound_inside(node)
        return [n for child in children(node) for n in free_reads(child) if n not in bound]
    if isinstance(node, gast.Name):
        return [node.id] if isinstance(node.ctx, gast.Load) else []
    return [n for child in children(node) for n in free_reads(child)] if isinstance(node, gast.AST) else []


def replace_header(statement: gast.AST, mapping: Mapping[str, gast.AST]) -> None:
    """Substitutes in what the statement itself reads, in place."""
    if mapping.keys().isdisjoint(own_reads(statement)):
        return
    for field_name in ("test", "iter", "value", "msg"):
        node = getattr(statement, field_name, None)
        if isinstance(node, gast.AST):
            setattr(statement, field_name, substitute(node, mapping))


def same(a: gast.AST, b: gast.AST) -> bool:
    """Structural equality of expressions."""
    return key(a) == key(b)


def key(node: Any) -> Any:
    """A hashable structural key of an expression, remembered on operations."""
    kind = type(node)
    if kind is gast.Name:
        return node.id
    if kind is gast.Call or kind is gast.BinOp:
        found = getattr(node, "structural_key", None)
        if found is None:
            found = node.structural_key = _key_of_fields(node)
        return found
    if isinstance(node, gast.Constant):
        return (type(node.value).__name__, repr(node.value))
    if isinstance(node, list):
        return tuple(key(item) for item in node)
    if isinstance(node, gast.AST):
        return _key_of_fields(node)
    return node


def _key_of_fields(node: gast.AST) -> tuple[Any, ...]:
    return (type(node).__name__, *[key(getattr(node, f, None)) for f in node._fields if f != "ctx"])
