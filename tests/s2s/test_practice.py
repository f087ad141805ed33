"""Emitted gradients of functions as practitioners write them: right as text, and about as long as by hand."""

import ast
import copy
import math

import numpy as np
import pytest

import s2s
from tests.s2s import practice

# Statements, at most. Those with a gradient by hand below are held against that, too.
LONGEST = {
    "batch_norm": 14, "masked_attention": 22, "lstm": 42, "gru": 28, "conv1d": 16, "leapfrog": 32, "kalman":
    33, "logistic": 9, "softmax_labels": 11, "kmeans": 6, "gmm": 18, "interpolate": 27, "heat2d": 21,
    "newton_root": 25, "rk4": 41, "viterbi": 16, "dtw": 35, "vae": 14, "factorise": 6, "resnet": 18, "truss":
    12, "binomial": 42, "monte_carlo": 13, "rosenbrock": 6, "huber": 6, "cosine": 7, "gp_nll": 16, "adaptive":
    10, "momentum": 17, "mlp": 21, "nbody": 16,
}  # fmt: skip


def statements(source):
    found = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.stmt)]
    return len([n for n in found if not isinstance(n, ast.Import | ast.ImportFrom)])


def leaves(tree):
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in leaves(tree[key])]
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, list | tuple) else [tree]


def like(tree, values):
    if isinstance(tree, dict):
        return {key: like(part, values) for key, part in tree.items()}
    return type(tree)(like(part, values) for part in tree) if isinstance(tree, list | tuple) else next(values)


def moved(args, directions, step):
    """The arguments, a step along the directions of some of them."""
    new = list(copy.deepcopy(args))
    for place, direction in directions.items():
        ends = [a + step * d for a, d in zip(leaves(args[place]), leaves(direction), strict=True)]
        new[place] = like(args[place], iter([float(e) if np.ndim(e) == 0 else e for e in ends]))
    return new


def assert_gradient(f, args, wrt, bars):
    rng = np.random.default_rng(0)
    directions = {i: like(args[i], iter([rng.normal(size=np.shape(a)) for a in leaves(args[i])])) for i in wrt}
    numeric = (f(*moved(args, directions, 1e-6)) - f(*moved(args, directions, -1e-6))) / 2e-6
    pairs = [p for i, bar in zip(wrt, bars, strict=True) for p in zip(leaves(bar), leaves(directions[i]), strict=True)]
    assert math.isclose(sum(np.sum(b * d) for b, d in pairs), numeric, rel_tol=1e-4, abs_tol=1e-4)


@pytest.mark.parametrize("name", practice.CASES)
def test_the_text_is_right_and_short(name):
    f, args = getattr(practice, name), practice.CASES[name]
    wrt = practice.WRT.get(name, tuple(range(len(args))))
    source = s2s.grad(f, argnums=wrt).source_for(*copy.deepcopy(args))
    names = dict(vars(practice))
    exec(compile(source, name, "exec"), names)
    assert_gradient(f, args, wrt, names[f"{name}_grad"](*copy.deepcopy(args)))
    assert statements(source) <= LONGEST[name], source
    assert all(len(line) <= 110 for line in source.splitlines())
