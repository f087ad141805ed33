"""Gradients through functions of `s2s.numpy`, `nn` and `lax` against central differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2s
import s2s.lax as lax
import s2s.nn as nn
import s2s.numpy as jnp

x0 = np.array([0.12573022, -0.13210486, 0.64042265, 0.10490012, -0.53566937])
m = np.array([True, False, True, True, False])
w = np.sin(np.arange(5.0))


def sm_where3(x):
    return jnp.sum(nn.softmax(x, axis=-1, where=m) * w)


def lsm(x):
    return jnp.sum(nn.log_softmax(x, axis=0) * w)


def lse(x):
    return nn.logsumexp(x, axis=0, b=np.exp(w))


def lse2(x):
    return nn.logsumexp(x)


def gelu2(x):
    return jnp.sum(nn.gelu(x, approximate=False))


def std(x):
    return jnp.sum(nn.standardize(x) * w)


def clip(x):
    return jnp.sum(jnp.clip(x, max=0.2) * w)


def clip2(x):
    return jnp.sum(jnp.clip(x, -0.1, 0.2) * w)


def lin(x):
    return jnp.sum(jnp.linspace(x[0], x[1], 4) ** 2)


def full(x):
    return jnp.sum(jnp.full(3, x[2]) ** 2)


def arr(x):
    return jnp.sum(jnp.array([x[0], x[1] * x[2], 1.0]) ** 2)


def ein(x):
    return jnp.einsum("i,j->", x, x**2)


def interp(x):
    return jnp.sum(jnp.interp(x, np.array([-2.0, -1, 0, 1, 2]), w) ** 2)


def interp2(x):
    return jnp.sum(jnp.interp(w, np.array([-2.0, -1, 0, 1, 2]), x) ** 2)


def cov(x):
    return jnp.sum(jnp.cov(jnp.stack([x, x**2, w])) ** 2)


def corr(x):
    return jnp.sum(jnp.corrcoef(jnp.stack([x, x**2, w])) * np.arange(9.0).reshape(3, 3))


def quant(x):
    return jnp.quantile(x, 0.3) * jnp.median(x)


def avg(x):
    return jnp.average(x, weights=jnp.exp(x))


def tr(x):
    return jnp.trapezoid(x**2, dx=0.5)


def dif(x):
    return jnp.sum(jnp.diff(x, n=2) ** 2)


def dif1(x):
    return jnp.sum(jnp.diff(x) ** 2)


def conv(x):
    return jnp.sum(jnp.convolve(x, w[:3], mode="same") ** 2)


def conv2(x):
    return jnp.sum(jnp.convolve(w, x) ** 2)


def poly(x):
    return jnp.polyval(x, 0.7)


def vand(x):
    return jnp.sum(jnp.vander(x, 3) * np.arange(15.0).reshape(5, 3))


def nanm(x):
    return jnp.nanmean(jnp.where(m, x, np.nan) ** 2)


def nanv(x):
    return jnp.nanvar(jnp.where(m, x**2, np.nan))


def ins(x):
    return jnp.sum(jnp.insert(x, 2, 1.5) ** 2)


def dele(x):
    return jnp.sum(jnp.delete(x, 2) ** 2)


def mpow(x):
    return jnp.sum(jnp.linalg.matrix_power(jnp.outer(x, w) + np.eye(5), 3))


def pinv(x):
    return jnp.sum(jnp.linalg.pinv(jnp.outer(x, w) + np.eye(5)) ** 2)


def lstsq(x):
    return jnp.sum(jnp.linalg.lstsq(np.eye(5)[:, :2] + w[:2], x)[0] ** 2)


def cond(x):
    return jnp.linalg.cond(jnp.outer(x, w) + np.diag(np.arange(1, 6.0)))


def mdot(x):
    return jnp.linalg.multi_dot([x, np.eye(5) * w, x**2])


def vnorm(x):
    return jnp.linalg.vector_norm(x, ord=3)


def tsolve(x):
    return jnp.sum(
        jnp.linalg.tensorsolve((jnp.outer(x[:4], w[:4]) + 2 * np.eye(4)).reshape(2, 2, 4), w[:4].reshape(2, 2)) ** 2
    )


def dgen(x):
    return jnp.sum(lax.dot_general(jnp.outer(x, w), jnp.outer(w, x), (((1,), (0,)), ((), ()))) ** 2)


def dslice(x):
    return jnp.sum(lax.dynamic_slice(x, (1,), (2,)) ** 2)


def dupd(x):
    return jnp.sum(lax.dynamic_update_slice_in_dim(x, x[:2] ** 2, 3, 0) ** 2)


def padl(x):
    return jnp.sum(lax.pad(x, 0.5, [(1, -1, 1)]) ** 2)


def rsq(x):
    return jnp.sum(lax.rsqrt(x**2 + 1))


def topk(x):
    return jnp.sum(lax.top_k(x, 2)[0] ** 2)


def skv(x):
    k, v = lax.sort_key_val(x, x**3)
    return jnp.sum(v * w)


def csum(x):
    return jnp.sum(lax.cumsum(x, 0, True) ** 2)


def cmax(x):
    return jnp.sum(lax.cummax(x, 0) ** 2 * w)


def clse(x):
    return jnp.sum(lax.cumlogsumexp(x, 0) ** 2 * w)


def stopg(x):
    return jnp.sum(lax.stop_gradient(x) * x)


def erf(x):
    return jnp.sum(lax.erf(x) * lax.logistic(x))


def bid(x):
    return jnp.sum(lax.broadcast_in_dim(x, (5, 2), (0,)) ** 2)


def onehot(x):
    return jnp.sum(nn.one_hot(np.array([0, 1]), 5) @ x)


def glu(x):
    return jnp.sum(nn.glu(jnp.append(x, x[0] ** 2)) * w[:3])


def acts(x):
    return jnp.sum(
        (
            nn.elu(x)
            + nn.selu(x)
            + nn.leaky_relu(x)
            + nn.mish(x)
            + nn.celu(x)
            + nn.squareplus(x)
            + nn.hard_silu(x)
            + nn.relu6(x)
            + nn.log_sigmoid(x)
            + nn.soft_sign(x)
            + nn.silu(x)
        )
        * w
    )


FUNCTIONS = [
    sm_where3,
    lsm,
    lse,
    lse2,
    gelu2,
    std,
    clip,
    clip2,
    lin,
    full,
    arr,
    ein,
    interp,
    interp2,
    cov,
    corr,
    quant,
    avg,
    tr,
    dif,
    dif1,
    conv,
    conv2,
    poly,
    vand,
    nanm,
    nanv,
    ins,
    dele,
    mpow,
    pinv,
    lstsq,
    cond,
    mdot,
    vnorm,
    tsolve,
    dgen,
    dslice,
    dupd,
    padl,
    rsq,
    topk,
    skv,
    csum,
    cmax,
    clse,
    erf,
    bid,
    onehot,
    glu,
    acts,
]


def differences(f: Callable[[Any], Any], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    rows = step * np.eye(x.size)
    return np.array([(float(f(jnp.array(x + row))) - float(f(jnp.array(x - row)))) / (2 * step) for row in rows])


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_gradient(f: Callable[[Any], Any]) -> None:
    np.testing.assert_allclose(np.asarray(s2s.grad(f)(jnp.array(x0))), differences(f, x0), rtol=1e-5, atol=1e-6)


def test_stop_gradient() -> None:
    np.testing.assert_allclose(np.asarray(s2s.grad(stopg)(jnp.array(x0))), x0)
