"""Forward mode on Core: each statement followed by that of its tangent (Griewank & Walther, ch. 3.1)."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives import custom_derivatives, rules, variadic
from s2s.codegen.emission import defaults
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import ListOf, MapOf, Numeric, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.codegen.simplifying.shapes import resolved
from s2s.runtime.helpers.checks import is_unset


class Forward:
    """Writes the tangent of one inferred function; `dots` maps an active name to its tangent's."""

    def __init__(self, function: core.Function, program: Any):
        self.function = function
        self.program = program
        self.out: list[gast.AST] = []
        self.writer = rules.RuleWriter(function, self._derive)
        self.dots: dict[str, str] = {}
        self.parameter_dots: list[str] = []

    def run(self, instance: Any) -> list[gast.AST]:
        for parameter in instance.active_parameters:
            self.parameter_dots.append(self.new_dot(parameter))
        body = self.block(self.function.body[:-1])
        self.out = body
        self.writer.like = last = self.function.body[-1]
        result = last.value
        pair = core.tuple_of([result, self.dot(result)])
        body.append(core.from_statement(gast.Return(pair), last))
        return body

    def _derive(self, statement: gast.AST) -> None:
        """Writes a statement that is not the user's."""
        statement.derived = True
        self.out.append(statement)

    # Tangents ----------------------------------------------------------------------------------------------------

    def new_dot(self, name: str) -> str:
        base = f"{self.function.bases.get(name, name)}_dot"
        self.dots[name] = self.function.fresh(base)
        self.function.kinds[self.dots[name]] = self.function.kinds.get(name, kinds.Unknown(True))
        return self.dots[name]

    def is_active(self, node: gast.AST) -> bool:
        kind = self.function.kinds.get(node.id) if isinstance(node, gast.Name) else None
        return kind is not None and kinds.is_active(kind)

    def dot(self, node: gast.AST) -> gast.AST:
        """The tangent of an atom; zeros for inactive ones."""
        if self.is_active(node) and node.id in self.dots:
            return core.name(self.dots[node.id])
        return self.writer.named(self.zeros(node), "zero_dot")

    def zeros(self, node: gast.AST) -> gast.AST:
        kind = self.function.kinds.get(node.id) if isinstance(node, gast.Name) else None
        if core.is_literal(node) and isinstance(core.literal(node), int | float):
            return core.constant(0.0)
        if (core.is_literal(node) and core.literal(node) is None) or is_unset(resolved(self.function, node)):
            return node
        if isinstance(kind, ListOf) and kind.elements == ():
            return core.list_of([])
        if isinstance(kind, Numeric) and kind.scalar:
            return core.constant(0.0)  # which takes the dtype of what it meets
        if isinstance(kind, Numeric):
            return core.call(self.writer.numpy("zeros_like"), node)
        return core.call(self.writer.support("zeros_like"), node)

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, body: list[gast.AST]) -> list[gast.AST]:
        outer, self.out = self.out, []
        for statement in body:
            self.writer.like = statement
            self.statement(statement)
        done, self.out = self.out, outer
        return done

    def statement(self, statement: gast.AST) -> None:
        self._open_loop(statement)
        if getattr(statement, "join", False):
            self.join(statement)
        elif isinstance(statement, gast.Assign):
            self.assignment(statement)
        elif isinstance(statement, gast.If):
            arms = [self.block(b) for b in (statement.body, statement.orelse)]
            self.out.append(core.from_statement(gast.If(statement.test, *arms), statement))
        elif isinstance(statement, gast.For):
            self.loop(statement)
        elif isinstance(statement, gast.While):
            self.out.append(core.from_statement(gast.While(statement.test, self.block(statement.body), []), statement))
        else:
            self.out.append(statement)

    def _open_loop(self, statement: gast.AST) -> None:
        """Carried variables have a tangent from the head of the loop on, set before it or not."""
        if not isinstance(statement, gast.For | gast.While):
            return
        for target, _ in core.split_join(statement.body)[1]:
            if kinds.is_active(self.function.kinds[target]) and target not in self.dots:
                self.new_dot(target)

    def join(self, statement: gast.AST) -> None:
        """Values and tangents together, simultaneously."""
        pairs = core.split_join([statement])[1]
        doubled = []
        for target, value in pairs:
            doubled.append((target, value))
            if kinds.is_active(self.function.kinds[target]):
                if target not in self.dots:
                    self.new_dot(target)
                doubled.append((self.dots[target], self.dot(value)))
        self.out.extend(core.simultaneous(doubled, statement))

    def assignment(self, statement: gast.AST) -> None:
        operation: Operation = statement.operation
        names = core.targets(statement)
        if not any(kinds.is_active(self.function.kinds[n]) for n in names):
            self.out.append(statement)
        elif operation.form == "unpack":
            self.unpack(statement, names)
        else:
            getattr(self, "tangent_of_" + operation.form)(statement, operation, names[0])

    def unpack(self, statement: gast.AST, names: list[str]) -> None:
        self.out.append(statement)
        dots = [self.new_dot(n) for n in names]
        self.out.append(core.unpack(dots, self.dot(statement.value), statement))

    def _follow(self, statement: gast.AST, target: str, value: gast.AST) -> None:
        self._derive(core.assign(self.new_dot(target), value, statement))

    def tangent_of_copy(self, statement: gast.AST, operation: Operation, target: str) -> None:
        self.out.append(statement)
        self._follow(statement, target, self.dot(statement.value))

    def tangent_of_primitive(self, statement: gast.AST, operation: Operation, target: str) -> None:
        self.out.append(statement)
        name = variadic.variadic_operand(operation.primitive.parameters)
        if name is not None:
            self._follow(statement, target, self._variadic(operation, name, target))
            return
        if isinstance(statement.value, gast.Subscript):
            item = core.subscript(self.dot(statement.value.value), statement.value.slice)
            self._follow(statement, target, item)
            return
        dots = {p: self._operand_dot(operation, p) for p in self._needed(operation)}
        value = rules.tangent(self.writer, statement.value, operation, core.name(target), dots, self.function)
        self._follow(statement, target, value)

    def _variadic(self, operation: Operation, name: str, target: str) -> gast.AST:
        dots = {i: self.dot(n) for i, n in enumerate(operation.binding[name].elts) if self.is_active(n)}
        plain = {p: self.dot(operation.binding[p]) for p in operation.active if p != name}
        return rules.variadic_tangent(self.writer, operation, name, dots, plain, core.name(target))

    def _needed(self, operation: Operation) -> list[str]:
        """Operations linear in all operands together take zeros for inactive ones, too."""
        if operation.primitive.category == "linear":
            return [p for p in operation.primitive.operands if p in operation.places]
        return list(operation.active)

    def _operand_dot(self, operation: Operation, parameter: str) -> gast.AST:
        node = operation.binding[parameter]
        if isinstance(node, gast.Tuple):
            return core.tuple_of(self.dot(e) for e in node.elts)
        return self.dot(node)

    def tangent_of_build(self, statement: gast.AST, operation: Operation, target: str) -> None:
        self.out.append(statement)
        kind = self.function.kinds[target]
        dots = {k: self.dot(n) if k in operation.active else self._zero_part(n) for k, n in operation.binding.items()}
        if isinstance(kind, TupleOf):
            value = core.tuple_of(dots.values())
            value = core.call(statement.value.func, *dots.values()) if kind.cls is not None else value
        elif isinstance(kind, ListOf):
            value = core.list_of(dots.values())
        else:
            value = gast.Dict(statement.value.keys, list(dots.values()))
        self._follow(statement, target, value)

    def _zero_part(self, node: gast.AST) -> gast.AST:
        return self.writer.named(self.zeros(node), "zero_dot")

    def tangent_of_replaced(self, statement: gast.AST, operation: Operation, target: str) -> None:
        self.out.append(statement)
        call = statement.value
        owner = gast.Attribute(self.dot(operation.binding["owner"]), call.func.attr, gast.Load())
        keywords = [gast.keyword(k.arg, self.dot(k.value)) for k in call.keywords]
        self._follow(statement, target, gast.Call(owner, [], keywords))

    def tangent_of_getitem(self, statement: gast.AST, operation: Operation, target: str) -> None:
        self.out.append(statement)
        owner = self.dot(operation.binding["container"])
        node = statement.value
        if isinstance(node, gast.Attribute):
            value = gast.Attribute(owner, node.attr, gast.Load())
        else:
            value = core.subscript(owner, node.slice)
        self._follow(statement, target, value)

    def tangent_of_cast(self, statement: gast.AST, operation: Operation, target: str) -> None:
        self.out.append(statement)
        self._follow(statement, target, core.call(statement.value.func, self.dot(operation.binding["container"])))

    def tangent_of_call(self, statement: gast.AST, operation: Operation, target: str) -> None:
        """`v, v_dot = f_jvp(*args, *dots)`, all by position."""
        instance = operation.callee
        if instance.rule is not None:
            call = custom_derivatives.tangent(self, statement, instance)
            self.out.append(core.unpack([target, self.new_dot(target)], call, statement))
            return
        arguments = [operation.binding.get(p) for p in instance.arguments]
        nodes = [
            n if n is not None else self._default(instance, p)
            for p, n in zip(instance.arguments, arguments, strict=True)
        ]
        dots = [self.dot(operation.binding[p]) for p in instance.active_parameters]
        call = core.call(instance.tangent_name(), *nodes, *dots)
        self.out.append(core.unpack([target, self.new_dot(target)], call, statement))

    def _default(self, instance: Any, parameter: str) -> gast.AST:
        """The value that the default has, which was evaluated where the callee was defined."""
        given = instance.function.source.defaults
        if parameter not in given:
            return instance.function.defaults[parameter]
        if defaults.is_plain(given[parameter]):
            return defaults.literal_node(given[parameter])
        name = self.function.fresh(f"{instance.function.name}_{parameter}")
        self.function.references[name] = given[parameter]
        return core.name(name)

    # Loops -------------------------------------------------------------------------------------------------------

    def loop(self, statement: gast.For) -> None:
        target, iterator = self._paired(statement.target, statement.iter)
        body = self.block(statement.body)
        self.out.append(core.from_statement(gast.For(target, iterator, body, [], None), statement))

    def _paired(self, target: gast.AST, iterator: gast.AST) -> tuple[gast.AST, gast.AST]:
        """`for x in xs` becomes `for x, x_dot in zip(xs, xs_dot)`, at the depth where xs stands."""
        name = iterator.func.id if isinstance(iterator, gast.Call) and core.is_name(iterator.func) else None
        if name == "zip":
            done = [self._paired(t, i) for t, i in zip(target.elts, iterator.args, strict=True)]
            both = gast.Call(iterator.func, [i for _, i in done], iterator.keywords)
            return gast.Tuple([t for t, _ in done], gast.Store()), both
        if name == "enumerate":
            inner, source = self._paired(target.elts[1], iterator.args[0])
            return gast.Tuple([target.elts[0], inner], gast.Store()), core.call("enumerate", source, *iterator.args[1:])
        if name == "reversed" and any(self._gives_active(core.name(n)) for n in core.reads(iterator.args[0])):
            return self._paired_reversed(target, iterator)
        if name in ("range", "reversed") or not self._gives_active(iterator):
            return target, iterator
        self.function.references["zip"] = zip
        dot = core.stored(self.new_dot(target.id))
        return gast.Tuple([target, dot], gast.Store()), core.call("zip", iterator, self.dot(iterator))

    def _gives_active(self, node: gast.AST) -> bool:
        """Does iterating over it give active items? Dicts give their keys."""
        is_map = core.is_name(node) and isinstance(self.function.kinds.get(node.id), MapOf)
        return self.is_active(node) and not is_map

    def _paired_reversed(self, target: gast.AST, iterator: gast.AST) -> tuple[gast.AST, gast.AST]:
        self.function.references["zip"] = zip
        dot = core.stored(self.new_dot(target.id))
        source = iterator.args[0]
        both = core.call("zip", iterator, core.call("reversed", self.dot(source)))
        return gast.Tuple([target, dot], gast.Store()), both
