"""In-place operators on what has no dimensions: NumPy's 0-d arrays are written, its numbers are rebound."""

import numpy as np
import pytest

import s2s
from s2s.codegen.reading.source import function_from_string

SOURCES = [
    "np.where(x[0] > 0, x[1], 2.0)", "np.where(s > 0, s, 2.0)", "np.asarray(s)", "np.array(x[1])", "np.sum(x)", "x[1]",
    "np.sum(x, keepdims=True)", "np.mean(x)", "x[1, ...]", "m[1, 2, ...]", "m[1, 2]", "m[1]", "x[1:2].reshape(())",
    "np.squeeze(x[1:2])", "np.zeros(()) + x[0]", "np.full((), s)", "np.zeros_like(s)", "np.ones_like(x[0])", "x @ x",
    "np.full_like(x[0], 3.0)", "np.einsum('i,i', x, x)", "np.sin(s)", "np.maximum(s, 0.5)", "np.take(x, 1)",
    "np.max(x)", "x[1].copy()", "np.copy(s)", "np.linalg.norm(x)", "np.median(x)", "np.interp(s, x, x)",
    "np.select([s > 0], [s], 1.0)", "np.transpose(s)", "np.real(s)", "x[1:3]", "x[::-1]", "x[np.array([1, 0])]",
    "np.where(x > 0, x, 0.0)", "m.T[1]",
]  # fmt: skip
OPERATORS = ["t *= 2.0", "t += x[0] * 0.5", "t **= 2"]
X, M, S = np.array([1.5, -0.7, 0.3, 2.0]), np.arange(16.0).reshape(4, 4) / 7 + np.eye(4), 0.8


def of_all(operator):
    """The sums of what each source, and everything that it may share memory with, is after an alias is written."""
    blocks = [
        f"    x, m = x0.copy(), m0.copy()\n    a = {source}\n    t = a\n    {operator}\n"
        "    out.append(np.sum(a) + 0.01 * np.sum(t) + 10.0 * np.sum(x) + 100.0 * np.sum(m))\n"
        for source in SOURCES
    ]
    text = f"import numpy as np\ndef f(x0, m0, s):\n    out = []\n{''.join(blocks)}    return out\n"
    return function_from_string(text, name="f")


@pytest.mark.parametrize("operator", OPERATORS)
def test_aliases_of_what_has_no_dimensions(operator):
    function = of_all(operator)
    want = function(X, M, S)
    for source, value, expected in zip(SOURCES, s2s.jit(function)(X, M, S), want, strict=True):
        np.testing.assert_allclose(value, expected, err_msg=source)


def joined(x):
    t = np.where(x > 0, x, 1.0)
    a = t
    if x > 1:
        t = np.asarray(x * 3.0)
    t *= 2.0
    return t + a


def carried(x):
    t = np.full((), x)
    a = t
    for _ in range(5):
        t *= 0.5
    return t + a


def element(x):
    a = x[1, ...]
    t = a
    t *= 2.0
    return np.sum(a) + 10 * np.sum(x)


def middle(x):
    a = np.median(x)
    t = a
    t *= 2.0
    return a + t


@pytest.mark.parametrize(
    "function, args", [(joined, (0.5,)), (joined, (1.5,)), (carried, (1.5,)), (element, (X,)), (middle, (X,))]
)
def test_through_control_flow_and_derivatives(function, args):
    """The number is NumPy's, or none is given."""
    want = function(*[np.copy(a) if isinstance(a, np.ndarray) else a for a in args])
    for way in (s2s.jit, lambda f: lambda *a: s2s.value_and_grad(f)(*a)[0], lambda f: s2s.jit(s2s.value_and_grad(f))):
        try:
            value = way(function)(*args)
        except s2s.S2SError:
            continue
        np.testing.assert_allclose(value[0] if isinstance(value, tuple) else value, want)


def test_parts_of_a_split_array_are_not_written():
    def function(x):
        a, b = np.split(x, 2)
        a *= 2.0
        return np.sum(b) + np.sum(x)

    for way in (s2s.jit, s2s.grad):
        with pytest.raises(s2s.S2SError):
            way(function)(X)
