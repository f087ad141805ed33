"""Programs that write in place: values against NumPy, both modes against differences, and each other."""

import copy

import numpy as np
import pytest

import s2s
from tests.programs.writes import PROGRAMS

EPS = 1e-6


def shifted(args, u, h):
    return [a + h * d for a, d in zip(copy.deepcopy(args), u, strict=True)]


def differences(f, args, u):
    high, low = (np.asarray(f(*shifted(args, u, h)), float) for h in (EPS, -EPS))
    return (high - low) / (2 * EPS)


def directions(args):
    generator = np.random.default_rng(0)
    return tuple(float(d) if np.ndim(d) == 0 else d for d in (generator.normal(size=np.shape(a)) for a in args))


@pytest.mark.parametrize(("f", "args"), PROGRAMS.items(), ids=[f.__name__ for f in PROGRAMS])
def test_value_and_tangent(f, args):
    u = directions(args)
    value, dot = s2s.jvp(f, tuple(copy.deepcopy(args)), u)
    np.testing.assert_allclose(value, f(*copy.deepcopy(args)), rtol=1e-12)
    np.testing.assert_allclose(dot, differences(f, args, u), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("f", "args"), PROGRAMS.items(), ids=[f.__name__ for f in PROGRAMS])
def test_gradient(f, args):
    u, given = directions(args), copy.deepcopy(args)
    out, back = s2s.vjp(f, *given)
    bar = np.random.default_rng(1).normal(size=np.shape(out))
    bars = back(bar if np.ndim(bar) else float(bar))
    found = sum(np.sum(b * d) for b, d in zip(bars, u, strict=True))
    np.testing.assert_allclose(found, np.sum(differences(f, args, u) * bar), rtol=1e-5, atol=1e-6)
    for a, b in zip(given, args, strict=True):
        np.testing.assert_array_equal(a, b)  # emitted code never writes what it is given
