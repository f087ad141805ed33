"""Functions on their way into the emitted file: complete in Core, not yet simplified.

All functions are complete before the first is simplified, so that shapes can be recorded through calls.
"""

from collections.abc import Iterable
from typing import Any

import gast

from s2s.codegen.core import core, verify
from s2s.codegen.derivatives import emitted_hints, fusing, recomputing, saving, written_once
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.printing.printer import comment
from s2s.codegen.program import Emitted, Instance, Program, bind_values, signature
from s2s.codegen.raising import raising
from s2s.codegen.simplifying import dead_code, ranks, simplify
from s2s.codegen.simplifying.shapes import Recorder
from s2s.runtime import support

# Emitted function's name to the shapes of its names.
Recorded = dict[str, dict[str, Any]]


class Draft:
    """One function, or the two of a pair."""

    def __init__(self, name: str, instance: Instance):
        self.name = name
        self.instance = instance
        self.function = instance.function

    is_entry = False
    notes: tuple[str, ...] = ()  # comments that the function opens with

    def callees(self) -> dict[str, Any]:
        """Emitted names to what runs them for the recorder."""
        return {self.name: lambda recorder, args, keywords: self.record(recorder, args, keywords)}

    def record(self, recorder: Recorder, args: list[Any], keywords: dict[str, Any]) -> Any:
        raise NotImplementedError

    def emit(self, program: Program, recorded: Recorded, example: Any) -> None:
        raise NotImplementedError

    def shape_check(self, example: dict[str, Any]) -> gast.AST:
        """`assert shapes(x, y) == ((3, 4), ())`: what the text was simplified for."""
        arrays = [n for n in self.instance.arguments if n in example and _has_shape(support.shapes(example[n]))]
        return self._check(support.shapes, arrays, support.shapes(*[example[n] for n in arrays]))

    def rank_check(self) -> gast.AST:
        """`assert ranks(x, y) == (1, 2)`: what it was taken for that items of arrays are."""
        known = {n: ranks.of_leaves(kind) for n, kind in self.instance.arguments.items()}
        names = [n for n, rank in known.items() if rank is not None]
        return self._check(support.ranks, names, tuple(known[n] for n in names))

    def _check(self, looked_at: Any, names: list[str], expected: Any) -> gast.AST:
        function = core.name(RuleWriter(self.function, None).alias(looked_at, looked_at.__name__))
        values = core.call(function, *[core.name(n) for n in names])
        return gast.Assert(gast.Compare(values, [gast.Eq()], [gast.parse(repr(expected), mode="eval").body]), None)

    def opening(self, example: Any) -> list[gast.AST]:
        """What the entry of a file checks first."""
        if not self.is_entry:
            return []
        knows_ranks = self.instance.program.knows_ranks
        return [self.shape_check(example)] if example is not None else [self.rank_check()] if knows_ranks else []

    def check(self, stage: str, body: list[gast.AST], available: Iterable[str]) -> None:
        """Verifies a body that reads, besides the parameters, the names `available` and other emitted functions."""
        if verify.ENABLED:
            drafts = [self, *self.instance.program.writer.drafts]
            known = {name for draft in drafts for name in draft.callees()}
            known |= {n for i in self.instance.program.instances.values() for n in i.emitted_names()}
            verify.verify(self.function, stage, body, available, known)

    def place(self, program: Program, name: str, arguments: gast.AST, body: list[gast.AST]) -> None:
        """Raises a simplified body and puts it into the file."""
        body = raising.run(self.function, body, [a.id for a in all_parameters(arguments)])
        emitted_hints.write(self.function, body)
        body = [*map(comment, self.notes), *body]
        tree = gast.FunctionDef(name, arguments, body, [], None, None, [])
        tree.origin = (self.function.source.filename, self.function.source.tree.lineno)
        program.emitted.append(Emitted(name, tree, self.function.references, self.function.source))


class JointDraft(Draft):
    """A function with one body."""

    def __init__(self, name: str, instance: Instance, arguments: gast.AST, body: list[gast.AST]):
        super().__init__(name, instance)
        self.arguments = arguments
        self.body = body
        self.check("differentiation", body, [a.id for a in all_parameters(arguments)])

    def record(self, recorder: Recorder, args: list[Any], keywords: dict[str, Any]) -> Any:
        names = [a.id for a in all_parameters(self.arguments)]
        defaults = self.function.source.defaults
        return recorder.run(self.name, self.function, self.body, bind_values(names, defaults, args, keywords))[0]

    def emit(self, program: Program, recorded: Recorded, example: Any) -> None:
        simplification = simplify.Simplification(self.function, recorded.get(self.name))
        written_once.run(self.function, (), self.body)
        body = simplification.run(self.body)
        changed = recomputing.in_loops(self.function, body, body)
        changed = fusing.run(self.function, body) or changed
        if changed:
            body = simplification.run(body)
        elif not core.is_straight(body):
            body = dead_code.eliminate(body)
        self.check("simplification", body, [a.id for a in all_parameters(self.arguments)])
        self.place(program, self.name, self.arguments, [*self.opening(example), *body])


class PairDraft(Draft):
    """The forward and the backward half of a split reversal."""

    def __init__(
        self,
        name: str,
        instance: Instance,
        forward: list[gast.AST],
        result: gast.AST,
        backward: list[gast.AST],
        seed: str,
        backward_name: str,
    ):
        super().__init__(name, instance)
        self.forward = forward
        self.result = result
        self.backward = backward
        self.seed = seed
        self.backward_name = backward_name
        self.arguments = signature(self.function.source)
        self.check("the forward sweep", [*forward, gast.Return(result)], [])
        self.check("the backward sweep", backward, [seed, *core.assigned(forward)])

    def callees(self) -> dict[str, Any]:
        return {**super().callees(), self.backward_name: self._record_backward}

    def record(self, recorder: Recorder, args: list[Any], keywords: dict[str, Any]) -> Any:
        """The forward half: its result, and all of its values in place of what is saved."""
        names = list(self.instance.arguments)
        values = bind_values(names, self.function.source.defaults, args, keywords)
        body = [*self.forward, gast.Return(self.result)]
        return recorder.run(self.name, self.function, body, values)

    def _record_backward(self, recorder: Recorder, args: list[Any], keywords: dict[str, Any]) -> Any:
        saved, bar = args
        return recorder.run(self.backward_name, self.function, self.backward, {**saved, self.seed: bar})[0]

    def emit(self, program: Program, recorded: Recorded, example: Any) -> None:
        function = self.function
        simplification = simplify.Simplification(function, recorded.get(self.backward_name))
        simplification.rewriting.quotients.learn_forward(self.forward, self.result)
        written_once.run(function, self.forward, self.backward)
        backward = simplification.run(self.backward)
        while dead_code.prune_columns([*self.forward, *backward]):
            backward = dead_code.eliminate(backward)
        self.check_backward(backward)
        again = recomputing.in_loops(function, self.forward, backward)
        if recomputing.in_pair(function, self.forward, backward) or again:
            backward = simplification.run(backward)
        columns = recomputing.columns_of_pair(function, self.forward, backward)
        branches = [s for s in self.forward if isinstance(s, gast.If)]
        exposed = [saving.exposed(function, branches, c) for c in columns]
        saved = core.tuple_of(core.name(c) for c in exposed)
        last = core.from_statement(gast.Return(core.tuple_of([self.result, saved])), function.body[-1])
        forward = simplify.run(function, [*self.forward, last], recorded.get(self.name))
        self.check("simplification of the forward sweep", forward, [])
        self.check("simplification of the backward sweep", backward, [self.seed, *columns])
        self.place(program, self.name, self.arguments, [*self.opening(None), *forward])
        self._place_backward(program, columns, backward)

    def check_backward(self, backward: list[gast.AST]) -> None:
        """What must hold of the simplified backward half."""

    def _place_backward(self, program: Program, columns: list[str], backward: list[gast.AST]) -> None:
        taken = core.assigned(backward) | set(columns) | {self.seed}
        name = next(n for n in ("saved", "saved_values", "saved_of_forward") if n not in taken)
        opening = [core.unpack(columns, core.name(name))] if columns else []
        self.place(program, self.backward_name, parameter_list([name, self.seed]), [*opening, *backward])


def _has_shape(shape: Any) -> bool:
    """Is there any array or number in this tree of shapes?"""
    if isinstance(shape, dict):
        return any(_has_shape(v) for v in shape.values())
    if isinstance(shape, list | tuple):
        return all(isinstance(v, int) for v in shape) or any(_has_shape(v) for v in shape)
    return False


def parameter_list(names: list[str]) -> gast.AST:
    arguments = [gast.Name(n, gast.Param(), None, None) for n in names]
    return gast.arguments(arguments, [], None, [], [], None, [])


def all_parameters(arguments: gast.AST) -> list[gast.AST]:
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]
