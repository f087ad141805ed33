"""Every primitive batched, beside its samples row by row."""

import copy
import re
from typing import Any

import numpy as np
import pytest

import s2s
from s2s.codegen.reading.source import source_from_string
from s2s.runtime.primitives import table
from tests.runtime.primitive_checks import flat, is_active, map_floats
from tests.runtime.primitive_samples import SAMPLES

ROWS = 3


def sampled(name: str) -> list[tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    functions = table.PRIMITIVES[name].functions
    return [(functions[0], args, kwargs) for args, kwargs in SAMPLES[name]] if functions else []


def copies(value: Any) -> list[Any]:
    return [map_floats(lambda x, k=k: np.asarray(x) * (1.0 - 0.03 * k) + 0.01 * k, value) for k in range(ROWS)]


def stacked(rows: list[Any]) -> Any:
    return map_floats(lambda *xs: np.stack(xs), *rows)


def text_of(value: Any) -> str | None:
    plain = (int, str, bool, type(None), float)
    if isinstance(value, plain) and not isinstance(value, np.generic):
        return repr(value)
    if isinstance(value, tuple) and all(isinstance(v, plain) for v in value):
        return repr(value)
    return None


def batched_call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], which: list[int]) -> Any:
    """`vmap` of the call, with the arguments `which` batched; and the rows of the plain one."""
    names = [f"a{i}" for i in range(len(args))]
    known: dict[str, Any] = {"fun": function, "np": np}
    passed = []
    for i, (name, value) in enumerate(zip(names, args, strict=True)):
        text = None if i in which or isinstance(value, np.ndarray | list) else text_of(value)
        if text is None and i not in which and not isinstance(value, np.ndarray | list | tuple):
            known[f"s{i}"], text = value, f"s{i}"
        passed.append(name if text is None else text)
    for key, value in kwargs.items():
        text = text_of(value)
        if text is None:
            known[f"k_{key}"], text = value, f"k_{key}"
        passed.append(f"{key}={text}")
    source = source_from_string(f"def f({', '.join(names)}):\n    return fun({', '.join(passed)})", known)
    per_row = [[copies(v)[k] if i in which else v for i, v in enumerate(args)] for k in range(ROWS)]
    given = [stacked(copies(v)) if i in which else v for i, v in enumerate(args)]
    axes = tuple(_axes(v) if i in which else None for i, v in enumerate(args))
    found = s2s.vmap(source, in_axes=axes, loop_over_batch=False)(*copy.deepcopy(given))
    return found, [function(*copy.deepcopy(row), **kwargs) for row in per_row]


def _axes(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)([_axes(v) for v in value])
    return 0 if is_active(value) else None


# Data-dependent shapes, and operations that have a batched form for some of their arguments only.
REFUSED = {
    "arange", "argmax", "argmin", "conv_general_dilated", "conv_lhs_bar", "conv_rhs_bar", "dynamic_slice",
    "dynamic_update_slice", "einsum", "kron", "leave_one_out", "dot", "concatenate", "concatenate_bar",
}  # fmt: skip
# Questions about one row, and what writes its argument.
OTHER = {"shape", "ndim", "size", "put", "put_add", "array_equal"}
# Refused when they run, with the reason.
AT_RUN_TIME = "no batched form|have no batched form"
NAMES = [n for n in SAMPLES if n in table.PRIMITIVES and table.PRIMITIVES[n].functions and n not in OTHER]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", NAMES)
def test_rows_are_those_of_the_function(name):
    for function, args, kwargs in sampled(name):
        floats = [i for i, v in enumerate(args) if is_active(v)]
        for which in [floats, floats[:1]][: len(floats)]:
            try:
                found, rows = batched_call(function, args, kwargs, which)
            except s2s.UnsupportedError:
                assert name in REFUSED
                continue
            except (ValueError, IndexError) as error:
                assert re.search(AT_RUN_TIME, str(error)), error
                continue
            expected = [np.stack(parts) for parts in zip(*map(flat, rows), strict=True)]
            for a, b in zip(flat(found), expected, strict=True):
                np.testing.assert_allclose(np.asarray(a, dtype=b.dtype), b, rtol=1e-7, atol=1e-9)
