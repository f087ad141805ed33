"""Every primitive: its value against NumPy, its rules against differences, its rules closed under differentiation."""

import ast
import copy
import textwrap
from typing import Any

import numpy as np
import pytest

import s2s.runtime.primitives  # noqa: F401
from s2s.runtime import array, dispatch, support
from s2s.runtime.jit import jit
from s2s.runtime.primitives import table
from s2s.runtime.primitives.table import PRIMITIVES, Primitive
from tests.runtime import test_lists
from tests.runtime.primitive_checks import active_operands, bind, check_rules, check_same_on, flat
from tests.runtime.primitive_samples import NOT_SAMPLED, REFERENCES, SAMPLES

CASES = [(name, i) for name, calls in SAMPLES.items() for i in range(len(calls)) if name in PRIMITIVES]


def reference(primitive: Primitive) -> Any:
    return REFERENCES.get(primitive.name) or primitive.functions[0]


def call_values(primitive: Primitive, values: dict[str, Any], function: Any) -> Any:
    """A function called with the parameters of the primitive: operands in place, what is not a default by name."""
    args: list[Any] = []
    leading = True
    kwargs = {}
    for name in primitive.parameters:
        bare = name.lstrip("*")
        if name.startswith("*"):
            args += values[bare]
        elif leading and (bare not in primitive.defaults or bare in primitive.operands or bare in _POSITIONAL):
            args.append(values[bare])
        elif values[bare] is not primitive.defaults[bare]:
            kwargs[bare] = values[bare]
            leading = False
    return function(*args, **kwargs)


_POSITIONAL = {"axis", "dtype", "offset", "k"}


@pytest.mark.parametrize(("name", "case"), CASES)
def test_value(name: str, case: int) -> None:
    primitive = PRIMITIVES[name]
    if primitive.lower is None:
        pytest.skip("plain Python over other primitives")
    args, kwargs = copy.deepcopy(SAMPLES[name][case])
    with np.errstate(all="ignore"):
        want = reference(primitive)(*args, **kwargs)
    args, kwargs = copy.deepcopy(SAMPLES[name][case])
    got = dispatch.apply(primitive, args, kwargs)
    if primitive.result_kind == "static":
        assert got == want
        return
    assert len(flat(got)) == len(flat(want))
    for a, b in zip(flat(got), flat(want), strict=True):
        assert a.dtype == b.dtype, f"{name} gives {a.dtype}, NumPy {b.dtype}"
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-6 if a.dtype == np.float32 else 1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_rules(name: str, case: int) -> None:
    primitive = PRIMITIVES[name]
    if primitive.category == "nondifferentiable":
        pytest.skip("no derivative")
    args, kwargs = SAMPLES[name][case]
    function = reference(primitive)
    with np.errstate(all="ignore"):
        check_rules(
            primitive,
            lambda v: call_values(primitive, copy.deepcopy(v), function),
            bind(primitive, args, kwargs),
            tolerance=2e-5,
        )


@pytest.mark.parametrize(("name", "case"), CASES)
def test_rules_on_device_arrays(name: str, case: int) -> None:
    primitive = PRIMITIVES[name]
    args, kwargs = SAMPLES[name][case]
    values = bind(primitive, args, kwargs)
    if primitive.category == "nondifferentiable" or not active_operands(primitive, values):
        pytest.skip("no derivative")
    function = reference(primitive)
    with np.errstate(all="ignore"):
        check_same_on(array.from_host, primitive, lambda v: call_values(primitive, v, function), values)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_staged_value(name: str, case: int) -> None:
    """Float arrays as arguments of a staged function; numbers and everything else as constants in it."""
    primitive = PRIMITIVES[name]
    if primitive.lower is None or primitive.result_kind == "static":
        pytest.skip("plain Python over other primitives")
    args, kwargs = copy.deepcopy(SAMPLES[name][case])
    arrays = [x for x in args if type(x) is np.ndarray and x.dtype.kind == "f"]

    def program(given: list[Any]) -> Any:
        rest = iter(given)
        placed = [next(rest) if type(x) is np.ndarray and x.dtype.kind == "f" else x for x in args]
        return dispatch.apply(primitive, placed, kwargs)

    got = jit(program)(arrays)
    args, kwargs = copy.deepcopy(SAMPLES[name][case])
    with np.errstate(all="ignore"):
        want = reference(primitive)(*args, **kwargs)
    for a, b in zip(flat(got), flat(want), strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-6 if a.dtype == np.float32 else 1e-9, atol=1e-12)


# The linear algebra, scans, sorting, random numbers, network functions, in-place functions (test_writes.py) and
# batching (test_vmap.py) have tests of their own.
_SAMPLED_ELSEWHERE = ("linalg", "scan", "sort", "neural", "random", "cumulative", "fft", "writes", "batching")


def _is_sampled_here(primitive: Primitive) -> bool:
    functions = [f for f in (primitive.lower, *primitive.functions[:1]) if f is not None]
    modules = [str(getattr(f, "__module__", "")).rpartition(".")[2] for f in functions]
    return not any(part in module for part in _SAMPLED_ELSEWHERE for module in modules)


# Tested through the programs of tests/codegen/inference/test_maps.py and desugaring/test_writes.py.
IN_PROGRAMS = {
    "along_axis_index", "dict_copied", "dict_keys", "entry_before_put", "entry_before_put_bar", "entry_prior",
    "entry_put",
}  # fmt: skip
# Draws of s2s.random, which are known once that is loaded, are tested in tests/s2s/test_batched_draws.py.
DRAWS = {name for name in PRIMITIVES if name.startswith("drawn_")}
OURS = {p.name for p in PRIMITIVES.values() if _is_sampled_here(p)} - IN_PROGRAMS - DRAWS


def test_every_primitive_has_a_sample() -> None:
    assert sorted(OURS - set(SAMPLES) - NOT_SAMPLED - set(test_lists.SAMPLES) - test_lists.STATIC) == []


def test_rules_are_closed() -> None:
    """What a rule calls is in the table itself, or one of the forms of Core."""
    core = {support.zeros_like, support.replaced, len}
    for primitive in PRIMITIVES.values():
        for text in (primitive.vjp, *primitive.jvp.values(), *primitive.partials.values()):
            for function in _called(text):
                assert table.lookup(function, None) is not None or function in core, (primitive.name, function)


def _called(text: str) -> list[Any]:
    calls = [n.func for n in ast.walk(ast.parse(textwrap.dedent(text).strip())) if isinstance(n, ast.Call)]
    return [eval(ast.unparse(f), {"np": np, **vars(support)}) for f in calls]  # noqa: S307
