"""Functions, and their gradients as an engineer writes them: `X_by_hand` with respect to every argument of `X`."""

import numpy as np

_r = np.random.default_rng(7)


def huber(w, x, y):
    r = x @ w - y
    return np.mean(np.where(np.abs(r) <= 1.0, 0.5 * r**2, np.abs(r) - 0.5))


def huber_by_hand(w, x, y):
    r = x @ w - y
    r_bar = np.where(np.abs(r) <= 1.0, r, np.sign(r)) / len(y)
    return x.T @ r_bar, np.outer(r_bar, w), -r_bar


def logistic(w, b, x, y):
    p = 1 / (1 + np.exp(-(x @ w + b)))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def logistic_by_hand(w, b, x, y):
    p = 1 / (1 + np.exp(-(x @ w + b)))
    n = len(y)
    p_bar = ((1 - y) / (1 - p) - y / p) / n
    z_bar = p_bar * p * (1 - p)
    y_bar = (np.log(1 - p) - np.log(p)) / n
    return x.T @ z_bar, z_bar.sum(), np.outer(z_bar, w), y_bar


def cosine(a, b):
    return a @ b / (np.sqrt(a @ a) * np.sqrt(b @ b))


def cosine_by_hand(a, b):
    na = np.sqrt(a @ a)
    nb = np.sqrt(b @ b)
    c = a @ b / (na * nb)
    return b / (na * nb) - c * a / na**2, a / (na * nb) - c * b / nb**2


def gaussian_nll(mu, log_sigma, x):
    z = (x - mu) / np.exp(log_sigma)
    return np.sum(0.5 * z**2 + log_sigma)


def gaussian_nll_by_hand(mu, log_sigma, x):
    sigma = np.exp(log_sigma)
    z = (x - mu) / sigma
    x_bar = z / sigma
    return -x_bar.sum(axis=0), np.sum(1 - z**2, axis=0), x_bar


def batch_norm(x, gain):
    mean = np.mean(x, axis=0)
    var = np.mean((x - mean) ** 2, axis=0)
    return np.sum(np.tanh(gain * (x - mean) / np.sqrt(var + 1e-5)))


def batch_norm_by_hand(x, gain):
    mean = np.mean(x, axis=0)
    var = np.mean((x - mean) ** 2, axis=0)
    std = np.sqrt(var + 1e-5)
    norm = (x - mean) / std
    out_bar = 1 - np.tanh(gain * norm) ** 2
    gain_bar = np.sum(out_bar * norm, axis=0)
    norm_bar = out_bar * gain
    x_bar = (norm_bar - norm_bar.mean(axis=0) - norm * np.mean(norm_bar * norm, axis=0)) / std
    return x_bar, gain_bar


def kl(p_logits, q_logits):
    p = np.exp(p_logits) / np.sum(np.exp(p_logits))
    q = np.exp(q_logits) / np.sum(np.exp(q_logits))
    return np.sum(p * (np.log(p) - np.log(q)))


def kl_by_hand(p_logits, q_logits):
    p = np.exp(p_logits) / np.sum(np.exp(p_logits))
    q = np.exp(q_logits) / np.sum(np.exp(q_logits))
    p_bar = np.log(p) - np.log(q) + 1
    q_bar = -p / q
    return p * (p_bar - np.sum(p * p_bar)), q * (q_bar - np.sum(q * q_bar))


def horner(c, x):
    y = 0.0
    for a in c:
        y = y * x + a
    return y


def horner_by_hand(c, x):
    y = 0.0
    saved = []
    for a in c:
        saved.append(y)
        y = y * x + a
    c_bar = np.zeros_like(c)
    x_bar, y_bar = 0.0, 1.0
    for i in reversed(range(len(c))):
        c_bar[i] = y_bar
        x_bar += y_bar * saved[i]
        y_bar = y_bar * x
    return c_bar, x_bar


def smoothing(alpha, x):
    s = x[0]
    out = []
    for v in x:
        s = alpha * v + (1 - alpha) * s
        out.append(s)
    return np.sum(np.array(out) ** 2)


def smoothing_by_hand(alpha, x):
    s = x[0]
    out = []
    before = []
    for v in x:
        before.append(s)
        s = alpha * v + (1 - alpha) * s
        out.append(s)
    out_bar = 2 * np.array(out)
    x_bar = np.zeros_like(x)
    alpha_bar, s_bar = 0.0, 0.0
    for i in reversed(range(len(x))):
        s_bar = s_bar + out_bar[i]
        alpha_bar += s_bar * (x[i] - before[i])
        x_bar[i] = s_bar * alpha
        s_bar = s_bar * (1 - alpha)
    x_bar[0] += s_bar
    return alpha_bar, x_bar


def conv1d(k, x):
    n = len(x) - len(k) + 1
    out = np.zeros(n)
    for i in range(n):
        out[i] = np.dot(k, x[i : i + len(k)])
    return np.sum(out**2)


def conv1d_by_hand(k, x):
    n = len(x) - len(k) + 1
    out = np.zeros(n)
    for i in range(n):
        out[i] = np.dot(k, x[i : i + len(k)])
    out_bar = 2 * out
    k_bar, x_bar = np.zeros_like(k), np.zeros_like(x)
    for i in reversed(range(n)):
        k_bar += out_bar[i] * x[i : i + len(k)]
        x_bar[i : i + len(k)] += out_bar[i] * k
    return k_bar, x_bar


def oscillator(k, x0, v0):
    x, v = x0, v0
    for _ in range(5):
        v = v - 0.1 * k * x
        x = x + 0.1 * v
    return x**2 + v**2


def oscillator_by_hand(k, x0, v0):
    x, v = x0, v0
    saved = []
    for _ in range(5):
        saved.append(x)
        v = v - 0.1 * k * x
        x = x + 0.1 * v
    x_bar, v_bar, k_bar = 2 * x, 2 * v, 0.0
    for x in reversed(saved):
        v_bar += 0.1 * x_bar
        k_bar -= 0.1 * x * v_bar
        x_bar -= 0.1 * k * v_bar
    return k_bar, x_bar, v_bar


def picked(w, x):
    z = x @ w
    z = z - np.max(z, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(4), np.array([0, 2, 1, 1])])


def picked_by_hand(w, x):
    z = x @ w
    z = z - np.max(z, axis=1, keepdims=True)
    e = np.exp(z)
    z_bar = e / e.sum(axis=1, keepdims=True) / 4
    z_bar[np.arange(4), np.array([0, 2, 1, 1])] -= 1 / 4
    return x.T @ z_bar, z_bar @ w.T


def gru(wz, uz, wn, un, xs):
    h = np.zeros(3)
    for x in xs:
        z = 1 / (1 + np.exp(-(wz @ x + uz @ h)))
        n = np.tanh(wn @ x + un @ h)
        h = z * h + (1 - z) * n
    return np.sum(h)


def gru_by_hand(wz, uz, wn, un, xs):
    h = np.zeros(3)
    saved = []
    for x in xs:
        z = 1 / (1 + np.exp(-(wz @ x + uz @ h)))
        n = np.tanh(wn @ x + un @ h)
        saved.append((h, z, n))
        h = z * h + (1 - z) * n
    wz_bar, uz_bar = np.zeros_like(wz), np.zeros_like(uz)
    wn_bar, un_bar = np.zeros_like(wn), np.zeros_like(un)
    xs_bar = np.zeros_like(xs)
    h_bar = np.ones_like(h)
    for i in reversed(range(len(xs))):
        h, z, n = saved[i]
        zin_bar = h_bar * (h - n) * z * (1 - z)
        nin_bar = h_bar * (1 - z) * (1 - n**2)
        wz_bar += np.outer(zin_bar, xs[i])
        uz_bar += np.outer(zin_bar, h)
        wn_bar += np.outer(nin_bar, xs[i])
        un_bar += np.outer(nin_bar, h)
        xs_bar[i] = wz.T @ zin_bar + wn.T @ nin_bar
        h_bar = h_bar * z + uz.T @ zin_bar + un.T @ nin_bar
    return wz_bar, uz_bar, wn_bar, un_bar, xs_bar


def factorisation(u, v, x):
    r = u @ v.T - x
    return 0.5 * np.sum(r**2) + 0.1 * (np.sum(u**2) + np.sum(v**2))


def factorisation_by_hand(u, v, x):
    r = u @ v.T - x
    return r @ v + 0.2 * u, r.T @ u + 0.2 * v, -r


def leaky(w1, w2, x):
    h = x @ w1
    h = np.where(h > 0, h, 0.1 * h)
    return np.sum((h @ w2) ** 2)


def leaky_by_hand(w1, w2, x):
    z = x @ w1
    h = np.where(z > 0, z, 0.1 * z)
    out_bar = 2 * (h @ w2)
    h_bar = out_bar @ w2.T
    z_bar = np.where(z > 0, h_bar, 0.1 * h_bar)
    return x.T @ z_bar, h.T @ out_bar, z_bar @ w1.T


def clipped(x, limit):
    total = 0.0
    for v in x:
        if v > limit:
            total += limit * v
        else:
            total += v**2
    return total


def clipped_by_hand(x, limit):
    x_bar = np.zeros_like(x)
    limit_bar = 0.0
    for i, v in enumerate(x):
        if v > limit:
            x_bar[i] = limit
            limit_bar += v
        else:
            x_bar[i] = 2 * v
    return x_bar, limit_bar


def heat(u, c):
    u = u.copy()
    for _ in range(3):
        u[1:-1, 1:-1] += c * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1])
    return np.sum(u**2)


def heat_by_hand(u, c):
    u = u.copy()
    saved = []
    for _ in range(3):
        lap = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]
        saved.append(lap)
        u[1:-1, 1:-1] += c * lap
    u_bar, c_bar = 2 * u, 0.0
    for lap in reversed(saved):
        c_bar += np.sum(u_bar[1:-1, 1:-1] * lap)
        lap_bar = c * u_bar[1:-1, 1:-1]
        u_bar[:-2, 1:-1] += lap_bar
        u_bar[2:, 1:-1] += lap_bar
        u_bar[1:-1, :-2] += lap_bar
        u_bar[1:-1, 2:] += lap_bar
        u_bar[1:-1, 1:-1] -= 4 * lap_bar
    return u_bar, c_bar


def pairwise(x):
    d = x[:, None, :] - x[None, :, :]
    return np.sum(np.exp(-np.sum(d**2, axis=-1)))


def pairwise_by_hand(x):
    d = x[:, None, :] - x[None, :, :]
    k = np.exp(-np.sum(d**2, axis=-1))
    d_bar = -2 * k[:, :, None] * d
    return np.sum(d_bar, axis=1) - np.sum(d_bar, axis=0)


def power(a, v):
    for _ in range(4):
        v = a @ v
        v = v / np.sqrt(np.sum(v**2))
    return v @ a @ v


def power_by_hand(a, v):
    saved = []
    for _ in range(4):
        w = a @ v
        norm = np.sqrt(np.sum(w**2))
        saved.append((v, w, norm))
        v = w / norm
    a_bar = np.outer(v, v)
    v_bar = a @ v + a.T @ v
    for v, w, norm in reversed(saved):
        w_bar = v_bar / norm - w * (v_bar @ w) / norm**3
        a_bar += np.outer(w_bar, v)
        v_bar = a.T @ w_bar
    return a_bar, v_bar


def forward_substitution(lower, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        x[i] = (b[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    return np.sum(x**2)


def forward_substitution_by_hand(lower, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        x[i] = (b[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    x_bar = 2 * x
    lower_bar, b_bar = np.zeros_like(lower), np.zeros_like(b)
    for i in reversed(range(n)):
        b_bar[i] = x_bar[i] / lower[i, i]
        lower_bar[i, i] = -b_bar[i] * x[i]
        lower_bar[i, :i] = -b_bar[i] * x[:i]
        x_bar[:i] -= b_bar[i] * lower[i, :i]
    return lower_bar, b_bar


def running_max(x, c):
    m = x[0]
    total = 0.0
    for v in x:
        m = max(m, v)
        total += c * m**2
    return total


def running_max_by_hand(x, c):
    m = x[0]
    total = 0.0
    saved = []
    for v in x:
        saved.append(m)
        m = max(m, v)
        total += c * m**2
    x_bar = np.zeros_like(x)
    c_bar, m_bar = 0.0, 0.0
    for i in reversed(range(len(x))):
        m = max(saved[i], x[i])
        c_bar += m**2
        m_bar += 2 * c * m
        if x[i] > saved[i]:
            x_bar[i] = m_bar
            m_bar = 0.0
    x_bar[0] += m_bar
    return x_bar, c_bar


def triplet(a, p, n, margin):
    dp = np.sum((a - p) ** 2, axis=1)
    dn = np.sum((a - n) ** 2, axis=1)
    return np.mean(np.maximum(dp - dn + margin, 0.0))


def triplet_by_hand(a, p, n, margin):
    dp = np.sum((a - p) ** 2, axis=1)
    dn = np.sum((a - n) ** 2, axis=1)
    loss_bar = (dp - dn + margin > 0) / len(a)
    p_bar = -2 * loss_bar[:, None] * (a - p)
    n_bar = 2 * loss_bar[:, None] * (a - n)
    return -p_bar - n_bar, p_bar, n_bar, loss_bar.sum()


def ridge(w, x, y, lam):
    r = x @ w - y
    return 0.5 * r @ r + 0.5 * lam * w @ w


def ridge_by_hand(w, x, y, lam):
    r = x @ w - y
    return x.T @ r + lam * w, np.outer(r, w), -r, 0.5 * w @ w


def logsumexp(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def logsumexp_by_hand(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def rbf(x, y, gamma):
    d = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1)[None, :] - 2 * x @ y.T
    return np.sum(np.exp(-gamma * d))


def rbf_by_hand(x, y, gamma):
    d = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1)[None, :] - 2 * x @ y.T
    k = np.exp(-gamma * d)
    d_bar = -gamma * k
    x_bar = 2 * x * d_bar.sum(axis=1)[:, None] - 2 * d_bar @ y
    y_bar = 2 * y * d_bar.sum(axis=0)[:, None] - 2 * d_bar.T @ x
    return x_bar, y_bar, -np.sum(k * d)


def cumulative(x):
    s = np.cumsum(x)
    return np.sum(s**2 * x)


def cumulative_by_hand(x):
    s = np.cumsum(x)
    s_bar = 2 * s * x
    return s**2 + np.cumsum(s_bar[::-1])[::-1]


CASES = {
    "forward_substitution": (np.tril(_r.normal(size=(4, 4))) + 3 * np.eye(4), _r.normal(size=4)),
    "running_max": (_r.normal(size=6), 0.7),
    "triplet": (_r.normal(size=(5, 3)), _r.normal(size=(5, 3)), _r.normal(size=(5, 3)), 0.5),
    "ridge": (_r.normal(size=3), _r.normal(size=(5, 3)), _r.normal(size=5), 0.3),
    "logsumexp": (_r.normal(size=5),),
    "rbf": (_r.normal(size=(3, 2)), _r.normal(size=(4, 2)), 0.5),
    "cumulative": (_r.normal(size=5),),
    "huber": (_r.normal(size=3), _r.normal(size=(5, 3)), _r.normal(size=5)),
    "logistic": (_r.normal(size=3), 0.2, _r.normal(size=(5, 3)), _r.uniform(0.1, 0.9, size=5)),
    "cosine": (_r.normal(size=4), _r.normal(size=4)),
    "gaussian_nll": (_r.normal(size=3), _r.normal(size=3), _r.normal(size=(5, 3))),
    "batch_norm": (_r.normal(size=(6, 3)), _r.normal(size=3)),
    "kl": (_r.normal(size=4), _r.normal(size=4)),
    "horner": (_r.normal(size=5), 0.7),
    "smoothing": (0.3, _r.normal(size=6)),
    "conv1d": (_r.normal(size=3), _r.normal(size=8)),
    "oscillator": (1.5, 0.3, -0.2),
    "picked": (_r.normal(size=(3, 3)), _r.normal(size=(4, 3))),
    "gru": (
        _r.normal(size=(3, 2)),
        _r.normal(size=(3, 3)),
        _r.normal(size=(3, 2)),
        _r.normal(size=(3, 3)),
        _r.normal(size=(4, 2)),
    ),
    "factorisation": (_r.normal(size=(4, 2)), _r.normal(size=(5, 2)), _r.normal(size=(4, 5))),
    "leaky": (_r.normal(size=(3, 4)), _r.normal(size=(4, 2)), _r.normal(size=(5, 3))),
    "clipped": (_r.normal(size=6), 0.4),
    "heat": (_r.normal(size=(5, 5)), 0.1),
    "pairwise": (_r.normal(size=(4, 2)),),
    "power": (_r.normal(size=(3, 3)), _r.normal(size=3)),
}
