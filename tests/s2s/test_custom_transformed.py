"""Rules for functions that are transformed themselves: the batched form of a function, a gradient."""

import numpy as np

import s2s

X = np.array([1.0, 2.0])


def f(x):
    return np.sin(x) * x


def test_a_batched_function_has_a_rule_of_its_own():
    ruled = s2s.custom_vjp(s2s.vmap(f))
    ruled.defvjp(lambda x: (s2s.vmap(f)(x), x), lambda x, g: (g * 2.0 * x,))

    def loss(x):
        return np.sum(ruled(x) * 3.0)

    np.testing.assert_allclose(ruled(X), f(X))
    for run in (s2s.grad(loss), s2s.jit(s2s.grad(loss))):
        np.testing.assert_allclose(run(X), 6.0 * X)
    rows = np.stack([X, X + 1.0])
    np.testing.assert_allclose(s2s.vmap(s2s.grad(loss))(rows), 6.0 * rows)
    np.testing.assert_allclose(s2s.grad(lambda x: np.sum(s2s.vmap(ruled)(x)))(rows), 2.0 * rows)


def test_tangents_and_gradients():
    tangent = s2s.custom_jvp(s2s.vmap(f))
    tangent.defjvp(lambda primals, tangents: (s2s.vmap(f)(primals[0]), tangents[0] * 3.0))
    np.testing.assert_allclose(s2s.jvp(tangent, (X,), (X,))[1], 3.0 * X)
    second = s2s.custom_vjp(s2s.grad(lambda x: x**3))
    second.defvjp(lambda x: (3.0 * x**2, x), lambda x, g: (g * 7.0 * x,))
    np.testing.assert_allclose(s2s.grad(second)(2.0), 14.0)
