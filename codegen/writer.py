"""Writes the emitted functions of an instance: the joint gradient, the forward/backward pair, the tangent."""

import logging
from typing import Any

import gast

from s2s.codegen.batching import notes
from s2s.codegen.batching.batch import Batch
from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.core import core
from s2s.codegen.derivatives import custom_pairs, saving, undefined
from s2s.codegen.derivatives.forward import Forward
from s2s.codegen.derivatives.reverse import Reverse
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.drafts import Draft, JointDraft, PairDraft, all_parameters, parameter_list
from s2s.codegen.functions import function_values
from s2s.codegen.inference import effects, kinds
from s2s.codegen.inference.kinds import DictOf, ListOf, MapOf, Static, TupleOf
from s2s.codegen.inference.operations import Operation
from s2s.codegen.program import Instance, Program, signature
from s2s.codegen.simplifying.shapes import Recorder


class Writer:
    """Turns instances into emitted functions of a program."""

    def __init__(self, example: Any = None):
        self.example = example
        self.drafts: list[Draft] = []

    # Reverse mode ------------------------------------------------------------------------------------------------

    def write_gradient(
        self,
        program: Program,
        instance: Instance,
        name: str,
        wrt: list[str],
        with_value: bool,
        has_aux: bool,
        as_tuple: bool = False,
    ) -> None:
        """The joint function: forward sweep, backward sweep, one body."""
        function = instance.function
        forward, result = split_return(function)
        _require_number(instance, function, has_aux)
        loss, returned = self._loss(function, forward, result, has_aux, instance)
        reverse = Reverse(function)
        reverse.writer.like = function.body[-1]
        reverse.contribute(loss, core.constant(1.0))
        reverse.block(forward)
        bars = [self._final_adjoint(reverse, p, instance) for p in wrt]
        backward = reverse.out
        connect(reverse, forward, backward)
        check = [self._scalar_check(reverse, loss)]
        gradient = bars[0] if len(bars) == 1 and not as_tuple else core.tuple_of(bars)
        value = core.tuple_of([returned, gradient]) if with_value else self._with_aux(gradient, returned, has_aux)
        body = [*forward, *check, *backward, gast.Return(value)]
        self._emit(program, instance, name, signature(function.source), body)

    def _loss(self, function: core.Function, forward: list, result: gast.AST, has_aux: bool, instance: Instance) -> Any:
        if not has_aux:
            return result, result
        names = [function.fresh(n) for n in (("out", "out_dot") if instance.loss_at else ("loss", "aux"))]
        statement = core.unpack(names, result, function.body[-1])
        statement.operation = Operation("unpack")
        pair = instance.result.elements if isinstance(instance.result, TupleOf) else (kinds.Unknown(True),) * 2
        function.kinds.update(zip(names, pair, strict=True))
        forward.append(statement)
        return core.name(names[instance.loss_at]), core.tuple_of(core.name(n) for n in names)

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
        if instance.rule is not None:
            custom_pairs.write(self, program, instance)
            return
        names = instance.pair()
        self.drafts.append(PairDraft(names.forward_name, instance, *self.both_halves(instance), names.backward_name))

    def both_halves(self, instance: Instance) -> tuple[list[gast.AST], gast.AST, list[gast.AST], str]:
        """The forward sweep, the result, the backward sweep, and the name of the result's adjoint."""
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
        connect(reverse, forward, backward)
        value = bars[0] if len(bars) == 1 else core.tuple_of(bars)
        backward.append(core.from_statement(gast.Return(value), function.body[-1]))
        return forward, result, backward, seed

    # Forward mode ------------------------------------------------------------------------------------------------

    def write_tangent(self, program: Program, instance: Instance, name: str | None = None) -> None:
        """`f_jvp(*args, *dots) -> (result, result_dot)`: active arguments' tangents follow all arguments."""
        self._write_forward(program, instance, name or instance.tangent_name(), lambda forward: forward.run(instance))

    def write_pushforward(self, program: Program, instance: Instance, name: str, has_aux: bool) -> None:
        """`f_pushforward(*args, *dots) -> result_dot`, or `(result_dot, aux)`."""

        def body(forward: Forward) -> list[gast.AST]:
            *before, last = forward.run(instance)
            result, dot = last.value.elts
            if not has_aux:
                return [*before, core.from_statement(gast.Return(dot), last)]
            names = [instance.function.fresh(n) for n in ("loss", "aux", "loss_dot", "aux_dot")]
            parts = [core.unpack(names[:2], result, last), core.unpack(names[2:], dot, last)]
            returned = core.tuple_of([core.name(names[2]), core.name(names[1])])
            return [*before, *parts, core.from_statement(gast.Return(returned), last)]

        self._write_forward(program, instance, name, body)

    def _write_forward(self, program: Program, instance: Instance, name: str, write: Any) -> None:
        forward = Forward(instance.function, program)
        body = write(forward)
        call_forward(body)
        arguments = parameter_list([*instance.arguments, *forward.parameter_dots])
        self._emit(program, instance, name, arguments, body)

    def write_plain(self, program: Program, instance: Instance, name: str) -> None:
        """The function itself, for one that was defined inside of another."""
        body = instance.function.body
        call_forward(body)
        self._emit(program, instance, name, signature(instance.function.source), body)

    # Batching ----------------------------------------------------------------------------------------------------

    def write_batched(
        self, program: Program, instance: Instance, name: str | None = None, axes: RowAxes | None = None
    ) -> None:
        """`f_vmap(*args)`: batched values have the batch axis first, unless `axes` of the entry say otherwise."""
        axes = RowAxes() if axes is None and name is not None else axes
        batch = Batch(instance.function, instance)
        body = batch.run(axes)
        call_forward(body)
        self._emit(program, instance, name or instance.batched_name(), signature(instance.function.source), body)
        self.drafts[-1].notes = notes.of(instance, axes, batch.by_row)

    # Emission ----------------------------------------------------------------------------------------------------

    def _emit(self, program: Program, instance: Instance, name: str, arguments: gast.AST, body: list) -> None:
        self.drafts.append(JointDraft(name, instance, arguments, body))

    def finish(self, program: Program) -> None:
        """Simplifies and raises every function, with the shapes of the example arguments if there are some."""
        self.drafts[-1].is_entry = True
        recorded = self._recorded() if self.example is not None else {}
        for draft in self.drafts:
            draft.emit(program, recorded, self.example)

    def _recorded(self) -> dict[str, dict[str, Any]]:
        callees = {n: c for draft in self.drafts for n, c in draft.callees().items()}
        recorder = Recorder(callees)
        entry = self.drafts[-1]
        try:
            entry.record(recorder, [], self.example_values(entry))
        except Exception as error:  # what cannot be run on the example is simplified as far as it got
            logging.getLogger(__name__).debug("the example arguments do not run: %r", error)
        return recorder.shapes

    def example_values(self, entry: Any) -> dict[str, Any]:
        """The example arguments; tangents look like what they are tangents of."""
        values = dict(self.example)
        missing = [a.id for a in all_parameters(entry.arguments) if a.id not in entry.instance.arguments]
        active = [n for n, k in entry.instance.arguments.items() if kinds.is_active(k) and n in values]
        if len(missing) == len(active):
            values.update(zip(missing, [values[n] for n in active], strict=True))
        return values


def _require_number(instance: Instance, function: core.Function, has_aux: bool) -> None:
    """Refuses the gradient of a function whose result is known to be a container."""
    kind = instance.result
    is_other = isinstance(kind, Static) and isinstance(kind.value, str | None)
    if has_aux or not (is_other or isinstance(kind, TupleOf | ListOf | DictOf | MapOf)):
        return
    cause = f"the gradient is defined for functions that return one number; this one returns {kinds.show(kind)}"
    rewrite = "return one number, with has_aux=True for (loss, anything else), or use vjp"
    raise unsupported(function.source, function.body[-1], cause, rewrite)


def split_return(function: core.Function) -> tuple[list[gast.AST], gast.AST]:
    return function.body[:-1], function.body[-1].value


def connect(reverse: Reverse, forward: list[gast.AST], backward: list[gast.AST]) -> None:
    """Makes the forward sweep keep what the backward sweep needs of it."""
    call_forward(forward)
    _name_saved(reverse.function)
    columns = saving.connect(reverse.function, forward, backward)
    looked_at = reverse.looked_at | (columns & reverse.maybe_undefined)
    for name in sorted(undefined.with_sources(forward, looked_at, reverse.maybe_undefined)):
        undefined.define(reverse.function, forward, name)


def _name_saved(function: core.Function) -> None:
    """What several calls save is named after their results."""
    if len(function.saved_by) > 1:
        function.bases.update({n: f"{target}_saved" for n, target in function.saved_for.items()})


def call_plain(statement: gast.AST) -> None:
    """A call without derivative of a function defined inside of another one calls that by its emitted name."""
    if function_values.needs_plain(statement):
        called = core.name(statement.operation.callee.plain_name())
        statement.value = core.call_of(called, statement.value.args, statement.value.keywords)


def call_forward(forward: list[gast.AST]) -> None:
    """Calls whose adjoint is taken call the forward half of the pair: `v, saved = f_fwd(…)`."""
    for statement in core.walk(forward):
        made = getattr(statement, "forward_call", None)
        if made is None:
            call_plain(statement)
            continue
        name, saved = made
        target = core.targets(statement)[0]
        call = gast.Call(core.name(name), effects.arguments_of(statement), statement.value.keywords)
        statement.targets = [gast.Tuple([core.stored(target), core.stored(saved)], gast.Store())]
        statement.value = call
