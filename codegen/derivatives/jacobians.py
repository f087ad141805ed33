"""Jacobians as source: one derivative, batched over all unit vectors of the arguments, or of the result."""

import copy
import logging
from collections.abc import Callable, Mapping
from typing import Any

import gast
import numpy as np

from s2s.codegen import transform
from s2s.codegen.batching.row_axes import RowAxes
from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.desugaring.call_arguments import parameters
from s2s.codegen.diagnostics import unsupported
from s2s.codegen.emission.composed import compose
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, Numeric, TupleOf
from s2s.codegen.reading.source import FunctionSource, function_source
from s2s.runtime import support, tree


def forward(
    source: FunctionSource,
    arguments: dict[str, Kind],
    wrt: list[str],
    as_tuple: bool,
    has_aux: bool,
    shapes: Mapping[str, Any] | None = None,
) -> transform.Result:
    """`f_jacfwd(*args)`: the tangents along all unit vectors of the arguments `wrt`."""
    pushed = transform.pushforward(source, arguments, has_aux)
    inner = function_source(pushed.function)
    active = [p for p, k in arguments.items() if kinds.is_active(k)]
    dots = dict(zip(parameters(inner)[len(arguments) :], [arguments[p] for p in active], strict=True))
    shared = {p: kinds.with_activity(k, False) for p, k in arguments.items()}
    axes, example = RowAxes(out=(0, None) if has_aux else 0, are_directions=True), None
    if shapes is not None:
        example = dict(shapes) | dict(zip(dots, _rows([shapes[p] for p in active]), strict=True))
    batch = _without_check(transform.batched(inner, shared | dots, example, axes))
    text = Text(source, f"{source.name}_jacfwd", [pushed, batch], shapes)
    text.measure([leaf for p in wrt for leaf in text.leaves(p, arguments[p])])
    vectors = [text.vectors(p, arguments[p]) for p in active]
    dot, aux = text.fresh(f"{source.name}_dot"), text.fresh("aux")
    target = f"{dot}, {aux}" if has_aux else dot
    text.lines.append(f"{target} = {batch.entry}({', '.join([*arguments, *vectors])})")
    if example is not None and (rows := _tried(batch, example)) is not None:
        text.example[dot] = _primary(rows, has_aux)

    def block(result: str) -> str:
        return _together([text.nested(p, arguments[p], lambda x: text.columns(result, x)) for p in wrt], as_tuple)

    blocks = text.nested(dot, _result(pushed.result_kind, has_aux), block)
    return compose([pushed, batch], source, text.returning(f"{blocks}, {aux}" if has_aux else blocks), text.names)


def reverse(
    source: FunctionSource,
    arguments: dict[str, Kind],
    wrt: list[str],
    as_tuple: bool,
    has_aux: bool,
    shapes: Mapping[str, Any] | None = None,
) -> transform.Result:
    """`f_jacrev(*args)`: the cotangents of the arguments `wrt` for all unit vectors of the result."""
    pair = transform.pair(source, arguments, has_aux, shapes)
    out = _result(pair.result_kind, has_aux)
    saved = kinds.parts(transform.result_kind(function_source(pair.function), arguments))
    inner = function_source(pair.namespace[pair.backward])
    names = parameters(inner)
    taken = kinds.with_activity(saved[1], False) if len(saved) == 2 else kinds.Unknown()
    example = _tried(pair, shapes) if shapes is not None else None
    rows = {names[0]: example[1], names[1]: _rows(_primary(example[0], has_aux))} if example is not None else None
    batched = {names[0]: taken, names[1]: kinds.with_activity(out, True)}
    batch = _without_check(transform.batched(inner, batched, rows, RowAxes(are_directions=True)))
    text = Text(source, f"{source.name}_jacrev", [pair, batch], shapes)
    result, kept, aux = text.fresh("out"), text.fresh("saved"), text.fresh("aux")
    if example is not None:
        text.example[result] = _primary(example[0], has_aux)
    target = f"({result}, {aux})" if has_aux else result
    text.lines.append(f"{target}, {kept} = {pair.entry}({text.passed(source)})")
    text.measure(text.leaves(result, out))
    bars = {p: text.fresh(f"{p}_bar") for p, k in arguments.items() if kinds.is_active(k)}
    text.lines.append(f"{', '.join(bars.values())} = {batch.entry}({kept}, {text.vectors(result, out)})")

    def block(leaf: str) -> str:
        return _together([text.nested(bars[p], arguments[p], lambda b: text.rows(b, leaf)) for p in wrt], as_tuple)

    blocks = text.nested(result, out, block)
    return compose([pair, batch], source, text.returning(f"{blocks}, {aux}" if has_aux else blocks), text.names)


def _tried(result: transform.Result, example: Mapping[str, Any]) -> Any:
    """What a function gives for the example arguments, None where it cannot be run on these."""
    try:
        return result.function(**copy.deepcopy(dict(example)))
    except Exception as error:  # the text is written without shapes then
        logging.getLogger(__name__).debug("the example arguments do not run: %r", error)
        return None


def _rows(example: Any) -> Any:
    """Unit vectors for all leaves, as many for each, as an example of batched arguments."""
    count = sum(np.size(leaf) for leaf in tree.leaves(example))
    return tree.map(lambda leaf: support.unit_vectors(leaf, 0, count), example)


def _primary(result: Any, has_aux: bool) -> Any:
    return result[0] if has_aux else result


def _without_check(result: transform.Result) -> transform.Result:
    """The function, without the check of shapes that the Jacobian makes for it."""
    entry = result.trees[result.entry]
    entry.body = [s for s in entry.body if not isinstance(s, gast.Assert) or "shapes" not in names_in(s)]
    return result


def _result(kind: Kind, has_aux: bool) -> Kind:
    return kinds.parts(kind)[0] if has_aux and kinds.parts(kind) else kind


def _together(parts: list[str], as_tuple: bool) -> str:
    return f"({', '.join(parts)},)" if as_tuple else parts[0]


class Text:
    """The text of one function that puts a Jacobian together.

    Attributes:
        names: what it reads besides the functions that it calls.
        example: values of arguments and results for whose shapes it is written.
        ends: for each part of what the unit vectors are of, where the rows that belong to it begin and end; empty
            where there is one part, to which all belong.
    """

    def __init__(
        self,
        source: FunctionSource,
        name: str,
        results: list[transform.Result],
        shapes: Mapping[str, Any] | None = None,
    ):
        self.source = source
        taken = {n for r in results for n in (*r.trees, *r.names)} | names_in(source.tree)
        self.namer = Namer(taken | {"np", "unit_vectors", "shapes"})
        self.name = self.fresh(name)
        self.example: dict[str, Any] = dict(shapes or {})
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"np": np, "unit_vectors": support.unit_vectors}
        self.ends: dict[str, tuple[str, str]] = {}
        self.count = ""
        if shapes is not None:
            self._check(shapes)

    def _check(self, shapes: Mapping[str, Any]) -> None:
        """`assert shapes(x, y) == ((3, 4), ())`, for the arguments that have one."""
        known = {n: support.shapes(v) for n, v in shapes.items()}
        names = [n for n, shape in known.items() if shape is not None]
        if names:
            checked = support.shapes(*[shapes[n] for n in names])
            self.names["shapes"] = support.shapes
            self.lines.append(f"assert shapes({', '.join(names)}) == {checked!r}")

    def rank(self, path: str) -> int | None:
        """The rank of an array at a path, where it is known."""
        try:
            return np.ndim(eval(path, {}, self.example))
        except NameError:
            return None

    def fresh(self, name: str) -> str:
        return self.namer.fresh(name)

    def returning(self, value: str) -> str:
        lines = [*self.lines, f"return {value}"]
        if self.lines and self.lines[-1].startswith(f"{value} = "):
            lines[-2:] = [self.lines[-1].replace(f"{value} =", "return", 1)]
        return "\n".join([f"def {self.name}():", *[f"    {line}" for line in lines]]) + "\n"

    def passed(self, source: FunctionSource) -> str:
        """The function's own arguments, passed on."""
        by_keyword = [a.id for a in source.tree.args.kwonlyargs]
        return ", ".join(f"{p}={p}" if p in by_keyword else p for p in parameters(source))

    # Containers --------------------------------------------------------------------------------------------------

    def leaves(self, path: str, kind: Kind) -> list[str]:
        found: list[str] = []
        self.nested(path, kind, lambda leaf: found.append(leaf) or leaf)  # type: ignore[func-returns-value]
        return found

    def nested(self, path: str, kind: Kind, leaf: Callable[[str], str]) -> str:
        """A display like the container, of what `leaf` makes of the path of each leaf."""
        if isinstance(kind, Numeric):
            return leaf(path)
        if isinstance(kind, DictOf) and all(isinstance(k, str | int) for k, _ in kind.items):
            return "{" + ", ".join(f"{k!r}: {self.nested(f'{path}[{k!r}]', v, leaf)}" for k, v in kind.items) + "}"
        if isinstance(kind, TupleOf) or (isinstance(kind, ListOf) and kind.elements is not None):
            parts = [self.nested(f"{path}[{i}]", k, leaf) for i, k in enumerate(kinds.parts(kind))]
            return self._sequence(kind, parts)
        raise self._refused(kind)

    def _sequence(self, kind: Kind, parts: list[str]) -> str:
        if isinstance(kind, ListOf):
            return f"[{', '.join(parts)}]"
        if kind.cls is None:
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        self.names[kind.cls.__name__] = kind.cls
        return f"{kind.cls.__name__}({', '.join(parts)})"

    def _refused(self, kind: Kind) -> Exception:
        what = "a list whose length is known at run time only" if isinstance(kind, ListOf) else kinds.show(kind)
        cause = f"the Jacobian needs arguments and results of a structure that is known; this is {what}"
        rewrite = "return arrays, or tuples, lists and dicts of arrays that are written out, or np.stack the list"
        return unsupported(self.source, self.source.tree, cause, rewrite)

    # Arrays ------------------------------------------------------------------------------------------------------

    def measure(self, leaves: list[str]) -> None:
        """Says which of all unit vectors belong to which leaf."""
        start = "0"
        for path in leaves if len(leaves) > 1 else []:
            end = self.fresh("end")
            self.lines.append(f"{end} = " + (f"{start} + " if start != "0" else "") + f"np.size({path})")
            self.ends[path] = start, end
            start = self.count = end

    def vectors(self, path: str, kind: Kind) -> str:
        """The unit vectors, as a container like the one at the path."""
        return self.nested(path, kind, self._vectors_of)

    def _vectors_of(self, leaf: str) -> str:
        return f"unit_vectors({leaf}, {self.ends[leaf][0]}, {self.count})" if self.ends else f"unit_vectors({leaf})"

    def _part(self, path: str, leaf: str) -> str:
        """The rows of an array that belong to the unit vectors of a leaf."""
        if not self.ends:
            return path
        start, end = self.ends[leaf]
        return f"{path}[{'' if start == '0' else start}:{end}]"

    def columns(self, dot: str, leaf: str) -> str:
        """The block of tangents that belongs to a part of the arguments: their axis goes last."""
        rank, of_rows = self.rank(leaf), self.rank(dot)
        part = self._part(dot, leaf)
        if rank == 1 and of_rows in (1, 2):
            return part if of_rows == 1 else f"{part}.T"
        moved = f"np.moveaxis({part}, 0, -1)"
        if rank == 1:
            return moved
        return f"np.reshape({moved}, np.shape({dot})[1:] + np.shape({leaf}))"

    def rows(self, bar: str, leaf: str) -> str:
        """The block of cotangents that belongs to a part of the result."""
        if self.rank(leaf) == 1:
            return self._part(bar, leaf)
        return f"np.reshape({self._part(bar, leaf)}, np.shape({leaf}) + np.shape({bar})[1:])"
