"""`collections.defaultdict` and `collections.deque` as the dicts and lists that they come to.

`d = defaultdict(list)` becomes `d = {}`, with `if k not in d: d[k] = []` in front of each statement that reads `d[k]`;
`q = deque(maxlen=3)` a list, whose first element goes where it grows too long. That is done where the variable is
assigned once, nothing but its elements, methods and length is asked for, and so nobody can see the difference.
"""

import collections
from collections.abc import Callable, Iterator
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.survey import Survey
from s2s.codegen.reading.resolve import own_nodes

Resolve = Callable[[str], Any]
FACTORIES: dict[Any, Callable[[], gast.AST]] = {
    list: lambda: gast.List([], gast.Load()),
    dict: lambda: gast.Dict([], []),
    float: lambda: core.constant(0.0),
    int: lambda: core.constant(0),
}
OF_DICTS = ("items", "keys", "values", "get", "pop", "update", "clear")
OF_DEQUES = ("append", "appendleft", "pop", "popleft", "extend", "clear", "count", "index")
LOOKING = (len, sum, sorted, list, tuple, min, max, enumerate, zip, any, all, reversed, print)
PURE = (
    gast.Name, gast.Constant, gast.BinOp, gast.UnaryOp, gast.Compare, gast.Tuple, gast.Subscript, gast.IfExp,
    gast.JoinedStr, gast.FormattedValue, gast.expr_context, gast.operator, gast.unaryop, gast.cmpop,
)  # fmt: skip
SCOPES = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
SOMETIMES = (
    gast.BoolOp, gast.IfExp, gast.Lambda, gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp, gast.While,
)  # fmt: skip


def may_hold(survey: Survey) -> bool:
    """Does a function name one of the types, or `setdefault`?"""
    names = ("defaultdict", "deque", "OrderedDict", "setdefault")
    return not survey.names.isdisjoint(names) or any(n.attr in names for n in survey.of(gast.Attribute))


def as_builtins(function: Any, resolve: Resolve) -> Any:
    """The function with such variables as plain dicts and lists."""
    made = {n: v for n, v in _constructed(function, resolve) if v is not None}
    if not made:
        return function
    new = core.copied(function)
    made = {n: v for n, v in _constructed(new, resolve) if v is not None and _is_plain(new, n, v, resolve)}
    if not made:
        return function
    new.body = _Rewriter(made).block(new.body)
    return new


class Collection:
    """How one variable is made: what a missing entry of a dict is, or how long a deque gets."""

    def __init__(self, call: gast.Call, default: Any = None, limit: Any = None, is_dict: bool = False):
        self.call = call
        self.default = default
        self.limit = limit
        self.is_dict = is_dict or default is not None

    def display(self) -> gast.AST:
        if self.is_dict:
            return gast.Dict([], [])
        if not self.call.args:
            return gast.List([], gast.Load())
        items = gast.Call(core.name("list"), self.call.args[:1], [])
        if self.limit is None:
            return items
        start = gast.UnaryOp(gast.USub(), core.copied(self.limit))
        return gast.Subscript(items, gast.Slice(start, None, None), gast.Load())


def _constructed(function: Any, resolve: Resolve) -> Iterator[tuple[str, Collection | None]]:
    for node in own_nodes(function.body):
        if isinstance(node, gast.Assign) and isinstance(node.value, gast.Call) and core.is_name(node.targets[0]):
            path = core.dotted(node.value.func)
            found = resolve(path) if path is not None else None
            if len(node.targets) != 1:
                continue
            if found is collections.defaultdict:
                yield node.targets[0].id, _dict(node.value, resolve)
            elif found is collections.deque:
                yield node.targets[0].id, _deque(node.value)
            elif found is collections.OrderedDict and not node.value.args and not node.value.keywords:
                yield node.targets[0].id, Collection(node.value, is_dict=True)


def _dict(call: gast.Call, resolve: Resolve) -> Collection | None:
    if len(call.args) != 1 or call.keywords:
        return None
    factory = call.args[0]
    if isinstance(factory, gast.Lambda) and not core.children(factory.args):
        return Collection(call, lambda: core.copied(factory.body)) if _is_pure(factory.body) else None
    path = core.dotted(factory)
    found = resolve(path) if path is not None else None
    made = next((m for f, m in FACTORIES.items() if f is found), None)
    return Collection(call, made) if made is not None else None


def _deque(call: gast.Call) -> Collection | None:
    limits = [k.value for k in call.keywords if k.arg == "maxlen"] + call.args[1:]
    if len(call.args) > 2 or len(limits) > 1 or len(call.keywords) > len(limits) or not all(map(_is_pure, limits)):
        return None
    limit = next((n for n in limits if not core.is_constant_key(n, None)), None)
    is_known = limit is None or isinstance(limit, gast.Constant) and isinstance(limit.value, int) and limit.value > 0
    return Collection(call, limit=limit) if is_known else None


def without_setdefault(function: Any) -> Any:
    """`g.setdefault(k, []).append(v)` as `if k not in g: g[k] = []` and `g[k].append(v)`."""
    if not any(isinstance(n, gast.Attribute) and n.attr == "setdefault" for n in own_nodes(function.body)):
        return function
    return _Setdefault().visit(core.copied(function))


class _Setdefault(gast.NodeTransformer):
    def visit_Expr(self, node: gast.Expr) -> Any:
        method = node.value.func if isinstance(node.value, gast.Call) else None
        inner = method.value if isinstance(method, gast.Attribute) else None
        if not isinstance(inner, gast.Call) or not isinstance(inner.func, gast.Attribute):
            return node
        owner = inner.func.value
        is_plain = inner.func.attr == "setdefault" and len(inner.args) == 2 and not inner.keywords
        if not is_plain or not core.is_name(owner) or not _is_pure(inner.args[0]):
            return node
        key, default = inner.args
        missing = gast.Compare(core.copied(key), [gast.NotIn()], [core.name(owner.id)])
        entry = gast.Assign([gast.Subscript(core.name(owner.id), core.copied(key), gast.Store())], default, None)
        method.value = gast.Subscript(core.name(owner.id), key, gast.Load())
        return [_placed(gast.If(missing, [entry], []), node), _placed(node, inner)]

    def visit_FunctionDef(self, node: gast.FunctionDef) -> Any:
        return self.generic_visit(node)


# Uses ----------------------------------------------------------------------------------------------------------------


def _is_plain(function: Any, name: str, made: Collection, resolve: Resolve) -> bool:
    """Is the variable only used in ways that a dict or list has as well?"""
    nodes = [n for n in gast.walk(function) if isinstance(n, gast.Name) and n.id == name]
    inner = [n for n in gast.walk(function) if isinstance(n, SCOPES) and n is not function]
    if any(isinstance(n, gast.Name) and n.id == name for scope in inner for n in gast.walk(scope)):
        return False
    parents = {id(child): n for n in gast.walk(function) for child in gast.iter_child_nodes(n)}
    stored = [n for n in nodes if not isinstance(n.ctx, gast.Load)]
    return len(stored) == 1 and all(
        _is_plain_use(n, parents, made, resolve) for n in nodes if isinstance(n.ctx, gast.Load)
    )


def _is_plain_use(node: gast.Name, parents: dict[int, Any], made: Collection, resolve: Resolve) -> bool:
    parent = parents[id(node)]
    if isinstance(parent, gast.Subscript) and parent.value is node:
        is_slice = isinstance(parent.slice, gast.Slice)
        return not is_slice and (made.default is None or _is_plain_item(parent, parents))
    if isinstance(parent, gast.Attribute):
        return _is_plain_method(parent, parents, made)
    if isinstance(parent, gast.For | gast.comprehension):
        return parent.iter is node
    if isinstance(parent, gast.Call):
        path = core.dotted(parent.func)
        found = resolve(path) if path is not None and parent.func is not node else None
        is_numpy = getattr(found, "__module__", "") == "numpy" and not made.is_dict
        return is_numpy or any(found is f for f in LOOKING)
    if isinstance(parent, gast.Compare):
        return all(isinstance(op, gast.In | gast.NotIn) for op in parent.ops)
    is_truth = isinstance(parent, gast.UnaryOp) and isinstance(parent.op, gast.Not)
    return is_truth or isinstance(parent, gast.If | gast.While) and parent.test is node


def _is_plain_item(item: gast.Subscript, parents: dict[int, Any]) -> bool:
    """Can the entry be made in front of the statement that reads it?"""
    node = item
    while not isinstance(node, gast.stmt):
        node = parents[id(node)]
        if isinstance(node, SOMETIMES):
            return False
    return _is_pure(item.slice)


def _is_plain_method(attribute: gast.Attribute, parents: dict[int, Any], made: Collection) -> bool:
    call = parents[id(attribute)]
    if not (isinstance(call, gast.Call) and call.func is attribute):
        return False
    if made.is_dict:
        return attribute.attr in OF_DICTS
    grows = attribute.attr in ("append", "appendleft")
    if made.limit is not None and (attribute.attr == "extend" or grows and not _is_alone(call, parents)):
        return False
    return attribute.attr in OF_DEQUES and not (attribute.attr == "pop" and call.args)


def _is_alone(call: gast.Call, parents: dict[int, Any]) -> bool:
    return isinstance(parents[id(call)], gast.Expr)


def _is_pure(node: gast.AST) -> bool:
    return all(isinstance(n, PURE) for n in gast.walk(node))


# Rewriting -----------------------------------------------------------------------------------------------------------


class _Rewriter(gast.NodeTransformer):
    def __init__(self, made: dict[str, Collection]):
        self.made = made

    def block(self, body: list[gast.AST]) -> list[gast.AST]:
        done: list[gast.AST] = []
        for statement in body:
            before = [s for item in self._items_read(statement) for s in self._with_entry(item, statement)]
            done += [*before, self.visit(statement), *self._shortened(statement)]
        return done

    def generic_visit(self, node: gast.AST) -> gast.AST:
        for field in ("body", "orelse"):
            part = getattr(node, field, None)
            if isinstance(part, list) and isinstance(node, gast.stmt):
                setattr(node, field, self.block(part))
        for field, value in gast.iter_fields(node):
            if isinstance(value, gast.AST):
                setattr(node, field, self.visit(value))
            elif isinstance(value, list) and not (field in ("body", "orelse") and isinstance(node, gast.stmt)):
                setattr(node, field, [self.visit(v) if isinstance(v, gast.AST) else v for v in value])
        return node

    def visit_Call(self, node: gast.Call) -> gast.AST:
        found = self._of(node.func.value) if isinstance(node.func, gast.Attribute) else None
        for made in self.made.values():
            if made.call is node:
                return _placed(made.display(), node)
        self.generic_visit(node)
        if found is not None and node.func.attr == "popleft":
            node.func.attr, node.args = "pop", [_placed(core.constant(0), node)]
        elif found is not None and node.func.attr == "appendleft":
            node.func.attr, node.args = "insert", [_placed(core.constant(0), node), *node.args]
        return node

    def _of(self, node: gast.AST) -> Collection | None:
        return self.made.get(node.id) if isinstance(node, gast.Name) else None

    def _items_read(self, statement: gast.AST) -> list[gast.Subscript]:
        """`d[k]` of such dicts that the statement reads itself, or writes a part of."""
        found = []
        for node in _own(statement):
            if isinstance(node, gast.Subscript) and (made := self._of(node.value)) is not None and made.default:
                is_read = isinstance(node.ctx, gast.Load)
                if is_read or isinstance(statement, gast.AugAssign) and statement.target is node:
                    found.append(node)
        return found

    def _with_entry(self, item: gast.Subscript, statement: gast.AST) -> list[gast.AST]:
        name, key = item.value.id, item.slice
        missing = gast.Compare(core.copied(key), [gast.NotIn()], [core.name(name)])
        target = gast.Subscript(core.name(name), core.copied(key), gast.Store())
        entry = gast.Assign([target], self.made[name].default(), None)
        return [_placed(gast.If(missing, [entry], []), statement)]

    def _shortened(self, statement: gast.AST) -> list[gast.AST]:
        """Behind `q.append(v)`, what goes at the other end of a deque that has got too long."""
        call = statement.value if isinstance(statement, gast.Expr) else None
        owner = call.func.value if isinstance(call, gast.Call) and isinstance(call.func, gast.Attribute) else None
        made = self._of(owner) if owner is not None else None
        if made is None or made.limit is None or call.func.attr not in ("append", "insert"):
            return []
        length = gast.Call(core.name("len"), [core.name(owner.id)], [])
        arguments = [core.constant(0)] if call.func.attr == "append" else []
        pop = gast.Call(gast.Attribute(core.name(owner.id), "pop", gast.Load()), arguments, [])
        test = gast.Compare(length, [gast.Gt()], [core.copied(made.limit)])
        return [_placed(gast.If(test, [gast.Expr(pop)], []), statement)]


def _own(statement: gast.AST) -> Iterator[gast.AST]:
    """The nodes of a statement, but for those of the statements inside, in the order of evaluation, about."""
    stack = [statement]
    while stack:
        node = stack.pop()
        yield node
        inner = [n for n in gast.iter_child_nodes(node) if not isinstance(n, gast.stmt)]
        stack += inner[::-1]


def _placed(new: gast.AST, old: gast.AST) -> gast.AST:
    for node in gast.walk(new):
        if isinstance(node, gast.stmt | gast.expr) and "lineno" not in node.__dict__:
            gast.copy_location(node, old)
    return new
