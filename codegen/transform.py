"""Whole transformations: which functions an emitted file holds, its header, its text and its loading."""

import functools
import gc
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from s2s.codegen.batching import row_axes
from s2s.codegen.batching.inference import BatchInference
from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.derivatives import edited_adjoints
from s2s.codegen.derivatives.linearity import Dependence
from s2s.codegen.emission.header import combine
from s2s.codegen.emission.load import load
from s2s.codegen.functions import custom_rules, expansions, tree_expansions
from s2s.codegen.inference import aliasing
from s2s.codegen.inference.infer import Inference
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.program import Program
from s2s.codegen.reading.source import FunctionSource
from s2s.codegen.simplifying import ranks
from s2s.codegen.writer import Writer
from s2s.runtime import support, tracing

expansions.RULES.update(tree_expansions.RULES | edited_adjoints.RULES)


@dataclass
class Result:
    """An emitted file.

    Attributes:
        text: the whole file; `imports` are the lines of its header, `functions_text` is the rest.
        line_map: for each line of the text, the user's (file, line).
        names: names that the text reads and that are not the user's, to their objects.
        entry: name of the function that was asked for; `backward` that of its other half, for pairs.
        written: parameters whose arrays the user's function writes in place.
        live: the user's namespace, read when the emitted code reads it.
        guards: what was taken for granted about the user's globals when the text was written.
        trees: the definitions in the text, by name.
        packed: for tangents, the source of a function of two tuples, the arguments and their tangents.
        result_kind: the kind of what the user's function returns.
        pulled: for pairs, the function of a cotangent that captures what the forward half saved.
        rule_changes: the number of changes of rules before it was written.
        rules: for batched functions in the text, the rules that the user wrote for one row, and kinds of arguments.
    """

    text: str
    functions_text: str
    imports: list[str]
    line_map: Any
    names: dict[str, Any]
    entry: str
    live: Mapping[str, Any]
    guards: list[Any]
    trees: dict[str, Any]
    backward: str | None = None
    written: tuple[str, ...] = ()
    packed: FunctionSource | None = None
    result_kind: Kind | None = None
    rules: Mapping[str, Any] = field(default_factory=dict)
    pulled: Any = None
    rule_changes: int = field(default_factory=lambda: custom_rules.CHANGES[0])

    @functools.cached_property
    def asks_ranks(self) -> bool:
        """Whether the text asks at run time what is a view, because ranks are not known."""
        return any(value is f for value in self.names.values() for f in (support.is_view, support.reread))

    @functools.cached_property
    def namespace(self) -> Any:
        namespace = load(self.text, self.entry, self.names, self.line_map, self.live, self.trees)
        for name, (rule, arguments) in self.rules.items():
            custom_rules.register_batched(namespace[name], rule, arguments)
        return namespace

    @property
    def function(self) -> Any:
        """The entry function, compiled."""
        return self.namespace[self.entry]

    def load(self) -> Any:
        return self.function

    def holds(self) -> bool:
        """Do the user's names still stand for what the text was written for?"""
        return self.rule_changes == custom_rules.CHANGES[0] and all(guard.holds() for guard in self.guards)


def without_collection(transformation: Any) -> Any:
    """Garbage collection waits until a transformation is through: it makes many nodes and lets go of few before."""

    @functools.wraps(transformation)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            with tracing.suspended():
                return transformation(*args, **kwargs)
        finally:
            if was_enabled:
                gc.enable()

    return wrapped


@without_collection
def gradient(
    source: FunctionSource,
    arguments: dict[str, Kind],
    wrt: list[str],
    with_value: bool,
    has_aux: bool,
    shapes: Mapping[str, Any] | None = None,
    as_tuple: bool = False,
) -> Result:
    """The joint gradient function and the pairs it calls; `shapes` holds example arguments to simplify for.

    The gradient is a tuple if `wrt` names several parameters, or one and `as_tuple` is set.
    """
    program, instance = _start(source, arguments, shapes)
    name = program.namer.fresh(f"{source.name}_value_and_grad" if with_value else f"{source.name}_grad")
    program.writer.write_gradient(program, instance, name, wrt, with_value, has_aux, as_tuple)
    return _finish(program, name, source)


@without_collection
def tangent(source: FunctionSource, arguments: dict[str, Kind], shapes: Mapping[str, Any] | None = None) -> Result:
    """Forward mode: `f_jvp(*args, *dots) -> (out, out_dot)`."""
    program, instance = _start(source, arguments, shapes, is_callee=True)
    return _finish(program, instance.tangent_name(), source)


@without_collection
def pushforward(source: FunctionSource, arguments: dict[str, Kind], has_aux: bool = False) -> Result:
    """Forward mode without the value: `f_pushforward(*args, *dots) -> out_dot`, or `(out_dot, aux)`."""
    program, instance = _start(source, arguments, None)
    name = program.namer.fresh(f"{source.name}_pushforward")
    program.writer.write_pushforward(program, instance, name, has_aux)
    return _finish(program, name, source, instance)


@without_collection
def result_kind(source: FunctionSource, arguments: dict[str, Kind]) -> Kind:
    """The kind of what the function returns."""
    result: Kind = _start(source, arguments, None)[1].result
    return result


@without_collection
def dependence(source: FunctionSource, arguments: dict[str, Kind]) -> Kind:
    """The kind of what the function returns, where active means that its value depends on active arguments at all."""
    result: Kind = _start(source, arguments, None, inference=Dependence)[1].result
    return result


@without_collection
def pair(
    source: FunctionSource,
    arguments: dict[str, Kind],
    has_aux: bool = False,
    shapes: Mapping[str, Any] | None = None,
) -> Result:
    """Split reversal: `f_fwd(*args) -> (out, saved)` and `f_bwd(saved, out_bar) -> bars`."""
    program, instance = _start(source, arguments, shapes, is_callee=not has_aux)
    instance.has_aux = has_aux
    names = instance.pair()
    result = _finish(program, names.forward_name, source, instance)
    result.backward = names.backward_name
    return result


@without_collection
def batched(
    source: FunctionSource,
    arguments: dict[str, Kind],
    shapes: Mapping[str, Any] | None = None,
    axes: RowAxes | None = None,
) -> Result:
    """`f_vmap(*args)`; active kinds are those of batched arguments. `axes` says where rows are, by default first."""
    axes = axes if axes is not None else RowAxes()
    source = row_axes.turned(source, axes)
    program, instance = _start(source, arguments, shapes, inference=BatchInference, axes=axes)
    name = program.namer.fresh(f"{source.name}_vmap")
    program.writer.write_batched(program, instance, name, axes)
    return _finish(program, name, source, instance)


@without_collection
def batched_result(source: FunctionSource, arguments: dict[str, Kind], axes: RowAxes) -> Kind:
    """The kind of what one row gets, active where it differs between rows."""
    return _start(row_axes.turned(source, axes), arguments, None, inference=BatchInference, axes=axes)[1].result


@without_collection
def plain(source: FunctionSource, arguments: dict[str, Kind], notes: tuple[str, ...] = ()) -> Result:
    """The function itself, as an emitted file; `notes` are comments that it opens with."""
    program, instance = _start(source, arguments, None)
    program.namer.reserve(source.name)
    program.writer.write_plain(program, instance, source.name)
    program.writer.drafts[-1].notes = notes
    return _finish(program, source.name, source)


def _start(
    source: FunctionSource,
    arguments: dict[str, Kind],
    shapes: Mapping[str, Any] | None,
    is_callee: bool = False,
    inference: type[Inference] = Inference,
    axes: RowAxes | None = None,
) -> Any:
    """The program and the instance that is asked for, which recursive calls may call if `is_callee`."""
    program = Program(Writer(shapes), inference, knows_ranks=ranks.any_known(arguments), axes=axes)
    key = id(source.function) if is_callee and source.function is not None else None
    instance = program.instance(source, arguments, key)
    program.written = tuple(aliasing.written_parameters(instance.function))
    return program, instance


def _finish(program: Program, entry: str, source: FunctionSource, instance: Any = None) -> Result:
    program.writer.finish(program)
    # Only read: a closure's cells first, then the module.
    maps: list[Any] = [source.closure, source.globals] if source.closure else []
    live = ChainMap(*maps) if maps else source.globals
    combined = combine(program, source, live)
    kind = None if instance is None else instance.result
    own: dict[str, Any] = {"guards": list(program.guards.values()), "written": program.written, "rules": program.rules}
    return Result(entry=entry, live=live, result_kind=kind, **own, **combined)
