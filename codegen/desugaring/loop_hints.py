"""Hints on loops, `s2s.loop(range(n), checkpoint=8)`: read from the source, and written into what is emitted of it.

A loop with `checkpoint` is written out as checkpointed calls (`s2s.checkpoint`) of a function with its iterations, all
of them or a segment at a time.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.desugaring import jumps
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.reading.guards import resolve_path
from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.staging import flow as stage_flow
from s2s.runtime.checkpointing import checkpoint
from s2s.runtime.loop_hints import loop

LOOPS = (gast.For, gast.While)
_KEPT = ("unroll", "max_iters")
# How long segments are, for at most so many of them, also where there are no iterations.
_SIZE = "_ // _ + 1"


def taken(node: Any, resolve: Callable[[Any], Any]) -> tuple[Any, dict[str, Any]]:
    """What a loop runs over, or its test, without hints, and these by name."""
    if not isinstance(node, gast.Call) or len(node.args) != 1 or resolve(node.func) is not loop:
        return node, {}
    return node.args[0], {k.arg: k.value for k in node.keywords}


def written_out(source: FunctionSource) -> tuple[FunctionSource, dict[str, Any]]:
    """The function with hints as attributes of its loops, and checkpoints as calls; what names of these stand for."""
    if not any(_header(loop, source)[1] for kind in LOOPS for loop in source.survey.of(kind)):
        return source, {}
    tree = core.copied(source.tree)
    stage_flow.annotate(tree, core.nodes(tree))
    writer = _Writer(source, Namer(names_in(tree)))
    tree.body = writer.block(tree.body)
    return replace(source, tree=tree, lifted=None), writer.added


def _header(node: Any, source: FunctionSource) -> tuple[Any, dict[str, Any]]:
    def resolve(function: Any) -> Any:
        path = core.dotted(function)
        return None if path is None else resolve_path(source, path)

    return taken(node.iter if isinstance(node, gast.For) else node.test, resolve)


class _Writer(gast.NodeTransformer):
    """Rewrites the loops of one function.

    Attributes:
        added: names of the rewritten text to the objects that they stand for.
    """

    def __init__(self, source: FunctionSource, namer: Namer) -> None:
        self.source, self.namer = source, namer
        self.added: dict[str, Any] = {}

    def block(self, body: list[Any]) -> list[Any]:
        made = [self.visit(statement) for statement in body]
        return [s for one in made for s in (one if isinstance(one, list) else [one])]

    def visit_FunctionDef(self, node: Any) -> Any:
        return node  # it is a function of its own, once it is lifted

    visit_Lambda = visit_FunctionDef

    def visit_For(self, node: Any) -> Any:
        header, hints = _header(node, self.source)
        self.generic_visit(node)
        if isinstance(node, gast.For):
            node.iter = header
        else:
            node.test = header
        node.hints = {k: v for k, v in hints.items() if k in _KEPT and isinstance(v, gast.Constant)}
        wanted = hints.get("checkpoint", gast.Constant("all", None))
        if isinstance(wanted, gast.Constant) and wanted.value == "all":
            return node
        self._refuse_jumps(node)
        if isinstance(wanted, gast.Constant) and wanted.value == "none":
            return self._located([*self._call(node, "iterations", [], [node])], node)
        made = (
            self._segments_for(node, wanted)
            if isinstance(node, gast.For)
            else self._segments_while(node, wanted, hints)
        )
        return self._located(made, node)

    visit_While = visit_For

    def _refuse_jumps(self, node: Any) -> None:
        found = [n for n in stage_flow.own_nodes(node.body) if isinstance(n, gast.Return | gast.Nonlocal | gast.Global)]
        found += [node] if jumps.BREAK in jumps.exits(node.body) or node.orelse else []
        if found:
            cause = "a loop with `checkpoint` is left by break or return, has an else, or declares variables"
            raise unsupported(self.source, found[0], cause, "let the test of a while loop say when it ends")

    def _located(self, made: list[Any], node: Any) -> list[Any]:
        for statement in made:
            for part in core.nodes(statement):
                if not hasattr(part, "lineno"):
                    gast.copy_location(part, node)
        return made

    # Text ---------------------------------------------------------------------------------------------------------

    def _call(self, node: Any, base: str, first: list[str], body: list[Any]) -> list[Any]:
        """The definition of a function of the variables that the loop changes, and its checkpointed call."""
        flow = node.flow
        live = flow.live_after | flow.live_inside
        changed = [n for n in flow.bound if n in live and n not in first]
        entering = [n for n in changed if n in flow.defined]
        unset = [n for n in changed if n in flow.live_inside and n not in flow.defined and n in flow.possible]
        if unset or not changed:
            cause = f"{unset[0]!r} may not be set before this loop" if unset else "this loop changes no variable"
            raise unsupported(self.source, node, f"{cause}, which has `checkpoint`", "set it before, or drop the hint")
        name = self.namer.fresh(base)
        out = _text_tuple(changed)
        definition = _parsed(f"def {name}({', '.join([*first, *entering])}):\n    return {out}")
        definition.body[:0] = body
        made = _parsed(f"{out} = {self._name(checkpoint, 'checkpoint')}({name})({', '.join([*first, *entering])})")
        return [definition, made]

    def _segments_for(self, node: Any, wanted: Any) -> list[Any]:
        """`for first in range(0, count, size)`, and a call for the iterations from `first` on."""
        before: list[Any] = []
        length = _length(self.source, node)
        count = self._value("count", length, before)
        sizes = [n.value for n in (count, wanted) if isinstance(n, gast.Constant)]
        each = -(-sizes[0] // sizes[1]) if len(sizes) == 2 else None
        size = self._value("size", _whole(max(1, each)) if each is not None else _put(_SIZE, count, wanted), before)
        first = self.namer.fresh("first")
        is_even = each and sizes[0] % each == 0
        end = _put(f"{first} + _" if is_even else f"min({first} + _, _)", size, count)
        definition, call = self._call(node, "segment", [first], [self._iterations(node, first, end)])
        outer = _parsed(f"for {first} in range(0, 1): pass")
        outer.iter.args[1:] = [core.copied(count), core.copied(size)]
        outer.body = [call]
        return [*before, definition, outer]

    def _iterations(self, node: Any, first: str, end: Any) -> Any:
        """The loop over those of one segment."""
        is_range = _is_plain_range(node.iter)
        place = node.target if is_range else core.stored(self.namer.fresh("place"))
        header = gast.Call(_parsed("range").value, [_parsed(first).value, end], [])
        element = [] if is_range else [gast.Assign([node.target], _put(f"_[{place.id}]", node.iter), None)]
        inner = gast.For(place, header, [*element, *node.body], [], None)
        inner.hints = node.hints
        return inner

    def _value(self, base: str, value: Any, before: list[Any]) -> Any:
        """A literal, or the name that it gets in a statement of `before`."""
        if isinstance(value, gast.Constant):
            return value
        name = self.namer.fresh(base)
        before.append(_assigned(name, value))
        return _parsed(name).value

    def _segments_while(self, node: Any, wanted: Any, hints: dict[str, Any]) -> list[Any]:
        """`while test:`, and in it as many iterations as a segment has while the test holds."""
        most = hints.get("max_iters")
        if most is None:
            cause = "a while loop takes a number of segments only where it is known how many iterations there can be"
            raise unsupported(self.source, node, cause, "give max_iters=..., or checkpoint='none'")
        size, done = self.namer.fresh("size"), self.namer.fresh("done")
        counted = _assigned(size, gast.UnaryOp(gast.USub(), gast.BinOp(_put("-_", most), gast.FloorDiv(), wanted)))
        test = gast.BoolOp(gast.And(), [core.copied(node.test), _parsed(f"{done} < {size}").value])
        inner = gast.While(test, [*node.body, _parsed(f"{done} = {done} + 1")], [])
        call = self._call(node, "segment", [], [_parsed(f"{done} = 0"), inner])
        outer = gast.While(node.test, [call[1]], [])
        return [counted, call[0], outer]

    def _name(self, target: Any, preferred: str) -> str:
        found = next((n for n, v in self.added.items() if v is target), None)
        if found is None:
            found = self.namer.fresh(preferred)
            self.added[found] = target
        return found


def _parsed(text: str) -> Any:
    statement = gast.parse(text).body[0]
    for node in gast.walk(statement):
        for attribute in core.POSITION:
            node.__dict__.pop(attribute, None)
    return statement


def _text_tuple(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names)


def _assigned(name: str, value: Any) -> Any:
    return gast.Assign([gast.Name(name, gast.Store(), None, None)], value, None)


def _whole(value: int) -> Any:
    return gast.Constant(value, None)


def _put(text: str, *parts: Any) -> Any:
    """An expression with others in place of its `_`, in their order."""
    return _Put([core.copied(part) for part in parts]).visit(_parsed(text).value)


class _Put(gast.NodeTransformer):
    def __init__(self, parts: list[Any]) -> None:
        self.parts = iter(parts)

    def visit_Name(self, node: Any) -> Any:
        return next(self.parts) if node.id == "_" else node


def _is_plain_range(node: Any) -> bool:
    is_range = isinstance(node, gast.Call) and getattr(node.func, "id", None) == "range"
    return is_range and len(node.args) == 1


def _length(source: FunctionSource, node: Any) -> Any:
    if _is_plain_range(node.iter):
        return node.iter.args[0]
    if core.dotted(node.iter) is None:
        cause = "a loop with segments runs over something else than range(n) or the elements of a variable"
        raise unsupported(source, node.iter, cause, "write `for i in s2s.loop(range(n), checkpoint=...)`")
    return _put("len(_)", node.iter)
