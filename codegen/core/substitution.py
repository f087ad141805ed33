"""Names in expressions: which are read freely, and substitution; what a pass does not change is shared."""

import operator
from collections.abc import Mapping, Sequence, Set
from typing import Any

import gast

LEAVES = {
    gast.Constant, gast.Load, gast.Store, gast.Param, gast.Add, gast.Sub, gast.Mult, gast.Div, gast.Pow, gast.MatMult,
    gast.USub, gast.Not, gast.Eq, gast.Gt, gast.Lt, gast.GtE, gast.LtE, gast.NotEq, gast.And, gast.Or, str, type(None),
    int,
}  # fmt: skip
# Expressions that bind names of their own.
BINDING = {gast.ListComp, gast.SetComp, gast.GeneratorExp, gast.DictComp, gast.Lambda}
LEAF_FIELDS = {"ctx", "op", "ops", "id", "attr", "kind", "type_comment"}
# Class of node to its fields that may hold other nodes.
CHILD_FIELDS: dict[Any, tuple[str, ...]] = {
    kind: tuple(f for f in getattr(kind, "_fields", ()) if f not in LEAF_FIELDS)
    for kind in vars(gast).values()
    if isinstance(kind, type) and issubclass(kind, gast.AST)
}


def child_nodes(node: Any) -> list[Any]:
    """The nodes right below a node, in the order of the text, without contexts and operators."""
    found: list[Any] = []
    slots = node.__dict__
    for field_name in CHILD_FIELDS[type(node)]:
        value = slots.get(field_name)
        if type(value) is list:
            found += [item for item in value if type(item) in CHILD_FIELDS]
        elif type(value) in CHILD_FIELDS:
            found.append(value)
    return found


def nodes(tree: gast.AST) -> list[gast.AST]:
    """All nodes of a tree that may hold names, as `gast.walk` gives them: level by level."""
    found, fields = [tree], CHILD_FIELDS
    for node in found:
        kind = node.__class__
        if kind is gast.Constant or (kind is gast.Name and node.annotation is None):  # most of them
            continue
        names = fields[kind]
        for field_name, value in zip(names, map(node.__dict__.get, names), strict=True):
            kind = value.__class__
            if kind in fields:
                found.append(value)
            elif kind is list and value:
                found += value if field_name in LISTS_OF_NODES else [n for n in value if type(n) in fields]
    return found


# Fields that hold nothing but nodes where they are lists.
LISTS_OF_NODES = frozenset("args keywords elts values body orelse targets comparators defaults generators ifs".split())


def target_names(target: gast.AST) -> list[str]:
    if type(target) is gast.Name:
        return [target.id]
    if type(target) is gast.Tuple or type(target) is gast.List:
        return [n for e in target.elts for n in ([e.id] if type(e) is gast.Name else target_names(e))]
    return target_names(target.value) if type(target) is gast.Starred else []


# Substitution ----------------------------------------------------------------------------------------------------


def substitute(node: Any, mapping: Mapping[str, gast.AST]) -> Any:
    """An expression with the names in `mapping` replaced; what holds none of them is shared with the old one."""
    kind = type(node)
    if kind is gast.Name:
        return mapping.get(node.id, node) if type(node.ctx) is gast.Load else node
    if kind is list:
        return [substitute(item, mapping) for item in node]
    return _substituted(node, mapping) if kind in CHILD_FIELDS else node


def _substituted(node: gast.AST, mapping: Mapping[str, gast.AST]) -> gast.AST:
    kind: Any = type(node)
    if kind in BINDING:
        bound = _bound_inside(node)
        mapping = {k: v for k, v in mapping.items() if k not in bound}
    names, changed = CHILD_FIELDS[kind], {}
    for field_name, old in zip(names, map(node.__dict__.get, names), strict=True):
        old_kind = old.__class__
        if old_kind is gast.Name:  # most operands are names
            new = mapping.get(old.id, old) if type(old.ctx) is gast.Load else old
        elif old_kind is list:
            new = _substituted_list(old, mapping) if old else old
        elif old_kind in LEAVES or (old_kind is gast.Attribute and _is_path_outside(old, mapping)):
            new = old
        else:
            new = substitute(old, mapping)
        if new is not old:
            changed[field_name] = new
    return _changed(node, changed) if changed else node


def _is_path_outside(node: gast.AST, mapping: Mapping[str, gast.AST]) -> bool:
    """Is this a path such as `np.sum`, which begins with no name of the mapping?"""
    return type(node.value) is gast.Name and node.value.id not in mapping


def _substituted_list(nodes: list[Any], mapping: Mapping[str, gast.AST]) -> list[Any]:
    """The list itself where nothing in it changes."""
    new = [
        (mapping.get(n.id, n) if type(n.ctx) is gast.Load else n) if type(n) is gast.Name else substitute(n, mapping)
        for n in nodes
    ]
    return new if any(map(operator.is_not, new, nodes)) else nodes


def _changed(node: gast.AST, fields: Mapping[str, Any]) -> gast.AST:
    """A copy of a node but for these fields, without what is remembered of it."""
    kind: Any = type(node)
    copy = kind.__new__(kind)
    slots = copy.__dict__
    slots.update(node.__dict__)
    for name in REMEMBERED.intersection(slots):
        del slots[name]
    slots.update(fields)
    return copy


def copied(node: Any) -> Any:
    """A copy that shares no node with the old one."""
    if type(node) is list:
        return [copied(item) for item in node]
    if type(node) not in CHILD_FIELDS:
        return node
    fields = CHILD_FIELDS[type(node)]
    return _changed(node, {f: copied(node.__dict__[f]) for f in fields if f in node.__dict__})


# What passes remember on a node about the whole expression.
REMEMBERED = frozenset(("names_read", "structural_key", "text_length", "stands_for", "called_primitive"))


def _bound_inside(node: gast.AST) -> set[str]:
    """Names bound by a comprehension or lambda."""
    if isinstance(node, gast.Lambda):
        arguments = node.args
        return {a.id for a in [*arguments.args, *arguments.kwonlyargs, *arguments.posonlyargs]}
    return {n for g in node.generators for n in target_names(g.target)}


def free_reads(node: Any) -> list[str]:
    """Like `reads`, without the names bound inside comprehensions and lambdas."""
    found: list[str] = []
    for part in parts_of(node) or (node,):
        if type(part) is gast.Attribute:  # most often a path, of which the first name counts
            part = part.value
        if type(part) is gast.Name and type(part.ctx) is gast.Load:  # most operands are names
            found.append(part.id)
        elif type(part) is not gast.Constant:
            _collect_free(part, found, _NOTHING)
    return found


_NOTHING: frozenset[str] = frozenset()


def parts_of(node: Any) -> Sequence[Any] | None:
    """The function and the operands of an operation; None for other expressions."""
    kind = type(node)
    if kind is gast.Call:
        if node.keywords:
            return [node.func, *node.args, *[k.value for k in node.keywords]]
        return [node.func, *node.args]
    if kind is gast.BinOp:
        return node.left, node.right
    if kind is gast.Tuple or kind is gast.List:
        return node.elts
    return (node.value, node.slice) if kind is gast.Subscript else None


def _collect_free(node: Any, found: list[str], bound: Set[str]) -> None:
    kind = type(node)
    if kind is gast.Name:
        if type(node.ctx) is gast.Load and node.id not in bound:
            found.append(node.id)
    elif kind is gast.Constant:
        return
    elif kind is list:
        for item in node:
            if type(item) not in LEAVES:
                _collect_free(item, found, bound)
    elif kind in CHILD_FIELDS:
        inside = bound | _bound_inside(node) if kind in BINDING else bound
        slots = node.__dict__
        for field_name in CHILD_FIELDS[kind]:
            value = slots.get(field_name)
            kind = type(value)
            if kind is gast.Name:  # most operands are names
                if type(value.ctx) is gast.Load and value.id not in inside:
                    found.append(value.id)
            elif kind not in LEAVES:
                _collect_free(value, found, inside)
