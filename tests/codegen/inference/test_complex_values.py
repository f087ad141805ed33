"""Complex numbers beside differentiated values: refused at the line where they meet, in both modes."""

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError

PHASES = np.exp(1j * np.arange(3))
X = np.array([0.3, 0.2, 0.1])


def times_constants(x):
    return np.abs(x * PHASES) ** 2


def iterated(x):
    z = 0j
    for k in range(3):
        z = z * z + x[k]
    return abs(z)


def written(x):
    z = np.zeros(3, dtype=complex)
    z[1] = x[0]
    return np.abs(z)


def cast(x):
    return np.abs(np.array(x, dtype="complex128"))


@pytest.mark.parametrize("f", [times_constants, iterated, written, cast], ids=lambda f: f.__name__)
def test_refused(f):
    for transform in (lambda: s2s.vjp(f, X), lambda: s2s.jvp(f, (X,), (X,))):
        with pytest.raises(UnsupportedError, match="derivatives of complex values are not supported yet"):
            transform()


def test_real_parts_of_constants_are_numbers():
    def f(x):
        z = complex(2, 1)
        return (np.abs(PHASES) * x + z.real * x).sum() * abs(z)

    np.testing.assert_allclose(s2s.grad(f)(X), 3 * np.sqrt(5) * np.ones(3))
