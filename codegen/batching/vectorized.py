"""Functions of arrays of fixed ranks, written for arrays with further axes in front: `vectorize` as source."""

import numpy as np

from s2s.codegen import transform
from s2s.codegen.derivatives.jacobians import Text
from s2s.codegen.desugaring.call_arguments import parameters
from s2s.codegen.emission.composed import compose
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.reading.source import FunctionSource
from s2s.runtime import support


def vectorized(source: FunctionSource, arguments: dict[str, Kind], ranks: dict[str, int]) -> transform.Result:
    """`f_vectorized(*args)`: the batched function, over all loop axes together.

    Args:
        arguments: active kinds are those of arguments with loop axes.
        ranks: for each of these, its rank without them.
    """
    batch = transform.batched(source, arguments)
    text = Text(source, f"{source.name}_vectorized", [batch])
    looped = [p for p, k in arguments.items() if kinds.is_active(k)]
    text.names |= {f.__name__: f for f in (support.loop_shape, support.loop_rows)} | {"np": np}
    shape, out = text.fresh("shape"), text.fresh("out")
    given = ", ".join(f"np.shape({p})" for p in looped)
    text.lines.append(f"{shape} = loop_shape({tuple(ranks[p] for p in looped)}, {given})")
    rows = {p: f"loop_rows({p}, {shape}, {ranks[p]})" if p in looped else p for p in parameters(source)}
    by_keyword = {a.id for a in source.tree.args.kwonlyargs}
    passed = ", ".join(f"{p}={x}" if p in by_keyword else x for p, x in rows.items())
    text.lines.append(f"{out} = {batch.entry}({passed})")
    kind = batch.result_kind or kinds.Numeric()
    value = text.nested(out, kind, lambda x: f"np.reshape({x}, {shape} + np.shape({x})[1:])")
    return compose([batch], source, text.returning(value), text.names)
