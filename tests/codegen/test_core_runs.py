"""Every intermediate stage is a runnable Python program: Core, printed and run by CPython, gives the user's numbers."""

import copy
import importlib.util
import inspect
from pathlib import Path

import gast
import numpy as np
import pytest

import s2s
from s2s.codegen import program, transform
from s2s.codegen.core import core
from s2s.codegen.desugaring import lifting
from s2s.codegen.diagnostics import Diagnostics, UnsupportedError
from s2s.codegen.reading.source import function_source
from s2s.codegen.simplifying import simplify
from tests.codegen import core_programs, core_text

OPEN = Path(__file__).parents[3] / "shared" / "programs"  # programs that are not part of the repository
FILES = ["straight", "control", "mutation", "functions", "numerics"]


def module_at(path):
    found = importlib.util.spec_from_file_location(f"open_{path.stem}", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


MODULES = {name: module_at(OPEN / f"{name}.py") for name in FILES if OPEN.is_dir()}
OURS = [pytest.param(getattr(core_programs, n), args, id=n) for n, args in core_programs.CASES.items()]
ACTIVE = [case for case in OURS if case.id not in core_programs.REFUSED]
THEIRS = [
    pytest.param(getattr(module, n), [args], id=f"{file}.{n}")
    for file, module in MODULES.items()
    for n, args in module.CASES.items()
] or [pytest.param(None, [], id="none", marks=pytest.mark.skip(f"no open programs at {OPEN}"))]


# Stages ----------------------------------------------------------------------------------------------------------


def desugared(f):
    """Core as it is before any transformation, as a function."""
    source = function_source(f)
    diagnostics = Diagnostics(source)
    function = program.build(source, diagnostics)
    diagnostics.raise_if_any()
    return compiled(function, function.body, function.parameters)


def compiled(function, body, parameters, callees=()):
    source = function.source
    resolved = {n: v for n, v in function.references.items() if v is not None}
    namespace = {**source.globals, **source.closure, **resolved, **dict(callees)}
    run = core_text.compiled(body, parameters, namespace, function.name)
    defaults = [source.defaults[p] for p in function.parameters if p in source.defaults]
    run.__defaults__ = tuple(defaults) if parameters == function.parameters else None
    return run


class Stages:
    """One function in one mode: the text that is emitted, and its entry's Core before and after simplification."""

    def __init__(self, transformed, args, start):
        bound = transformed.bind(args, {})
        self.kinds = transformed.kinds_of(bound)
        self.result = transformed.result_for(self.kinds, bound)
        self.source = function_source(transformed.function)
        self.start = start

    def draft(self):
        """The entry function, complete and not simplified; new statements at each call, as passes rewrite in place."""
        whole, instance = transform._start(self.source, self.kinds, None)
        self.start(instance)
        callees = [name for draft in whole.writer.drafts[:-1] for name in draft.callees()]
        return whole.writer.drafts[-1], {n: self.result.namespace[n] for n in callees}


class Reverse(Stages):
    """A forward and a backward sweep, put into one body that returns the value and all adjoints."""

    def __init__(self, f, args):
        super().__init__(s2s.vjp(f), args, lambda instance: instance.pair())

    def forward(self):
        draft, callees = self.draft()
        return compiled(draft.function, [*draft.forward, gast.Return(draft.result)], draft.function.parameters, callees)

    def joint(self, simplified):
        draft, callees = self.draft()
        both = core.tuple_of([draft.result, draft.backward[-1].value])
        body = [*draft.forward, *draft.backward[:-1], gast.Return(both)]
        if simplified:
            body = simplify.run(draft.function, body)
        return compiled(draft.function, body, [*draft.function.parameters, draft.seed], callees)


class Forward(Stages):
    """Values and tangents."""

    def __init__(self, f, args):
        super().__init__(s2s.jvp(f), args, lambda instance: instance.tangent_name())

    def body(self, simplified):
        draft, callees = self.draft()
        body = simplify.run(draft.function, draft.body) if simplified else draft.body
        return compiled(draft.function, body, [a.id for a in draft.arguments.args], callees)


# Comparison ------------------------------------------------------------------------------------------------------


def assert_same(got, expected, tolerance=0.0):
    """The same types all the way down, and the same numbers up to a tolerance relative to their size."""
    assert type(got) is type(expected)
    if isinstance(expected, dict):
        assert list(got) == list(expected)
        got, expected = list(got.values()), list(expected.values())
    if isinstance(expected, list | tuple):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            assert_same(a, b, tolerance)
    else:
        assert_close(got, expected, tolerance)


def assert_close(got, expected, tolerance):
    assert np.shape(got) == np.shape(expected)
    if np.asarray(expected).dtype.kind in "fc":
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
    else:
        assert np.array_equal(got, expected)


def leaves(tree):
    if isinstance(tree, dict):
        return [x for k in sorted(tree) for x in leaves(tree[k])]
    return [x for c in tree for x in leaves(c)] if isinstance(tree, list | tuple) else [tree]


def assert_same_leaves(got, expected):
    """Adjoints and tangents: zeros may be a number where another stage has an array's worth of them."""
    got, expected = leaves(got), leaves(expected)
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def shaped_like(tree, value):
    """A cotangent or tangent: `value` at every float, growing along arrays so that entries differ; None elsewhere."""
    if isinstance(tree, dict):
        return {k: shaped_like(v, value) for k, v in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[shaped_like(v, value) for v in tree])
    if isinstance(tree, list | tuple):
        return type(tree)(shaped_like(v, value) for v in tree)
    if np.asarray(tree).dtype.kind != "f":
        return None
    return value + 0.1 * np.arange(np.size(tree)).reshape(np.shape(tree)) if np.shape(tree) else value


def all_floats(tree):
    return all(x is not None and np.asarray(x).dtype.kind == "f" for x in leaves(tree))


# Tests -----------------------------------------------------------------------------------------------------------


def check_desugared(f, cases):
    if lifting.lifted(function_source(f))[1]:
        pytest.skip("a function as a value is what it captures; only inference knows how to call it")
    run = desugared(f)
    for args in cases:
        assert_same(run(*copy.deepcopy(args)), f(*copy.deepcopy(args)))


def with_defaults(f, args):
    """All arguments: in emitted signatures, seeds and tangents follow them."""
    missing = list(inspect.signature(f).parameters.values())[len(args) :]
    return (*args, *[parameter.default for parameter in missing])


def check_reverse(f, args):
    args = with_defaults(f, args)
    stages = Reverse(f, args)
    value = f(*copy.deepcopy(args))
    assert_same(stages.forward()(*copy.deepcopy(args)), value)
    out, saved = stages.result.function(*copy.deepcopy(args))
    assert_same(out, value, 1e-12)
    seed = shaped_like(value, 0.7)
    expected = stages.result.namespace[stages.result.backward](saved, seed)
    for simplified in (False, True):
        out, bars = stages.joint(simplified)(*copy.deepcopy(args), seed)
        assert_same(out, value, 1e-12)
        assert_same_leaves(bars, expected)


def check_forward(f, args):
    args = with_defaults(f, args)
    stages = Forward(f, args)
    value = f(*copy.deepcopy(args))
    active = [p for p, kind in stages.kinds.items() if s2s.codegen.inference.kinds.is_active(kind)]
    dots = [shaped_like(v, 0.3) for p, v in zip(stages.kinds, args, strict=False) if p in active]
    out, expected = stages.result.function(*copy.deepcopy(args), *dots)
    assert_same(out, value, 1e-12)
    for simplified in (False, True):
        out, dot = stages.body(simplified)(*copy.deepcopy(args), *dots)
        assert_same(out, value, 1e-12)
        assert_same_leaves(dot, expected)


@pytest.mark.parametrize(("f", "cases"), OURS)
def test_desugared_code_runs_as_cpython_does(f, cases):
    check_desugared(f, cases)


# Methods that write attributes are found by inference, after which the function is desugared once more.
NEEDS_INFERENCE = ("object_with_state",)
# What calls itself is written once the function is finished, so that a draft alone cannot run.
RECURSIVE = ("factorial_like", "mutual_even")


@pytest.mark.parametrize(("f", "cases"), [case for case in THEIRS if case.id.split(".")[-1] not in NEEDS_INFERENCE])
def test_desugared_open_programs_run_as_cpython_does(f, cases):
    try:
        check_desugared(f, cases)
    except UnsupportedError as error:
        pytest.skip(f"refused: {error.diagnostics[0].cause}")


@pytest.mark.parametrize(("f", "cases"), ACTIVE)
def test_sweeps_run_before_and_after_simplification(f, cases):
    for args in cases:
        check_reverse(f, args)


@pytest.mark.parametrize(("f", "cases"), ACTIVE)
def test_tangents_run_before_and_after_simplification(f, cases):
    for args in cases:
        check_forward(f, args)


@pytest.mark.parametrize("name", core_programs.REFUSED)
def test_refused_programs_are_refused(name):
    with pytest.raises(UnsupportedError, match="core_programs.py"):
        Reverse(getattr(core_programs, name), core_programs.CASES[name][0])


@pytest.mark.parametrize(("f", "cases"), [case for case in THEIRS if case.id.split(".")[-1] not in RECURSIVE])
def test_sweeps_of_open_programs_run(f, cases):
    try:
        for args in cases:
            check_reverse(f, args) if all_floats(f(*copy.deepcopy(args))) else None
    except UnsupportedError as error:
        pytest.skip(f"refused: {error.diagnostics[0].cause}")


@pytest.mark.parametrize(("f", "cases"), [case for case in THEIRS if case.id.split(".")[-1] not in RECURSIVE])
def test_tangents_of_open_programs_run(f, cases):
    try:
        for args in cases:
            check_forward(f, args)
    except UnsupportedError as error:
        pytest.skip(f"refused: {error.diagnostics[0].cause}")
