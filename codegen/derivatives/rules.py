"""Instantiates the text of derivative rules as Core statements."""

import builtins
import functools
from collections.abc import Iterable, Mapping
from typing import Any

import gast
import numpy

from s2s.codegen.core import core
from s2s.codegen.derivatives import variadic
from s2s.codegen.derivatives.absent import without
from s2s.codegen.derivatives.templates import Template, template
from s2s.codegen.desugaring.normal_form import Flattener
from s2s.codegen.inference import kinds
from s2s.codegen.inference.operations import Operation, replace_at
from s2s.runtime import support


@functools.cache
def parsed(text: str) -> tuple[gast.AST, ...]:
    return tuple(_without_positions(gast.parse(text)).body)


@functools.cache
def _templates(text: str) -> list[tuple[gast.AST, Template]]:
    """The targets and values of a rule of several statements."""
    return [(statement.targets[0], template(statement.value)) for statement in parsed(text)]


@functools.cache
def parsed_expression(text: str) -> gast.AST:
    return _without_positions(gast.parse(f"({text.strip()})", mode="eval")).body


def _without_positions(tree: gast.AST) -> gast.AST:
    """Positions in a rule are of no use in the functions that it is written into."""
    for node in core.nodes(tree):
        for attribute in core.POSITION:
            node.__dict__.pop(attribute, None)
    return tree


class RuleWriter:
    """Writes instances of rules into a list of statements.

    Args:
        function: the function being written; gets fresh names and references.
        emit: called with each statement.
    """

    def __init__(self, function: core.Function, emit: Any):
        self.function = function
        self.emit = emit
        self.like: gast.AST | None = None
        self.zeros: set[str] = set()  # names of cotangents that are zero
        self.parts: dict[str, list[gast.AST]] = {}  # name of a tuple of cotangents to its elements
        self.globals: dict[str, gast.AST] = {}  # names in rules to what they are here

    # Global names ------------------------------------------------------------------------------------------------

    def numpy(self, attribute: str) -> gast.AST:
        return core.path(f"{self.alias(numpy, 'np')}.{attribute}")

    def support(self, name: str) -> gast.AST:
        return core.name(self.alias(getattr(support, name), name))

    def alias(self, target: Any, preferred: str) -> str:
        """The global name of an object in the emitted file: the user's own alias where there is one."""
        references = self.function.references
        for name, found in references.items():
            if found is target:
                return name
        user = next((n for n, v in _globals_of(self.function) if v is target and n not in self.function.bases), None)
        chosen = user if user is not None else self._name_for(target, preferred)
        references[chosen] = target
        self.function.namer.reserve(chosen)
        return chosen

    def _name_for(self, target: Any, preferred: str) -> str:
        """A name that the function has for nothing else; builtins keep theirs where they can."""
        is_builtin = getattr(builtins, preferred, None) is target
        if is_builtin and preferred not in self.function.namer.taken:
            return preferred
        return self.function.namer.fresh(preferred)

    # Expressions -------------------------------------------------------------------------------------------------

    def named(self, value: gast.AST, base: str) -> gast.AST:
        """The value as an atom; a new version of `base` if it is not one."""
        if type(value) is gast.Name or core.is_literal(value):
            return value
        version = self.function.fresh(base)
        self.emit(core.assign(version, value, self.like))
        return core.name(version)

    def operation(self, expression: gast.AST, environment: dict[str, str] | None = None) -> gast.AST:
        """Flattens an expression of a rule into one operation over atoms."""
        return self._flattener(environment or {}).operation(expression)

    def atom(self, expression: gast.AST, environment: dict[str, str] | None = None) -> gast.AST:
        return self._flattener(environment or {}).atom(expression)

    def _flattener(self, environment: dict[str, str]) -> Flattener:
        flattener = Flattener(self.function, environment, set(), self._emit_temporary, self.like, self)
        return flattener

    def _emit_temporary(self, statement: gast.AST) -> None:
        statement.temporary = True
        self.emit(statement)

    def refuse(self, expression: gast.AST) -> gast.AST:
        raise ValueError(f"a rule holds {type(expression).__name__}, which rules may not")

    conditional = walrus = unset = value_of = without_assignments = comprehension = refuse

    def consumed(self, expression: gast.AST) -> None:
        """No rule makes a generator."""

    def called(self, node: gast.AST, call: gast.AST) -> gast.AST:
        return call

    def text(self, text: str, mapping: Mapping[str, gast.AST]) -> gast.AST:
        """A rule's expression with its parameters filled in (not yet flattened)."""
        return core.substitute(parsed_expression(text), self._globals_in(parsed_expression(text), mapping))

    def block(self, text: str, mapping: Mapping[str, gast.AST]) -> dict[str, gast.AST]:
        """Writes a rule of several statements; returns what each assigned name came to (as one operation)."""
        mapping = dict(mapping)
        done: dict[str, gast.AST] = {}
        statements = _templates(text)
        for target, value in statements:
            operation = self.instance(value, mapping)
            is_last = target is statements[-1][0]
            for name, node in self._assigned(target, operation, is_last, mapping):
                mapping[name] = done[name] = node
        return done

    def instance(self, rule: Template, mapping: Mapping[str, gast.AST]) -> gast.AST:
        """A rule's expression with its parameters filled in, as one operation."""
        return rule.operation(self, self._with_globals(rule.names, mapping))

    def _adjoint_base(self, operand: gast.AST | None) -> str:
        known = isinstance(operand, gast.Name) and operand.id in self.function.bases
        return f"{self.function.bases[operand.id]}_bar" if known else "adjoint"

    def _part_base(self, name: str, mapping: Mapping[str, gast.AST]) -> str:
        operand = mapping.get(name[: -len("_bar")]) if name.endswith("_bar") else None
        return self._adjoint_base(operand) if isinstance(operand, gast.Name) else name

    def expanded(
        self, expression: gast.AST, name: str, nodes: list[gast.AST], place: int, mapping: Mapping[str, gast.AST]
    ) -> gast.AST:
        """A variadic rule's expression for one operand, as one operation."""
        mapping = self._globals_in(expression, mapping)
        return self.operation(variadic.expand(expression, name, nodes, place, mapping))

    def _assigned(
        self, target: gast.AST, operation: gast.AST, keep: bool, mapping: Mapping[str, gast.AST]
    ) -> list[tuple[str, gast.AST]]:
        if isinstance(target, gast.Name):
            value = operation if keep or target.id.endswith("_bar") else self.named(operation, target.id)
            if target.id.endswith("_bar") and not keep:
                value = self.named(operation, self._adjoint_base(mapping.get(target.id[: -len("_bar")])))
            return [(target.id, value)]
        names = core.target_names(target)
        versions = [self.function.fresh(self._part_base(n, mapping)) for n in names]
        self.emit(core.unpack(versions, operation, self.like))
        return [(n, core.name(v)) for n, v in zip(names, versions, strict=True)]

    def _globals_in(self, expression: gast.AST, mapping: Mapping[str, gast.AST]) -> dict[str, gast.AST]:
        return self._with_globals(dict.fromkeys(core.remembered_reads(expression)), mapping)

    def _with_globals(self, names: Iterable[str], mapping: Mapping[str, gast.AST]) -> dict[str, gast.AST]:
        """The mapping, with `np` and support functions under their names in the emitted file."""
        full, known = dict(mapping), self.globals
        for name in names:
            if name not in full:
                found = known[name] if name in known else self._global(name)
                if found is not None:
                    full[name] = known[name] = found
        return full

    def _global(self, name: str) -> gast.AST | None:
        if name == "np":
            return core.name(self.alias(numpy, "np"))
        if hasattr(support, name):
            return self.support(name)
        return core.name(self._builtin(name)) if hasattr(builtins, name) else None

    def _builtin(self, name: str) -> str:
        """The name of a builtin: its own, unless it stands for something else here."""
        function, target = self.function, getattr(builtins, name)
        is_taken = name in function.bases or any(found == name for found, _ in _globals_of(function))
        if is_taken or (function.references.get(name) or target) is not target:
            return self.alias(target, name)
        function.references[name] = target
        return name


def _globals_of(function: core.Function) -> list[tuple[str, Any]]:
    source = function.source
    return [*source.closure.items(), *source.globals.items()] if source is not None else []


def operand_nodes(operation: Operation, writer: RuleWriter) -> dict[str, gast.AST]:
    """Parameter to node for use inside a rule: slices become `np.s_[…]`."""
    return {p: as_argument(node, writer) for p, node in operation.binding.items()}


def as_argument(node: gast.AST, writer: RuleWriter) -> gast.AST:
    holds_slice = isinstance(node, gast.Slice) or (
        isinstance(node, gast.Tuple) and any(isinstance(e, gast.Slice) for e in node.elts)
    )
    return core.subscript(writer.numpy("s_"), node) if holds_slice else node


def contributions(
    writer: RuleWriter, operation: Operation, out: gast.AST, out_bar: gast.AST, function: core.Function
) -> dict[str, gast.AST]:
    """Reverse mode: active parameter to the operation that is its contribution."""
    primitive = operation.primitive
    mapping = operand_nodes(operation, writer) | {"out": out, "out_bar": out_bar}
    if primitive.category == "elementwise":
        return {p: _scaled(writer, operation, p, mapping, function) for p in operation.active}
    text = without(primitive.vjp, _absent(writer, out_bar))
    done = writer.block(_only(text, operation.active), mapping)
    return {p: done[f"{p}_bar"] for p in operation.active if f"{p}_bar" in done}


def _absent(writer: RuleWriter, out_bar: gast.AST) -> frozenset[int]:
    """The results, of several, whose cotangent is zero."""
    parts = writer.parts.get(out_bar.id, []) if isinstance(out_bar, gast.Name) else []
    return frozenset(i for i, part in enumerate(parts) if is_no_part(writer, part))


def item_bar(function: core.Function, name: str, value: gast.AST) -> list[gast.AST]:
    """The index and the cotangent of `getitem_bar(name, index, g)`; empty for anything else."""
    if type(value) is not gast.Call or not isinstance(value.func, gast.Name) or len(value.args) != 3:
        return []
    is_item = function.references.get(value.func.id) is support.getitem_bar
    return value.args[1:] if is_item and isinstance(value.args[0], gast.Name) and value.args[0].id == name else []


def is_no_part(writer: RuleWriter, part: gast.AST) -> bool:
    """Is the part of a cotangent None or known to be zero?"""
    none = isinstance(part, gast.Constant) and part.value is None
    return none or (isinstance(part, gast.Name) and part.id in writer.zeros)


def variadic_contributions(
    writer: RuleWriter, operation: Operation, name: str, places: list[int], out: gast.AST, out_bar: gast.AST
) -> list[tuple[gast.AST, gast.AST]]:
    """Reverse mode beside and for a variadic operand: (operand, its contribution) for the active ones."""
    mapping = operand_nodes(operation, writer) | {"out": out, "out_bar": out_bar}
    nodes = operation.binding[name].elts
    pairs = []
    for statement in parsed(operation.primitive.vjp):
        target = statement.targets[0]
        if isinstance(target, gast.Subscript):  # operands_bar[k] = …
            pairs += [(nodes[k], writer.expanded(statement.value, name, nodes, k, mapping)) for k in places]
        elif target.id[: -len("_bar")] in operation.active:
            value = writer.expanded(statement.value, name, nodes, 0, mapping)
            pairs.append((operation.binding[target.id[: -len("_bar")]], value))
    return pairs


def variadic_tangent(
    writer: RuleWriter,
    operation: Operation,
    name: str,
    dots: dict[int, gast.AST],
    plain_dots: dict[str, gast.AST],
    out: gast.AST,
) -> gast.AST:
    """Forward mode for a variadic operand and those beside it: the sum over the active ones."""
    mapping = operand_nodes(operation, writer) | {"out": out}
    nodes = operation.binding[name].elts
    text = parsed_expression(operation.primitive.jvp[name])
    terms = [writer.expanded(text, name, nodes, k, mapping | {f"{name}_dot": dot}) for k, dot in dots.items()]
    for p, dot in plain_dots.items():
        text = parsed_expression(operation.primitive.jvp[p])
        terms.append(writer.expanded(text, name, nodes, 0, mapping | {f"{p}_dot": dot}))
    named = [writer.named(t, "term_dot") for t in terms[:-1]]
    return writer.operation(_sum([*named, terms[-1]]))


@functools.cache
def _only(text: str, active: tuple[str, ...]) -> str:
    """The statements of a rule that the adjoints of the active operands need."""
    needed = {f"{p}_bar" for p in active}
    kept: list[gast.AST] = []
    for statement in reversed(parsed(text)):
        names = core.target_names(statement.targets[0])
        if needed & set(names):
            kept.append(statement)
            needed |= set(core.reads(statement.value))
    module = gast.Module(list(reversed(kept)), [])
    return gast.unparse(gast.fix_missing_locations(module))


def _scaled(
    writer: RuleWriter, operation: Operation, parameter: str, mapping: Mapping[str, gast.AST], function: core.Function
) -> gast.AST:
    """`out_bar * partial`, brought back to the operand's shape."""
    text = operation.primitive.partials[parameter]
    partial = parsed_expression(text)
    value = mapping.get(partial.id, partial) if type(partial) is gast.Name else partial
    one = next((n for n in (1, -1) if core.is_constant(value, n)), None)
    shaped_like = parameter if may_broadcast(operation, parameter, function) else None
    return writer.instance(_scaling(text, one, shaped_like), mapping)


@functools.cache
def _scaling(text: str, one: int | None, shaped_like: str | None) -> Template:
    """The template of `sum_to(out_bar * partial, np.shape(operand))`; `one` is the partial where it is that number."""
    partial = parsed_expression(text)
    scaled = times(core.name("out_bar"), partial if one is None else core.constant(one))
    if shaped_like is None:
        return template(scaled, core.reads(partial))
    shape = core.call("np.shape", core.name(shaped_like))
    return template(core.call("sum_to", scaled, shape), [*core.reads(partial), "np", "sum_to"])


def times(factor: gast.AST, partial: gast.AST) -> gast.AST:
    if core.is_constant(partial, 1):
        return factor
    if core.is_constant(partial, -1):
        return gast.UnaryOp(gast.USub(), factor)
    return gast.BinOp(factor, gast.Mult(), partial)


def may_broadcast(operation: Operation, parameter: str, function: core.Function) -> bool:
    """Can the result have a larger shape than this operand? Not if all others are scalars."""
    others = [operation.binding[p] for p in operation.primitive.operands if p != parameter]
    return not all(_is_scalar(node, function) for node in others)


def _is_scalar(node: gast.AST, function: core.Function) -> bool:
    if core.is_literal(node):
        return True
    kind = function.kinds.get(node.id) if isinstance(node, gast.Name) else None
    return isinstance(kind, kinds.Numeric) and kind.scalar


def tangent(
    writer: RuleWriter,
    node: gast.AST,
    operation: Operation,
    out: gast.AST,
    dots: Mapping[str, gast.AST],
    function: core.Function,
) -> gast.AST:
    """Forward mode: the operation that is the tangent of the result; `dots` holds the active operands' tangents."""
    primitive = operation.primitive
    mapping = operand_nodes(operation, writer) | {"out": out}
    if primitive.category == "linear":
        return replace_at(node, operation.places, dots)
    if primitive.category == "elementwise":
        terms = [times(dots[p], writer.text(primitive.partials[p], mapping)) for p in operation.active]
        return _broadcast_like_result(writer, operation, _sum(terms), out, function)
    mapping |= {f"{p}_dot": dot for p, dot in dots.items()}
    together = primitive.jvp.get(" ".join(operation.active))  # for operands that are linear together
    if together is not None:
        return writer.operation(writer.text(together, mapping))
    terms = [writer.text(primitive.jvp[p], mapping) for p in operation.active if p in primitive.jvp]
    return writer.operation(_sum(terms) if terms else core.call(writer.numpy("zeros_like"), out))


def _sum(terms: list[gast.AST]) -> gast.AST:
    total = terms[0]
    for term in terms[1:]:
        total = gast.BinOp(total, gast.Add(), term)
    return total


def _broadcast_like_result(
    writer: RuleWriter, operation: Operation, total: gast.AST, out: gast.AST, function: core.Function
) -> gast.AST:
    """A tangent has its value's shape also where an inactive operand is the larger one."""
    inactive = [operation.binding[p] for p in operation.primitive.operands if p not in operation.active]
    if all(_is_scalar(n, function) for n in inactive):
        return writer.operation(total)
    shape = core.call(writer.numpy("shape"), out)
    return writer.operation(core.call(writer.numpy("broadcast_to"), total, shape))
