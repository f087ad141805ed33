"""The emitted text: what people read is what runs, it runs on its own, and it is a legal input again."""

import copy
import inspect
import re

import numpy as np
import pytest

import s2s
from s2s.codegen.reading.source import function_from_string
from tests.codegen.derivative_checks import inner_product, is_float, leaves, map_floats, program, programs, random_like

CASES = programs("straight", "loops", "branches", "jumps", "inline", "matching", "containers", "calls", "names")


def user_globals(function):
    """The user's module without anything of this library's."""
    return {n: v for n, v in function.__globals__.items() if n not in ("__builtins__", "__name__")}


def run_alone(text, function):
    """The functions that the text defines, run beside the user's definitions in a namespace of their own."""
    found = user_globals(function)
    exec(compile(text, "<alone>", "exec"), found)
    return found


def entry_name(text):
    return re.findall(r"^def (\w+)\(", text, re.MULTILINE)[-1]


@pytest.mark.parametrize("case", CASES, ids=lambda c: ".".join(c))
def test_tangent_text_runs_on_its_own(case):
    function, args = program(*case)
    direction = random_like(args, 1)
    tangent = s2s.jvp(function)
    expected = tangent(copy.deepcopy(args), direction)
    text = tangent.result_for(tangent.kinds_of(tangent.bind(args, {})), tangent.bind(args, {})).text
    emitted = run_alone(text, function)[entry_name(text)]
    dots = [d for a, d in zip(args, direction, strict=True) if any(map(is_float, leaves(a)))]
    given = [*args, *_defaults(function, len(args))]
    out, out_dot = emitted(*given, *dots)
    for a, b in zip(leaves((out, out_dot)), leaves(expected), strict=True):
        if is_float(b):
            np.testing.assert_array_equal(a, b)


def _defaults(function, count):
    return [p.default for p in list(inspect.signature(function).parameters.values())[count:]]


@pytest.mark.parametrize("case", CASES, ids=lambda c: ".".join(c))
def test_pair_text_runs_on_its_own(case):
    function, args = program(*case)
    pullback = s2s.vjp(function)
    bound = pullback.bind(args, {})
    result = pullback.result_for(pullback.kinds_of(bound), bound)
    alone = run_alone(result.text, function)
    out, saved = alone[result.entry](*copy.deepcopy(args))
    out_bar = random_like(out, 1)
    bars = alone[result.backward](saved, out_bar) if any(map(is_float, leaves(args))) else ()
    _, back = s2s.vjp(function, *args)
    expected = back(out_bar)
    active = [i for i, a in enumerate(args) if any(map(is_float, leaves(a)))]
    bars = [bars] if len(active) == 1 else list(bars)
    for bar, i in zip(bars, active, strict=True):
        got = inner_product(map_floats(lambda x, b: b, args[i], bar), args[i])
        want = inner_product(map_floats(lambda x, b: b, args[i], expected[i]), args[i])
        np.testing.assert_array_equal(got, want)


SCALAR = ["rational", "chain_of_math", "long_expression"]


@pytest.mark.parametrize("name", SCALAR)
def test_text_is_a_legal_input_again(name):
    """The second derivative of the text, read again as text, is that of the composed transformation."""
    function, args = program("straight", name)
    text = s2s.grad(function).source
    again = function_from_string(text, user_globals(function), entry_name(text))
    np.testing.assert_allclose(s2s.grad(again)(*args), s2s.grad(s2s.grad(function))(*args), rtol=1e-13)
    np.testing.assert_allclose(s2s.jvp(again, args, (1.0,) * len(args))[0], s2s.grad(function)(*args), rtol=1e-14)


@pytest.mark.parametrize("name", SCALAR)
def test_second_order_text_runs_on_its_own(name):
    function, args = program("straight", name)
    second = s2s.grad(s2s.grad(function))
    text = second.source
    np.testing.assert_allclose(run_alone(text, function)[entry_name(text)](*args), second(*args), rtol=1e-13)


@pytest.mark.parametrize("name", ["same_names", "globals_of_both", "nested_calls", "calls_early", "indirect"])
def test_second_order_text_with_calls_runs_on_its_own(name):
    function, _ = program("calls", name)
    second = s2s.grad(s2s.grad(function))
    text = second.source
    np.testing.assert_allclose(run_alone(text, function)[entry_name(text)](0.7), second(0.7), rtol=1e-13)
