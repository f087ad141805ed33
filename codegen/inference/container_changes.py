"""Lists and dicts that change: which pure function a change comes to, and the kinds of the results."""

from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.functions import dict_constructors, expansions
from s2s.codegen.inference import kinds, list_operands, maps
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, Numeric, ObjectOf, RaggedOf, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.codegen.inference.ownership import UPDATES
from s2s.codegen.objects import calls
from s2s.runtime import builtin_functions as library
from s2s.runtime import support
from s2s.runtime.primitives import table

NONE = core.constant(None)


def infer(inference: Any, statement: gast.AST) -> None:
    """`xs, v = changed(xs, "pop", …)`: becomes the pure function, and is inferred as such."""
    call = statement.value
    owner, arguments = call.args[0], call.args[2:]
    kind = inference.kind(owner)
    before = len(inference.prelude)
    is_known = isinstance(kind, ListOf | DictOf | MapOf)
    change = Change(inference, statement, owner, kind, arguments, call.keywords)
    new, result = _written(change, statement.change) if is_known else _as_written(change, statement)
    version, item = core.targets(statement)
    statement.change = None
    inference.insert(core.assign(item, result))
    statement.targets, statement.value = [core.stored(version)], core.located(new, call)
    inference.do_Assign(statement)
    for part in (*inference.prelude[before:], statement):
        part.is_change = is_known and _is_update(inference, part)


def _is_update(inference: Any, statement: gast.AST) -> bool:
    value = getattr(statement, "value", None)
    found = inference.global_object(value.func) if isinstance(value, gast.Call) else None
    return any(found is update for update in UPDATES)


class Change:
    """One call of a method that changes a container."""

    def __init__(self, inference: Any, statement: gast.AST, owner: Any, kind: Kind, arguments: list, keywords: list):
        self.inference = inference
        self.node = statement.value
        self.owner = owner
        self.kind = kind
        self.arguments = arguments
        self.keywords = {k.arg: k.value for k in keywords}
        self.writer = RuleWriter(inference.function, None)

    def call(self, name: str, *arguments: gast.AST) -> gast.AST:
        return core.call(self.writer.support(name), *arguments)

    def key(self) -> Any:
        """The key that is the first argument, where it is known; None otherwise."""
        return self.inference.known_key(self.arguments[0]) if self.arguments else None

    def fits(self, *counts: int) -> bool:
        """Does the call have one of these numbers of plain arguments and no keywords?"""
        plain = not any(isinstance(a, gast.Starred) for a in self.arguments)
        return plain and not self.keywords and len(self.arguments) in counts


Written = tuple[gast.AST, gast.AST] | None


def _written(change: Change, method: str) -> tuple[gast.AST, gast.AST]:
    """The new container and the method's result."""
    is_map = isinstance(change.kind, DictOf) and method in METHODS[MapOf] and change.key() is None
    write = METHODS[MapOf if is_map else type(change.kind)].get(method)
    made = write(change) if write is not None else None
    if made is None:
        cause = f"this call of the method .{method}() of {kinds.show(change.kind)} is not supported yet"
        change.inference.refuse(change.node, cause, "build a new container")
        return change.owner, NONE
    return made


def _as_written(change: Change, statement: gast.AST) -> tuple[gast.AST, gast.AST]:
    """The method call on something else than a list or dict, which is desugared again as a plain call."""
    inference, node = change.inference, statement.value
    keywords = [gast.keyword(k, v) for k, v in change.keywords.items()]
    call = core.located(core.call_of(core.attribute(change.owner, statement.change), change.arguments, keywords), node)
    is_own = inference.current is None or inference.current.__dict__.get("home") is None
    if not (is_own and inference.function.facts.note("plain method", node, True)):
        what = f"the method .{statement.change}() of {kinds.show(change.kind)} is not supported here"
        _refuse(inference, node, what, "use lists, dicts and arrays")
    name = inference.function.fresh("result")
    inference.insert(core.assign(name, call))
    return change.owner, core.name(name)


def _refuse(inference: Any, node: gast.AST, cause: str, rewrite: str = "build a new container") -> None:
    if inference.reads_active(node):
        inference.refuse(node, cause, rewrite)


# Lists -----------------------------------------------------------------------------------------------------------


def _append(change: Change) -> Written:
    return (change.call("append", change.owner, change.arguments[0]), NONE) if change.fits(1) else None


def _extend(change: Change) -> Written:
    return (change.call("extend", change.owner, change.arguments[0]), NONE) if change.fits(1) else None


def _insert(change: Change) -> Written:
    return (change.call("insert", change.owner, *change.arguments), NONE) if change.fits(2) else None


def _pop(change: Change) -> Written:
    if not change.fits(0, 1):
        return None
    arguments = [] if change.arguments and core.is_constant(change.arguments[0], -1) else change.arguments
    pair = change.inference.computed("popped", change.call("pop", change.owner, *arguments))
    rest, item = change.inference.unpacked(pair, ["rest", "item"])
    return rest, item


def _remove(change: Change) -> Written:
    if not change.fits(1):
        return None
    found = core.call(core.attribute(change.owner, "index"), change.arguments[0])
    at = change.inference.computed("position", found)
    pair = change.inference.computed("popped", change.call("pop", change.owner, at))
    return change.inference.unpacked(pair, ["rest", "item"])[0], NONE


def _clear(change: Change) -> Written:
    return (change.call("emptied", change.owner), NONE) if change.fits(0) else None


def _reverse(change: Change) -> Written:
    if not change.fits(0):
        return None
    order = change.inference.computed("order", change.call("reversed_order", change.owner))
    return change.call("reordered", change.owner, order), NONE


def _sort(change: Change) -> Written:
    key = change.keywords.get("key", NONE)
    if change.arguments:
        return None
    reverse = change.keywords.get("reverse", core.constant(False))
    if core.is_constant_key(key, None):
        order = change.inference.computed("order", change.call("sorting_order", change.owner, reverse))
    else:
        keys = expansions.in_place(change.inference, change.node, library.mapped, key, change.owner)
        order = change.inference.computed("order", change.call("sorting_order", keys, reverse))
    return change.call("reordered", change.owner, order), NONE


LIST_METHODS: dict[str, Callable[[Change], Written]] = {
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "remove": _remove,
    "clear": _clear,
    "reverse": _reverse,
    "sort": _sort,
}
REVERSED = gast.Slice(None, None, core.constant(-1))


# Dicts -----------------------------------------------------------------------------------------------------------


def _key(change: Change) -> Any:
    """The literal key that the call names; None if it isn't one, or the call doesn't fit."""
    literal = bool(change.arguments) and core.is_literal(change.arguments[0])
    return core.literal(change.arguments[0]) if literal and change.fits(1, 2) else None


def _dict_pop(change: Change) -> Written:
    key = _key(change)
    if key is None:
        return None
    if change.kind.get(key) is None:
        return (change.owner, change.arguments[1]) if len(change.arguments) == 2 else None
    item = change.inference.computed("item", core.subscript(change.owner, change.arguments[0]))
    return change.call("without", change.owner, change.arguments[0]), item


def _setdefault(change: Change) -> Written:
    key = _key(change)
    if key is None:
        return None
    if change.kind.get(key) is not None:
        return change.owner, change.inference.computed("item", core.subscript(change.owner, change.arguments[0]))
    value = change.arguments[1] if len(change.arguments) == 2 else NONE
    return change.call("set_at", change.owner, change.arguments[0], value), value


def _update(change: Change) -> Written:
    """One entry after the other."""
    if len(change.arguments) > 1 or None in change.keywords:
        return None
    pairs: list[tuple[gast.AST, gast.AST]] = []
    for other in change.arguments:
        kind = change.inference.kind(other)
        if not isinstance(kind, DictOf):
            return None
        keys = [core.constant(k) for k, _ in kind.items]
        pairs += [(k, change.inference.computed("item", core.subscript(other, k))) for k in keys]
    pairs += [(core.constant(k), v) for k, v in change.keywords.items()]
    new = change.owner
    for key, value in pairs:
        new = change.inference.computed("updated", change.call("set_at", new, key, value))
    return new, NONE


DICT_METHODS: dict[str, Callable[[Change], Written]] = {
    "pop": _dict_pop,
    "setdefault": _setdefault,
    "update": _update,
    "clear": _clear,
}


def _map_pop(change: Change) -> Written:
    if not change.fits(1):
        return None
    item = change.inference.computed("item", core.subscript(change.owner, change.arguments[0]))
    return change.call("without", change.owner, change.arguments[0]), item


def _map_setdefault(change: Change) -> Written:
    if not change.fits(2):
        return None
    got = gast.Call(core.attribute(change.owner, "get"), change.arguments, [])
    item = change.inference.computed("item", got)
    old = change.inference.computed("old", change.call("prior", change.owner, change.arguments[0]))
    return change.call("put_entry", change.owner, change.arguments[0], item, old), item


METHODS: dict[type, dict[str, Callable[[Change], Written]]] = {
    ListOf: LIST_METHODS,
    DictOf: DICT_METHODS,
    RaggedOf: {"append": LIST_METHODS["append"]},
    MapOf: {"pop": _map_pop, "setdefault": _map_setdefault, "clear": _clear},
}


# Entries ---------------------------------------------------------------------------------------------------------


# Primitives that write an element.
STORES = ("set_at", "add_at", "put", "put_add")


def store(inference: Any, statement: gast.AST, node: gast.Call) -> Kind | None:
    """`c = set_at(c, index, v)` and `c = add_at(c, index, v)` of a list or dict; None for anything else."""
    owner, index, value = node.args
    kind = inference.kind(owner)
    is_user = getattr(statement, "in_place", False) and not getattr(statement, "follows", False)
    if isinstance(kind, ObjectOf):
        return calls.set_item(inference, statement, node, _adds(inference, node))
    if not isinstance(kind, ListOf | DictOf | MapOf) and (is_user or not isinstance(kind, TupleOf)):
        return None
    if (replaced := _replaced_slice(inference, node, kind)) is not None:
        statement.value = core.located(replaced, node)
        return inference.expression(statement)
    if isinstance(index, gast.Subscript | gast.Tuple):
        _refuse(inference, node, f"writing a slice of {kinds.show(kind)} is not supported yet")
    writer = RuleWriter(inference.function, None)
    if _adds(inference, node) and is_user:
        item = inference.computed("item", core.subscript(owner, index))
        require_number(inference, item, statement)
        value = inference.computed("total", gast.BinOp(item, gast.Add(), value))
        statement.value = node = core.located(core.call(writer.support("set_at"), owner, index, value), node)
    key = inference.known_key(index)
    if core.is_name(index) and key is not None:
        index = core.constant(key)
        statement.value = core.located(core.call_of(node.func, [owner, index, value], []), node)
    is_map = isinstance(kind, MapOf) or isinstance(kind, DictOf) and key is None
    if is_map and not _adds(inference, node):
        return maps.store(inference, statement, node)
    is_new = isinstance(kind, DictOf) and key is not None and kind.get(key) is None
    name = "entry_new" if is_new else "entry_added" if _adds(inference, node) else "entry_set"
    places = {"c": ("arg", 0), "index": ("arg", 1), "v": ("arg", 2)}
    operation = Operation("primitive", table.named(name), {"c": owner, "index": index, "v": value}, places)
    return inference.primitive(statement, operation)


def _replaced_slice(inference: Any, node: gast.Call, kind: Kind) -> gast.AST | None:
    """`xs[a:b] = ys` of lists: what is in front, the new entries, and what is behind; None for anything else."""
    owner, index, value = node.args
    part = index.slice if isinstance(index, gast.Subscript) else None
    of_lists = isinstance(kind, ListOf) and isinstance(inference.kind(value), ListOf | TupleOf)
    if not of_lists or not isinstance(part, gast.Slice) or part.step is not None or _adds(inference, node):
        return None
    given = [b for b in (part.lower, part.upper) if b is not None]
    bounds: list[Any] = [core.literal(b) for b in given if core.is_literal(b)]
    if len(bounds) < len(given) or bounds != sorted(bounds) or len({b < 0 for b in bounds}) > 1:
        return None
    extend = RuleWriter(inference.function, None).support("extend")
    low = core.constant(0) if part.lower is None else part.lower
    front = inference.computed("front", core.subscript(owner, gast.Slice(None, low, None)))
    front = inference.computed("front", core.call(extend, front, value))
    if part.upper is None:
        return front
    back = inference.computed("back", core.subscript(owner, gast.Slice(part.upper, None, None)))
    return core.call(extend, front, back)


def _adds(inference: Any, node: gast.Call) -> bool:
    return inference.global_object(node.func) in (support.add_at, support.put_add)


def require_number(inference: Any, item: gast.AST, statement: gast.AST) -> None:
    """`c[i] += v` changes an array that is an element itself, which others may refer to: checked where it runs."""
    kind = inference.kind(item)
    if isinstance(kind, Numeric) and not kind.scalar:
        writer = RuleWriter(inference.function, None)
        inference.insert(gast.Expr(core.call(writer.support("require_immutable"), item)))


# Operators and methods that make new containers --------------------------------------------------------------------


def operator(inference: Any, statement: gast.AST, node: gast.BinOp, left: Kind, right: Kind) -> Kind | None:
    """`xs + ys`, `xs += ys` and `xs * n` of lists and tuples; None for anything else."""
    writer = RuleWriter(inference.function, None)
    if isinstance(node.op, gast.Mult) and isinstance(right, ListOf | TupleOf) and isinstance(left, Numeric):
        node, left, right = gast.BinOp(node.right, node.op, node.left), right, left
    merged = dict_constructors.joined(inference, node, left, right) if not hasattr(statement, "augmented") else None
    if merged is not None:
        statement.value = core.located(merged, node)
        return inference.expression(statement)
    is_sum = isinstance(node.op, gast.Add)
    extends = isinstance(left, ListOf) and hasattr(statement, "augmented")
    arrays = None if extends else list_operands.beside_array(inference, node, left, right)
    if arrays is not None:
        statement.value = core.located(arrays, node)
        return inference.expression(statement)
    if is_sum and isinstance(left, TupleOf) and isinstance(right, TupleOf):
        parts = [*_elements(inference, node.left, left), *_elements(inference, node.right, right)]
        statement.value = core.located(core.tuple_of(parts), node)
        found: Kind = inference.meaning(statement)
        statement.user_call = node  # in a loop, the lengths may turn out to change
        return found
    if is_sum and {type(left), type(right)} == {ListOf, TupleOf}:
        made: gast.AST = core.call(writer.support("join_tuples"), node.left, node.right)
        statement.in_place = False  # tuples never change
    elif isinstance(left, ListOf) and is_sum and (isinstance(right, ListOf) or getattr(statement, "in_place", False)):
        made = core.call(writer.support("extend"), node.left, node.right)
    elif isinstance(left, ListOf | TupleOf) and isinstance(node.op, gast.Mult) and isinstance(right, Numeric):
        made = core.call(writer.support("repeat_items"), node.left, node.right)
    else:
        return None
    if not (kinds.is_active(left) or kinds.is_active(right)) and not is_sum:
        return ListOf(left.element) if isinstance(left, ListOf) else None
    if isinstance(left, TupleOf) and not isinstance(kinds.element_of(left.elements), Numeric):
        return None
    statement.value = core.located(made, node)
    return inference.expression(statement)


def _elements(inference: Any, node: gast.AST, kind: TupleOf) -> list[gast.AST]:
    if isinstance(node, gast.Tuple):
        return list(node.elts)
    return [inference.computed("item", core.subscript(node, core.constant(i))) for i in range(len(kind.elements))]


def method(inference: Any, node: gast.Call, owner: Kind) -> gast.AST | None:
    """`xs.copy()`, `d.items()` and their like as displays of the elements."""
    container, name = node.func.value, node.func.attr
    if isinstance(owner, MapOf) or name == "get" and maps.may_be(owner) and inference.known_key(node.args[0]) is None:
        return maps.method(inference, node)
    if node.args or node.keywords:
        return None
    if isinstance(owner, ListOf) and name == "copy":
        return core.call(RuleWriter(inference.function, None).alias(list, "list"), container)
    if not isinstance(owner, DictOf) or name not in ("copy", "items", "values", "keys"):
        return None
    if not kinds.is_active(owner) and not kinds.holds_callable(owner):
        return None
    keys = [core.constant(k) for k, _ in owner.items]
    if name == "keys":
        return core.tuple_of(keys)
    values = [inference.computed("item", core.subscript(container, k)) for k in keys]
    if name == "copy":
        return gast.Dict(keys, values)
    if name == "items":
        values = [inference.computed("pair", core.tuple_of(pair)) for pair in zip(keys, values, strict=True)]
    return core.tuple_of(values)
