"""Rules of the user's: they replace derivatives and batched forms, and survive every composition."""

import functools

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError

W = np.array([1.0, 2.0, 0.1])
A = np.random.default_rng(0).normal(size=(3, 3))


# The rules are wrong on purpose by a factor, which shows that they are used.
@s2s.custom_vjp
def clipped(x, low):
    return np.clip(x, low, 10.0)


def clipped_fwd(x, low):
    return np.clip(x, low, 10.0), (x, low)


def clipped_bwd(saved, g):
    x, _ = saved
    return g * 3.0 * x, None


clipped.defvjp(clipped_fwd, clipped_bwd)


@s2s.custom_jvp
def scaled(x, y):
    return x * x * y


@scaled.defjvp
def scaled_jvp(primals, tangents):
    x, y = primals
    x_dot, y_dot = tangents
    return scaled(x, y), 3.0 * x * y * x_dot + np.cos(x) * y_dot


@s2s.custom_vmap
def product(a, x):
    return a @ x


asked = []


@product.def_vmap
def product_batch(size, is_batched, a, x):
    asked.append((size, is_batched))
    if is_batched == (False, True):
        return x @ a.T, True
    return np.stack([b @ v for b, v in zip(a, x, strict=True)]), True


def by_vjp(w):
    return np.sin(clipped(2.0 * w, 0.5)) * w


def by_vjp_slope(w):
    y = np.clip(2.0 * w, 0.5, 10.0)
    return np.sin(y) + np.cos(y) * w * 3.0 * 2.0 * w * 2.0


def by_vjp_second(w):
    step = 1e-6
    return (by_vjp_slope(w + step) - by_vjp_slope(w - step)) / (2 * step)


def by_jvp(w):
    return np.sin(scaled(w, 2.0 * w))


def by_jvp_slope(w):
    return np.cos(2.0 * w**3) * (6.0 * w**2 + 2.0 * np.cos(w))


def by_jvp_second(w):
    """The rule calls the function, whose derivative is the rule again."""
    return -np.sin(2.0 * w**3) * (6.0 * w**2 + 2.0 * np.cos(w)) ** 2 + np.cos(2.0 * w**3) * (12.0 * w - 2.0 * np.sin(w))


@pytest.mark.parametrize(
    ("f", "slope", "second"), [(by_vjp, by_vjp_slope, by_vjp_second), (by_jvp, by_jvp_slope, by_jvp_second)]
)
def test_reverse_mode_uses_the_rule_whatever_is_around(f, slope, second):
    gradient = s2s.grad(lambda w: f(w).sum())
    np.testing.assert_allclose(gradient(W), slope(W))
    np.testing.assert_allclose(s2s.jit(gradient)(W), slope(W))
    np.testing.assert_allclose(s2s.vmap(s2s.grad(f))(W), slope(W))
    np.testing.assert_allclose(s2s.grad(lambda w: s2s.vmap(f)(w).sum())(W), slope(W))
    np.testing.assert_allclose(s2s.jit(s2s.vmap(s2s.grad(s2s.jit(f))))(W), slope(W))
    np.testing.assert_allclose(s2s.vmap(s2s.grad(s2s.grad(f)))(W), second(W), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(s2s.jvp(gradient, (W,), (np.ones(3),))[1], second(W), rtol=1e-6, atol=1e-8)


def test_the_emitted_text_calls_the_rule_by_name():
    source = s2s.grad(lambda w: by_vjp(w).sum()).source
    assert "x_bar, low_bar = clipped_bwd(saved, " in source
    assert s2s.grad(clipped)(2.0, 1.0) == 6.0


def test_forward_mode():
    value, dot = s2s.jvp(by_jvp, (W,), (np.ones(3),))
    np.testing.assert_allclose(value, np.sin(2.0 * W**3))
    np.testing.assert_allclose(dot, by_jvp_slope(W))
    np.testing.assert_allclose(s2s.jvp(lambda w: s2s.vmap(by_jvp)(w), (W,), (np.ones(3),))[1], by_jvp_slope(W))
    np.testing.assert_allclose(s2s.jacfwd(by_jvp)(W), np.diag(by_jvp_slope(W)))

    @s2s.custom_jvp
    def each(x, y):
        return x * y

    each.defjvps(lambda t, out, x, y: 10.0 * t * y, None)
    assert s2s.grad(lambda x: each(x, x))(2.0) == 20.0


def test_batched_form():
    x = np.random.default_rng(1).normal(size=(4, 3))
    np.testing.assert_allclose(s2s.vmap(product, in_axes=(None, 0))(A, x), x @ A.T)
    assert asked.pop() == (4, (False, True))
    np.testing.assert_allclose(s2s.grad(lambda x: s2s.vmap(lambda v: product(A, v))(x).sum())(x), [A.sum(axis=0)] * 4)
    np.testing.assert_allclose(s2s.grad(lambda v: product(A, v).sum())(x[0]), A.sum(axis=0))


def test_what_the_rows_share_gets_the_sum_of_their_cotangents():
    batched = s2s.vmap(clipped_slope, in_axes=(0, None))
    found = s2s.grad(lambda low: batched(W, low).sum())(0.5)
    np.testing.assert_allclose(found, 7.0 * W.sum())


@s2s.custom_vjp
def clipped_slope(x, low):
    return x * low


clipped_slope.defvjp(lambda x, low: (x * low, (x, low)), lambda saved, g: (g * saved[1], 7.0 * g * saved[0]))


@functools.partial(s2s.custom_vjp, nondiff_argnums=(0,))
def fixed_point(f, a, guess):
    x, previous = f(a, guess), guess
    while np.abs(x - previous) > 1e-12:
        x, previous = f(a, x), x
    return x


def fixed_point_fwd(f, a, guess):
    x = fixed_point(f, a, guess)
    return x, (a, x)


def fixed_point_bwd(f, saved, x_bar):
    a, x = saved
    _, back = s2s.vjp(f, a, x)
    u = x_bar
    for _ in range(60):
        u = x_bar + back(u)[1]
    return back(u)[0], None


fixed_point.defvjp(fixed_point_fwd, fixed_point_bwd)


def newton_step(a, x):
    return 0.5 * (x + a / x)


def test_implicit_differentiation_of_a_fixed_point():
    root = s2s.grad(lambda a: fixed_point(newton_step, a, 1.0))
    np.testing.assert_allclose(root(2.0), 0.5 / np.sqrt(2.0))
    np.testing.assert_allclose(s2s.jit(root)(2.0), 0.5 / np.sqrt(2.0))


def test_registered_pairs():
    def cube(x):
        return x**3

    assert s2s.grad(cube)(2.0) == 12.0
    s2s.register_vjp(cube, lambda x: (x**3, x), lambda x, g: 5.0 * x * g)
    assert s2s.grad(cube)(2.0) == 10.0
    assert s2s.grad(lambda x: cube(x) * x)(2.0) == 28.0


def test_refusals():
    with pytest.raises(UnsupportedError, match=r"clipped\(\) has a rule for reverse mode alone"):
        s2s.jvp(by_vjp, (W,), (W,))

    @s2s.custom_jvp
    def squared(x):
        return x

    with pytest.raises(TypeError, match=r"its rule was never given: squared.defjvp\(jvp\)"):
        s2s.grad(lambda x: squared(x))(2.0)
    squared.defjvp(lambda primals, tangents: (primals[0], tangents[0] ** 2))
    with pytest.raises(UnsupportedError, match="is not linear in the tangents"):
        s2s.grad(lambda x: squared(x))(2.0)

    @s2s.custom_vjp
    def summed(x):
        return np.sum(x)

    summed.defvjp(lambda x: (np.sum(x), None), lambda saved, g: (g,))
    with pytest.raises(TypeError, match=r"cotangent of an argument of shape \(3,\) has shape \(\)"):
        s2s.grad(lambda x: summed(x * x))(W)
    with pytest.raises(UnsupportedError, match="take as a constant, depends on a differentiated value"):
        s2s.grad(lambda a: fixed_point(lambda b, x: a * x, a, 1.0))(0.5)


class Layer:
    def __init__(self, w):
        self.w = w

    @functools.partial(s2s.custom_vjp, nondiff_argnums=(0,))
    def scaled(self, x):
        return x * self.w

    def scaled_fwd(self, x):
        return x * self.w, None

    def scaled_bwd(self, saved, g):
        return (g * self.w * 3.0,)

    scaled.defvjp(scaled_fwd, scaled_bwd)

    @staticmethod
    @s2s.custom_jvp
    def positive(x):
        return np.maximum(x, 0)

    def loss(self, x):
        return np.sum(self.scaled(x)) + np.sum(self.positive(x))


@Layer.positive.defjvp
def positive_jvp(primals, tangents):
    return Layer.positive(primals[0]), tangents[0] * 2.0


def test_rules_of_methods():
    layer, x = Layer(2.0), np.array([[1.0, -2.0], [0.5, 3.0]])
    np.testing.assert_allclose(s2s.grad(layer.loss)(x[0]), [8.0, 8.0])
    np.testing.assert_allclose(s2s.jit(s2s.vmap(s2s.grad(layer.loss)))(x), np.full((2, 2), 8.0))


def test_rules_given_inside_are_refused():
    def outer(x):
        @s2s.custom_vjp
        def f(y):
            return np.sin(y)

        f.defvjp(lambda y: (np.sin(y), y), lambda y, g: (g * np.cos(y),))
        return f(x)

    with pytest.raises(UnsupportedError, match="is applied inside of a transformed function") as caught:
        s2s.grad(outer)(1.0)
    assert "write instead: define the function and its rule at module level" in str(caught.value)


def test_pullbacks_are_batched():
    y, back = s2s.vjp(lambda w, x: np.tanh(w @ x), np.ones((2, 3)), np.array([0.1, 0.2, 0.3]))
    w_bars, x_bars = s2s.vmap(back)(np.eye(2))
    rows = [back(e) for e in np.eye(2)]
    np.testing.assert_allclose(w_bars, [r[0] for r in rows])
    np.testing.assert_allclose(x_bars, [r[1] for r in rows])
