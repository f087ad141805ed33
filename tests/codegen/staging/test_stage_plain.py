"""Straight-line functions that staging leaves alone are told apart without a full reading."""

import builtins
import math
import textwrap
from typing import Any

import numpy as np
import pytest

import s2s
from s2s.codegen.emission.load import emitted_tree
from s2s.codegen.reading.source import function_source, source_from_string
from s2s.codegen.staging import stage
from s2s.codegen.staging.plain import passes_through
from s2s.codegen.staging.rewrite import Rewriter

TABLE = np.arange(4.0)
GLOBALS: dict[str, Any] = {"np": np, "math": math, "table": TABLE, "map": map, "sum": sum}

PLAIN = """
return np.sin(x) * y
a, b = np.shape(x); c = x[:, None]; return {"c": c, "d": (c[0], [a, b])}
mask = np.triu(np.ones((3, 3)), k=1); return np.where(mask, x, y)
t = x.T.sum(axis=0); return -t
a, b = np.shape(x); c = b // 2; m = np.ones((a, c), dtype=bool); return np.where(m, x, y)
n = np.size(x); return np.arange(n) * y + np.zeros((n, 2), np.float32)
"""
NOT_PLAIN = """
return math.sin(x)
return table[x]
t = np.zeros(3); return t[x]
return x if y else 0.0
return not x
return x < y < 1
x += y; return x
x[0] = y; return x
for i in y: x = x + i
return list(map(np.sin, x))
return y(x)
return x.fill(0.0)
return no_such_function(x)
return x.solve(y)
return float(x)
return [v for v in x]
return np.no_such_function(x)
n = np.sum(x); return np.ones(n)
n = np.size(x); return np.ones(n) + np.ones(y)
n = np.size(x); n = y; return np.ones(n)
x = np.size(y); return np.ones(x)
n = np.size(x); t = np.zeros((n, 3)); return t[y]
n = np.size(x[x & y]); return np.ones(n)
"""

# Of parameters p and q that are lists or tuples, and x and y that are not.
LOOPS = """
for a in p:
    x = x + a
return x

for a, b in zip(p, reversed(q)):
    x = x @ a + b
return x

xs = []
for a in p:
    xs.append((x, a))
    x = x * a
for x, a in reversed(xs):
    y = y + a
return y

for a in p:
    xs = []
    for i, b in enumerate(q):
        xs.append(a * b)
    for b in xs:
        y = y + b
return y
"""
NOT_PLAIN_LOOPS = """
for a in x:
    y = y + a
return y

for a in zip(p, x):
    y = y + a[0]
return y

for a in p:
    for b in a:
        y = y + b
return y

p = x
for a in p:
    y = y + a
return y

for p in p:
    y = y + p
return y

xs = []
for a in p:
    xs.append(a)
return xs

xs = []
ys = xs
for a in p:
    ys.append(a)
return y

xs = [x]
for a in p:
    xs.append(a)
return y

xs = []
xs = y
for a in p:
    xs.append(a)
return y

xs = []
for a in p:
    xs.extend(a)
return y

xs = []
for a in p:
    xs.append(a)
return np.stack(xs)

for a in p:
    y += a
return y

for a in p:
    break
return y

for a[0] in p:
    y = y + x
return y

for i in range(3):
    y = y + x
return y
"""


def _read(body: str, containers: str = "") -> Any:
    lines = textwrap.indent(body if containers else body.replace("; ", "\n"), "    ")
    tree = source_from_string(f"def f(x, y, p, q):\n{lines}\n", GLOBALS).tree
    return passes_through(tree, lambda name: GLOBALS.get(name, getattr(builtins, name, None)), containers)


@pytest.mark.parametrize("body", PLAIN.strip().splitlines())
def test_passes(body):
    assert _read(body) is not None


@pytest.mark.parametrize("body", NOT_PLAIN.strip().splitlines())
def test_needs_the_full_reading(body):
    assert _read(body) is None


@pytest.mark.parametrize("body", LOOPS.strip().split("\n\n"))
def test_loops_over_lists_of_pythons_own_pass(body):
    passed = _read(body, "pq")
    assert passed is not None
    assert passed.containers == {n for n in "pq" if n in body}
    assert _read(body, "xy") is None


@pytest.mark.parametrize("body", NOT_PLAIN_LOOPS.strip().split("\n\n"))
def test_other_loops_need_the_full_reading(body):
    assert _read(body, "pq") is None


def helper(x):
    return np.exp(x) / np.sum(np.exp(x))


def loss(params, x):
    w, b = params["w"], params["b"]
    return np.sum(helper(x @ w + b)[:, None] ** 2)


def layers(params, x):
    for w, b in params:
        x = np.tanh(x @ w + b)
    return np.sum(x**2)


def test_emitted_loops_over_lists_of_arguments_stay_as_they_are():
    gradient = s2s.grad(layers)
    params, x = [(np.eye(3) * 0.3, np.ones(3))] * 2, np.linspace(0.0, 1.0, 6).reshape(2, 3)
    expected = gradient(params, x)
    found = s2s.jit(gradient)(params, x)
    for one, other in zip(s2s.tree.leaves(found), s2s.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other)
    function = gradient.result_for(gradient.kinds_of(gradient.bind((params, x), {})), None).function
    assert stage.stage_function(function, containers={"params"}) is function
    assert stage.stage_function(function) is not function

    def over_rows(w, b):  # the same function, of staged arrays that lists of entries are made of
        return layers([(w[i], b[i]) for i in range(2)], x)

    dw, db = s2s.jit(s2s.grad(over_rows, argnums=(0, 1)))(np.stack([w for w, _ in params]), np.ones((2, 3)))
    np.testing.assert_allclose(dw[1], expected[1][0])
    np.testing.assert_allclose(db[0], expected[0][1])


def test_the_quick_reading_of_emitted_functions_is_the_full_one():
    gradient = s2s.grad(loss)
    gradient({"w": np.ones((3, 2)), "b": np.ones(2)}, np.ones((4, 3)))
    ((_, result),) = gradient._emitted.values()
    assert set(result.trees) == {"helper_fwd", "helper_bwd", "loss_grad"}
    for name in result.trees:
        function = result.namespace[name]
        passed = passes_through(emitted_tree(function), lambda n, f=function: stage._object_named(f, n))
        names = dict.fromkeys(stage._RUNTIME_NAMES, "_")
        rewriter = Rewriter(function_source(function), names, lambda f: False, lambda f: set(), False)
        rewriter.visit(rewriter.source.tree)
        assert not rewriter.changed
        assert set(passed.callees) == set(rewriter.callees)
        assert passed.resolved.items() >= rewriter.resolved.items()
