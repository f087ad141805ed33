"""Changes of values in place: stores into elements and attributes, methods that change their object, `del`.

A staged array sees the stores into it by itself. Lists, dicts and objects do not: where a block may be built without
being run, or run more than once, their changes go through the runtime, which can undo them or carry them round.
"""

import copy
import functools
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.staging.locals import Created
from s2s.codegen.staging.visitor import StageVisitor, loaded, stored, thunk

MUTATORS = frozenset("append extend insert remove clear add discard update setdefault pop popitem sort reverse".split())
MUTATORS |= {"appendleft", "popleft"}


class Stores(StageVisitor):
    """Rewrites stores whose effect may have to be undone, or to be carried by a loop."""

    @functools.cached_property
    def created(self) -> Created:
        return Created(self.source.tree, self.bindings, self.object)

    def is_logged(self, owner: Any) -> bool:
        """Whether a change of what an expression stands for must be seen by the runtime."""
        if self.entry and self.function is self.source.tree and not self.inside:
            return self._may_have_two_names(owner)
        is_name = isinstance(owner, gast.Name) and owner.id in self.bindings
        return not (
            is_name and self.created.here(owner.id, (self.function, *self.inside))
        ) and not self._is_under_construction(owner)

    def _may_have_two_names(self, owner: Any) -> bool:
        """Whether an expression may stand for a container that is an entry of another, or has another name."""
        if not isinstance(owner, gast.Name):
            return isinstance(owner, gast.Subscript | gast.IfExp | gast.BoolOp)
        if self.created.is_number_or_array(owner.id):
            return False
        return owner.id in self.aliased or any(map(self._is_other_name, self.bindings.get(owner.id, [])))

    def _is_other_name(self, value: Any) -> bool:
        return isinstance(value, gast.Name | gast.Subscript | gast.IfExp | gast.BoolOp)

    @functools.cached_property
    def aliased(self) -> set[str]:
        """The names that stand alone where another name or a container gets what they hold."""
        values = [value for given in self.bindings.values() for value in given if self._is_other_name(value)]
        parts = [part for value in values for part in (value, *core.nodes(value)) if isinstance(part, gast.Name)]
        calls = [n for n in self.nodes if isinstance(n, gast.Call) and isinstance(n.func, gast.Attribute)]
        given = [a for call in calls if call.func.attr in MUTATORS for a in call.args if isinstance(a, gast.Name)]
        return {name.id for name in [*parts, *given]}

    def _is_under_construction(self, owner: Any) -> bool:
        """Whether this is the `self` of an `__init__`."""
        function = self.function
        first = [*function.args.posonlyargs, *function.args.args][:1]
        return function.name == "__init__" and bool(first) and isinstance(owner, gast.Name) and owner.id == first[0].id

    # Lists --------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def growing(self) -> set[int]:
        """The list displays that are bound to a name to which a loop or a branch appends."""
        blocks = [n for n in self.nodes if isinstance(n, gast.For | gast.While | gast.If)]
        names = {name for block in blocks for n in core.nodes(block) if (name := _appended_to(n)) is not None}
        values = [value for name in sorted(names) for value in self.bindings.get(name, [])]
        return {id(value) for value in values if isinstance(value, gast.List)}

    def visit_List(self, node: Any) -> Any:
        if id(node) not in self.growing:
            return self.generic_visit(node)
        arguments = [self.generic_visit(node)] if node.elts else []
        return gast.copy_location(self.runtime("list_", *arguments, like=node), node)

    # Assignments --------------------------------------------------------------------------------------------------

    def visit_Assign(self, node: Any) -> Any:
        if not any(self._is_rewritten(t) for target in node.targets for t in _parts(target)):
            return self.generic_visit(node)
        value = self.visit(node.value)
        if len(node.targets) == 1 and not isinstance(node.targets[0], gast.Tuple | gast.List):
            return gast.copy_location(self._store(node.targets[0], value), node)
        return self._store_parts(node, value)

    def _store_parts(self, node: Any, value: Any) -> list[Any]:
        """Several targets: all values are taken first, then stored one by one."""
        whole = self.namer.fresh("value")
        made = [gast.Assign([stored(whole)], value, None)] if len(node.targets) > 1 else []
        for target in node.targets:
            parts = [t for t in _parts(target) if self._is_rewritten(t)]
            names = {id(part): self.namer.fresh("value") for part in parts}
            taken = gast.Assign([self._renamed(target, names)], loaded(whole) if len(node.targets) > 1 else value, None)
            made += [taken, *(self._store(part, loaded(names[id(part)])) for part in parts)]
        return [gast.copy_location(s, node) for s in made]

    def _renamed(self, target: Any, names: dict[int, str]) -> Any:
        if id(target) in names:
            return gast.copy_location(stored(names[id(target)]), target)
        if isinstance(target, gast.Tuple | gast.List):
            return gast.copy_location(type(target)([self._renamed(t, names) for t in target.elts], target.ctx), target)
        if isinstance(target, gast.Starred):
            return gast.copy_location(gast.Starred(self._renamed(target.value, names), target.ctx), target)
        return self.visit(target)

    def _is_rewritten(self, target: Any) -> bool:
        if isinstance(target, gast.Name):
            return self._blocks_declare(target.id)
        return self._is_logged_place(target)

    def _is_logged_place(self, target: Any) -> bool:
        """Whether an element or attribute is one that the runtime must see the stores into; arrays see them anyway."""
        if isinstance(target, gast.Subscript) and isinstance(target.value, gast.Name):
            if self.created.is_number_or_array(target.value.id):
                return False
            if isinstance(self.object(target.value), np.ndarray):
                return True
        if self.wary and isinstance(target, gast.Subscript) and not self.static.is_static(target.slice):
            return not isinstance(target.slice, gast.Slice)
        return isinstance(target, gast.Subscript | gast.Attribute) and self.is_logged(target.value)

    def _blocks_declare(self, name: str) -> bool:
        """Whether a name is a variable of a function around this one, which a region may have to carry."""
        return self._declares_nonlocal and self.scope.declared.get(name) == "nonlocal"

    @functools.cached_property
    def _declares_nonlocal(self) -> bool:
        return any(type(n) is gast.Nonlocal for n in self.nodes)

    def _store(self, target: Any, value: Any) -> Any:
        if isinstance(target, gast.Name):
            return self._statement("store_nonlocal", thunk(loaded(target.id)), value, like=target)
        if isinstance(target, gast.Attribute):
            name = gast.Constant(target.attr, None)
            return self._statement("store_attribute", self.visit(target.value), name, value, like=target)
        return self._statement("store_item", self.visit(target.value), self.index(target.slice), value, like=target)

    def _statement(self, name: str, *arguments: Any, like: Any) -> Any:
        return gast.copy_location(gast.Expr(self.runtime(name, *arguments, like=like)), like)

    def index(self, node: Any) -> Any:
        """An index as an expression: slices are written as calls."""
        if isinstance(node, gast.Slice):
            parts = [
                gast.Constant(None, None) if p is None else self.visit(p) for p in (node.lower, node.upper, node.step)
            ]
            parts = parts if node.step is not None else parts[:2]
            return gast.copy_location(gast.Call(loaded("slice"), parts, []), node)
        if isinstance(node, gast.Tuple) and any(isinstance(e, gast.Slice) for e in node.elts):
            return gast.copy_location(gast.Tuple([self.index(e) for e in node.elts], node.ctx), node)
        return self.visit(node)

    # Augmented assignments ----------------------------------------------------------------------------------------

    def visit_AugAssign(self, node: Any) -> Any:
        target = node.target
        if isinstance(target, gast.Name):
            return self._augmented_name(node)
        if isinstance(target, gast.Subscript) and self._may_be_mask(target.slice):
            place = [self.visit(target.value), self.index(target.slice)]
            return self._statement("augment_item", *place, _operator(node.op), self.visit(node.value), like=node)
        if not self._is_logged_place(target):
            return self.generic_visit(node)
        before, target = self._evaluated(target)
        item = self._read_again(target)
        changed = self.runtime("augment", item, _operator(node.op), self.visit(node.value), like=node)
        return [*before, gast.copy_location(self._store(target, changed), node)]

    def _may_be_mask(self, node: Any, seen: frozenset[str] = frozenset()) -> bool:
        """Whether an index may select by staged truth values, which elements cannot be read by."""
        if self.static.is_static(node):
            return False
        if isinstance(node, gast.Name):
            values = [] if node.id in seen else self.bindings.get(node.id, [])
            return any(value is not None and self._may_be_mask(value, seen | {node.id}) for value in values)
        if isinstance(node, gast.UnaryOp | gast.BinOp):
            return isinstance(node.op, gast.Invert | gast.BitAnd | gast.BitOr | gast.BitXor)
        is_range = isinstance(node, gast.Call) and self.object(node.func) is range
        return isinstance(node, gast.Compare | gast.Call) and not is_range

    def _augmented_name(self, node: Any) -> Any:
        name, value = node.target.id, self.visit(node.value)
        is_plain = self.static.is_static(node.value) or self.static.is_static(node.target)
        if self._blocks_declare(name):
            changed = self.runtime("augment", loaded(name), _operator(node.op), value, like=node)
            return gast.copy_location(self._store(node.target, changed), node)
        if is_plain or self.created.is_number_or_array(name) or not self.is_logged(loaded(name)):
            node.value = value
            return node
        changed = self.runtime("augment", loaded(name), _operator(node.op), value, like=node)
        return gast.copy_location(gast.Assign([node.target], changed, None), node)

    def _evaluated(self, target: Any) -> tuple[list[Any], Any]:
        """The target with calls in it evaluated once, into variables."""
        before: list[Any] = []
        fields = {"value": target.value} | ({"slice": target.slice} if isinstance(target, gast.Subscript) else {})
        for name, part in fields.items():
            if not all(isinstance(n, _REPEATABLE) for n in core.nodes(part)):
                kept = self.namer.fresh("owner" if name == "value" else "index")
                taken = self.visit(part) if name == "value" else self.index(part)
                before.append(gast.copy_location(gast.Assign([stored(kept)], taken, None), part))
                fields[name] = gast.copy_location(loaded(kept), part)
        if isinstance(target, gast.Attribute):
            return before, gast.copy_location(gast.Attribute(fields["value"], target.attr, target.ctx), target)
        return before, gast.copy_location(gast.Subscript(fields["value"], fields["slice"], target.ctx), target)

    def _read_again(self, target: Any) -> Any:
        read = copy.deepcopy(target)
        read.ctx = gast.Load()
        return self.visit(read)

    # Methods and deletions ----------------------------------------------------------------------------------------

    def mutation(self, call: Any) -> Any:
        """`mutate(xs, "append")` for the method of a call that changes its object, or None."""
        function = call.func
        if not isinstance(function, gast.Attribute) or function.attr not in MUTATORS:
            return None
        if not (function.attr == "sort" or self.is_logged(function.value)) or self.object(function) is not None:
            return None
        return self.runtime("mutate", self.visit(function.value), gast.Constant(function.attr, None), like=function)

    def visit_Delete(self, node: Any) -> Any:
        made = [self._deleted(target) for target in node.targets]
        return [gast.copy_location(statement, node) for statement in made]

    def _deleted(self, target: Any) -> Any:
        if isinstance(target, gast.Name) and self._blocks:
            self.changed = True
            return gast.Assign([stored(target.id)], loaded(self.names["UNDEFINED"]), None)
        if isinstance(target, gast.Name) or not self.is_logged(target.value):
            return gast.Delete([self.visit(target)])
        is_item = isinstance(target, gast.Subscript)
        method = gast.Constant("__delitem__" if is_item else "__delattr__", None)
        change = self.runtime("mutate", self.visit(target.value), method, like=target)
        which = self.index(target.slice) if is_item else gast.Constant(target.attr, None)
        return gast.Expr(gast.copy_location(gast.Call(change, [which], []), target))


def _appended_to(node: Any) -> str | None:
    """The name of the list in `xs.append(x)`."""
    is_method = isinstance(node, gast.Call) and isinstance(node.func, gast.Attribute)
    if not is_method or node.func.attr not in ("append", "extend") or not isinstance(node.func.value, gast.Name):
        return None
    return node.func.value.id


# What may be evaluated a second time.
_REPEATABLE: tuple[type, ...] = (
    gast.Name,
    gast.Attribute,
    gast.Subscript,
    gast.Constant,
    gast.Tuple,
    gast.Slice,
    gast.BinOp,
    gast.UnaryOp,
)
_REPEATABLE += (gast.expr_context, gast.operator, gast.USub, gast.UAdd, gast.Invert)
_SYMBOLS = {
    gast.Add: "+", gast.Sub: "-", gast.Mult: "*", gast.Div: "/", gast.FloorDiv: "//", gast.Mod: "%", gast.Pow: "**",
    gast.MatMult: "@", gast.BitAnd: "&", gast.BitOr: "|", gast.BitXor: "^", gast.LShift: "<<", gast.RShift: ">>",
}  # fmt: skip


def _operator(node: Any) -> Any:
    return gast.Constant(f"{_SYMBOLS[type(node)]}=", None)


def _parts(target: Any) -> list[Any]:
    if isinstance(target, gast.Tuple | gast.List):
        return [part for element in target.elts for part in _parts(element)]
    return _parts(target.value) if isinstance(target, gast.Starred) else [target]
