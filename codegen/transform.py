"""Whole transformations: which functions an emitted file holds, its header, its text and its loading."""

from dataclasses import dataclass
from typing import Any

import gast

from s2s.codegen import core
from s2s.codegen.kinds import Kind
from s2s.codegen.load import load
from s2s.codegen.printer import print_source
from s2s.codegen.program import Program
from s2s.codegen.source import FunctionSource
from s2s.codegen.writer import Writer


@dataclass
class Result:
    """An emitted file."""

    text: str
    line_map: Any
    references: dict[str, Any]
    entry: str
    live: Any

    def load(self) -> Any:
        """The entry function, compiled."""
        return load(self.text, self.entry, self.references, self.line_map, live=self.live)[self.entry]


def gradient(
    source: FunctionSource, arguments: dict[str, Kind], wrt: list[str], with_value: bool, has_aux: bool
) -> Result:
    """The joint gradient function and the pairs it calls."""
    program = Program(Writer())
    instance = program.instance(source, arguments)
    name = program.namer.fresh(f"{source.name}_value_and_grad" if with_value else f"{source.name}_grad")
    program.writer.write_gradient(program, instance, name, wrt, with_value, has_aux)
    return finish(program, name, source)


def tangent(source: FunctionSource, arguments: dict[str, Kind]) -> Result:
    program = Program(Writer())
    instance = program.instance(source, arguments)
    return finish(program, instance.tangent_name(), source)


def pair(source: FunctionSource, arguments: dict[str, Kind]) -> Any:
    program = Program(Writer())
    instance = program.instance(source, arguments)
    names = instance.pair()
    return finish(program, names.forward_name, source), names


def finish(program: Program, entry: str, source: FunctionSource) -> Result:
    """Header and functions as one text."""
    references: dict[str, Any] = {}
    for emitted in program.emitted:
        references.update(emitted.references)
    trees = [e.tree for e in program.emitted]
    printed = print_source(gast.Module([*trees], []))
    return Result(printed.text, printed.line_map, references, entry, source.globals)


__all__ = ["Result", "core", "gradient", "pair", "tangent"]
