"""Writes the emitted functions of an instance: the joint gradient, the forward/backward pair, the tangent."""

from typing import Any

import gast

from s2s.codegen import core, kinds, raising, saving, simplify
from s2s.codegen.forward import Forward
from s2s.codegen.kinds import TupleOf
from s2s.codegen.program import Emitted, Instance, Program, signature
from s2s.codegen.reverse import Reverse


class Writer:
    """Turns instances into emitted functions of a program."""

    def __init__(self, shapes: Any = None):
        self.shapes = shapes

    # Reverse mode ------------------------------------------------------------------------------------------------

    def write_gradient(
        self, program: Program, instance: Instance, name: str, wrt: list[str], with_value: bool, has_aux: bool
    ) -> None:
        """The joint function: forward sweep, backward sweep, one body."""
        function = instance.function
        forward, result = split_return(function)
        loss, returned = self._loss(function, forward, result, has_aux, instance)
        reverse = Reverse(function)
        reverse.writer.like = function.body[-1]
        reverse.contribute(loss, core.constant(1.0))
        reverse.block(forward)
        bars = [self._final_adjoint(reverse, p, instance) for p in wrt]
        backward = reverse.out
        saving.connect(function, forward, backward)
        call_forward(forward, function, program)
        check = [self._scalar_check(reverse, loss)]
        gradient = bars[0] if len(bars) == 1 else core.tuple_of(bars)
        value = core.tuple_of([returned, gradient]) if with_value else self._with_aux(gradient, returned, has_aux)
        body = [*forward, *check, *backward, gast.Return(value)]
        self._emit(program, instance, name, signature(function.source), body)

    def _loss(self, function: core.Function, forward: list, result: gast.AST, has_aux: bool, instance: Instance) -> Any:
        if not has_aux:
            return result, result
        names = [function.fresh("loss"), function.fresh("aux")]
        statement = core.unpack(names, result, function.body[-1])
        statement.operation = core_operation("unpack")
        pair = instance.result.elements if isinstance(instance.result, TupleOf) else (kinds.Unknown(True),) * 2
        function.kinds.update(zip(names, pair, strict=True))
        forward.append(statement)
        return core.name(names[0]), core.tuple_of(core.name(n) for n in names)

    def _with_aux(self, gradient: gast.AST, returned: gast.AST, has_aux: bool) -> gast.AST:
        return core.tuple_of([gradient, returned.elts[1]]) if has_aux else gradient

    def _scalar_check(self, reverse: Reverse, loss: gast.AST) -> gast.AST:
        check = core.call(reverse.writer.support("require_scalar"), loss)
        return core.from_statement(gast.Expr(check), reverse.function.body[-1])

    def _final_adjoint(self, reverse: Reverse, parameter: str, instance: Instance) -> gast.AST:
        found = reverse.frame.adjoints.get(parameter)
        if found is not None:
            return found
        return reverse.writer.named(reverse.zeros(parameter), f"{parameter}_bar")

    def write_pair(self, program: Program, instance: Instance) -> None:
        """`f_fwd(*args) -> (result, saved)` and `f_bwd(saved, result_bar) -> bars`."""
        function = instance.function
        forward, result = split_return(function)
        seed = function.fresh(f"{function.bases.get(result.id, 'out') if core.is_name(result) else 'out'}_bar")
        reverse = Reverse(function)
        reverse.writer.like = function.body[-1]
        loss, result = self._loss(function, forward, result, instance.has_aux, instance)
        reverse.contribute(loss, core.name(seed))
        reverse.block(forward)
        bars = [self._final_adjoint(reverse, p, instance) for p in instance.active_parameters]
        backward = [*reverse.out]
        saving.connect(function, forward, backward)
        value = bars[0] if len(bars) == 1 else core.tuple_of(bars)
        backward.append(core.from_statement(gast.Return(value), function.body[-1]))
        call_forward(forward, function, program)
        self._write_pair(program, instance, forward, result, backward, seed)

    def _write_pair(
        self, program: Program, instance: Instance, forward: list, result: gast.AST, backward: list, seed: str
    ) -> None:
        function, pair = instance.function, instance.pair()
        backward = simplify.run(function, backward, self.shapes)
        local = core.assigned(forward) | set(function.parameters)
        columns = saving.missing(backward, local)
        exposed = [saving.exposed(function, forward, c) for c in columns]
        saved = core.tuple_of(core.name(c) for c in exposed)
        forward = [*forward, core.from_statement(gast.Return(core.tuple_of([result, saved])), function.body[-1])]
        self._emit(program, instance, pair.forward_name, signature(function.source), forward)
        name = function.fresh("saved")
        opening = [core.unpack(columns, core.name(name))] if columns else []
        arguments = parameter_list([name, seed])
        self._emit(program, instance, pair.backward_name, arguments, [*opening, *backward])

    # Forward mode ------------------------------------------------------------------------------------------------

    def write_tangent(self, program: Program, instance: Instance, name: str | None = None) -> None:
        """`f_jvp(*args, *dots) -> (result, result_dot)`: active arguments' tangents follow all arguments."""
        function = instance.function
        forward = Forward(function, program)
        body = forward.run(instance)
        arguments = tangent_signature(instance, forward.parameter_dots)
        self._emit(program, instance, name or instance.tangent_name(), arguments, body)

    # Emission ----------------------------------------------------------------------------------------------------

    def _emit(self, program: Program, instance: Instance, name: str, arguments: gast.AST, body: list) -> None:
        function = instance.function
        body = simplify.run(function, body, self.shapes)
        body = raising.run(function, body, [a.id for a in all_parameters(arguments)])
        tree = gast.FunctionDef(name, arguments, body, [], None, None, [])
        tree.origin = (function.source.filename, function.source.tree.lineno)
        program.emitted.append(Emitted(name, tree, function.references, function.source))


def core_operation(form: str) -> Any:
    from_operations = simplify.Operation
    return from_operations(form)


def split_return(function: core.Function) -> tuple[list[gast.AST], gast.AST]:
    return function.body[:-1], function.body[-1].value


def call_forward(forward: list[gast.AST], function: core.Function, program: Program) -> None:
    """Calls whose adjoint is taken call the forward half of the pair: `v, saved = f_fwd(…)`."""
    for statement in core.walk(forward):
        made = getattr(statement, "forward_call", None)
        if made is None:
            continue
        name, saved = made
        target = core.targets(statement)[0]
        call = gast.Call(core.name(name), statement.value.args, statement.value.keywords)
        statement.targets = [gast.Tuple([core.stored(target), core.stored(saved)], gast.Store())]
        statement.value = call


def parameter_list(names: list[str]) -> gast.AST:
    arguments = [gast.Name(n, gast.Param(), None, None) for n in names]
    return gast.arguments(arguments, [], None, [], [], None, [])


def all_parameters(arguments: gast.AST) -> list[gast.AST]:
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def tangent_signature(instance: Instance, dots: list[str]) -> gast.AST:
    """All parameters, then the tangents, by position (defaults do not survive: every tangent is given)."""
    names = list(instance.arguments)
    return parameter_list([*names, *dots])
