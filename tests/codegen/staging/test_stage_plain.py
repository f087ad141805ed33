"""Straight-line functions that staging leaves alone are told apart without a full reading."""

import builtins
import math
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


def _read(body: str) -> Any:
    lines = "".join(f"    {line.strip()}\n" for line in body.split(";"))
    tree = source_from_string(f"def f(x, y):\n{lines}", GLOBALS).tree
    return passes_through(tree, lambda name: GLOBALS.get(name, getattr(builtins, name, None)))


@pytest.mark.parametrize("body", PLAIN.strip().splitlines())
def test_passes(body):
    assert _read(body) is not None


@pytest.mark.parametrize("body", NOT_PLAIN.strip().splitlines())
def test_needs_the_full_reading(body):
    assert _read(body) is None


def helper(x):
    return np.exp(x) / np.sum(np.exp(x))


def loss(params, x):
    w, b = params["w"], params["b"]
    return np.sum(helper(x @ w + b)[:, None] ** 2)


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
