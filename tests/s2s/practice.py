"""Functions as practitioners write them, whose gradients people read: losses, layers, filters, simulations."""

import numpy as np

_r = np.random.default_rng(3)


def batch_norm(x, gamma, beta):
    mu = np.mean(x, axis=0)
    var = np.var(x, axis=0)
    xhat = (x - mu) / np.sqrt(var + 1e-5)
    y = gamma * xhat + beta
    return np.sum(y**2)


def masked_attention(x, wq, wk, wv):
    q, k, v = x @ wq, x @ wk, x @ wv
    n, d = q.shape
    scores = q @ k.T / np.sqrt(d)
    mask = np.tril(np.ones((n, n)))
    scores = np.where(mask == 0, -1e9, scores)
    scores = scores - np.max(scores, axis=-1, keepdims=True)
    w = np.exp(scores)
    w = w / np.sum(w, axis=-1, keepdims=True)
    return np.mean((w @ v) ** 2)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def lstm(wx, wh, b, xs):
    n = wh.shape[1]
    h = np.zeros(n)
    c = np.zeros(n)
    for t in range(len(xs)):
        z = wx @ xs[t] + wh @ h + b
        i = sigmoid(z[:n])
        f = sigmoid(z[n : 2 * n])
        o = sigmoid(z[2 * n : 3 * n])
        g = np.tanh(z[3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum(h**2)


def gru(params, xs):
    h = np.zeros(params["wh"].shape[0])
    for x in xs:
        z = 1 / (1 + np.exp(-(params["wz"] @ x + params["uz"] @ h)))
        r = 1 / (1 + np.exp(-(params["wr"] @ x + params["ur"] @ h)))
        cand = np.tanh(params["wh"] @ x + params["uh"] @ (r * h))
        h = (1 - z) * h + z * cand
    return np.sum(h**2)


def conv1d(x, w, b):
    n, k = len(x), len(w)
    out = np.zeros(n - k + 1)
    for i in range(k):
        out += w[i] * x[i : i + n - k + 1]
    out = np.maximum(out + b, 0.0)
    return np.sum(out**2)


def leapfrog(q, p, mass):
    dt = 0.01
    for _ in range(10):
        force = -q / np.sum(q**2) ** 1.5
        p = p + 0.5 * dt * force
        q = q + dt * p / mass
        force = -q / np.sum(q**2) ** 1.5
        p = p + 0.5 * dt * force
    return np.sum(p**2) / (2 * mass) - 1.0 / np.sqrt(np.sum(q**2))


def kalman(a, q, r, zs):
    x, p = 0.0, 1.0
    nll = 0.0
    for z in zs:
        x_pred = a * x
        p_pred = a * p * a + q
        s = p_pred + r
        k = p_pred / s
        e = z - x_pred
        x = x_pred + k * e
        p = (1 - k) * p_pred
        nll += 0.5 * (np.log(2 * np.pi * s) + e**2 / s)
    return nll


def logistic(w, b, x, y, lam):
    z = x @ w + b
    p = 1 / (1 + np.exp(-z))
    nll = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return nll + 0.5 * lam * np.sum(w**2)


LABELS = np.array([0, 2, 1, 1, 0])


def softmax_labels(w, b, x):
    logits = x @ w + b
    m = np.max(logits, axis=1, keepdims=True)
    lse = m[:, 0] + np.log(np.sum(np.exp(logits - m), axis=1))
    picked = logits[np.arange(len(x)), LABELS]
    return np.mean(lse - picked)


def kmeans(centers, points):
    d = points[:, None, :] - centers[None, :, :]
    dist = np.sum(d**2, axis=2)
    return np.mean(np.min(dist, axis=1))


def gmm(logits, mu, log_sigma, x):
    log_pi = logits - np.log(np.sum(np.exp(logits)))
    z = (x[:, None] - mu) / np.exp(log_sigma)
    logp = log_pi - log_sigma - 0.5 * np.log(2 * np.pi) - 0.5 * z**2
    m = logp.max(axis=1, keepdims=True)
    return np.sum(m[:, 0] + np.log(np.sum(np.exp(logp - m), axis=1)))


def interpolate(ys, x):
    i = int(np.floor(x))
    t = x - i
    y0, y1 = ys[i], ys[i + 1]
    m0 = (ys[i + 1] - ys[i - 1]) / 2
    m1 = (ys[i + 2] - ys[i]) / 2
    h00 = 2 * t**3 - 3 * t**2 + 1
    h10 = t**3 - 2 * t**2 + t
    h01 = -2 * t**3 + 3 * t**2
    h11 = t**3 - t**2
    return h00 * y0 + h10 * m0 + h01 * y1 + h11 * m1


def heat2d(u, kappa):
    u = u.copy()
    for _ in range(3):
        u[1:-1, 1:-1] += kappa * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1])
    return np.mean(u**2)


def newton_root(c, x0):
    x = x0
    for _ in range(20):
        fx = x**3 - c * x - 1.0
        if abs(fx) < 1e-12:
            break
        x = x - fx / (3 * x**2 - c)
    return x


def rk4(y0, alpha, beta):
    def f(y):
        return np.stack([alpha * y[0] - beta * y[0] * y[1], beta * y[0] * y[1] - y[1]])

    y, h = y0, 0.1
    for _ in range(5):
        k1 = f(y)
        k2 = f(y + 0.5 * h * k1)
        k3 = f(y + 0.5 * h * k2)
        k4 = f(y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(y)


def viterbi(emit, trans):
    score = emit[0]
    for t in range(1, len(emit)):
        score = np.max(score[:, None] + trans, axis=0) + emit[t]
    return np.max(score)


def dtw(x, y):
    n, m = len(x), len(y)
    d = np.full((n + 1, m + 1), 1e6)
    d[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            cost = (x[i] - y[j]) ** 2
            d[i + 1, j + 1] = cost + min(d[i, j + 1], d[i + 1, j], d[i, j])
    return d[n, m]


EPS = _r.normal(size=(4, 2))


def vae(we, wd, x):
    h = x @ we
    mu, logvar = h[:, :2], h[:, 2:]
    z = mu + np.exp(0.5 * logvar) * EPS
    recon = 1 / (1 + np.exp(-(z @ wd)))
    rec = -np.sum(x * np.log(recon) + (1 - x) * np.log(1 - recon))
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    return rec + kl


def factorise(u, v, r):
    mask = ~np.isnan(r)
    err = np.where(mask, r - u @ v.T, 0.0)
    return np.sum(err**2) + 0.1 * (np.sum(u**2) + np.sum(v**2))


def resnet(params, x):
    for layer in params:
        h = np.maximum(x @ layer["w1"] + layer["b1"], 0)
        x = x + h @ layer["w2"] + layer["b2"]
    return np.mean(x**2)


EDGES = [(0, 1), (1, 2), (0, 2), (2, 3), (1, 3)]


def truss(x, stiffness):
    energy = 0.0
    for i, j in EDGES:
        d = x[i] - x[j]
        length = np.sqrt(d @ d)
        energy += 0.5 * stiffness * (length - 1.0) ** 2
    return energy


def binomial(s0, sigma, r):
    n, t, strike = 6, 1.0, 1.0
    dt = t / n
    u = np.exp(sigma * np.sqrt(dt))
    d = 1 / u
    p = (np.exp(r * dt) - d) / (u - d)
    disc = np.exp(-r * dt)
    j = np.arange(n + 1)
    v = np.maximum(s0 * u ** (n - j) * d**j - strike, 0)
    for _ in range(n):
        v = disc * (p * v[:-1] + (1 - p) * v[1:])
    return v[0]


Z = _r.normal(size=(50,))


def monte_carlo(s0, sigma, r, strike):
    st = s0 * np.exp((r - 0.5 * sigma**2) + sigma * Z)
    payoff = np.maximum(st - strike, 0.0)
    return np.exp(-r) * np.mean(payoff)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def huber(w, x, y, delta=1.0):
    r = x @ w - y
    a = np.abs(r)
    return np.sum(np.where(a <= delta, 0.5 * r**2, delta * (a - 0.5 * delta)))


def cosine(a, b):
    return np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


def gp_nll(x, y, log_l, log_noise):
    d = x[:, None] - x[None, :]
    k = np.exp(-0.5 * d**2 / np.exp(2 * log_l)) + np.exp(log_noise) * np.eye(len(x))
    c = np.linalg.cholesky(k)
    alpha = np.linalg.solve(k, y)
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(c)))


def adaptive(x, y):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            total += x[i] * y[i]
        elif y[i] > 0:
            total -= y[i] ** 2
        else:
            total += 1.0
    return total


def momentum(w, data, lr):
    v = np.zeros_like(w)
    for _ in range(5):
        g = 2 * data.T @ (data @ w - 1.0)
        v = 0.9 * v - lr * g
        w = w + v
    return np.sum((data @ w - 1.0) ** 2)


def mlp(params, x, y):
    h = x
    for w, b in params[:-1]:
        h = np.tanh(h @ w + b)
    w, b = params[-1]
    out = h @ w + b
    return np.mean((out - y) ** 2)


def nbody(pos, vel, masses):
    e = 0.5 * np.sum(masses[:, None] * vel**2)
    n = len(masses)
    for i in range(n):
        for j in range(i + 1, n):
            r = np.sqrt(np.sum((pos[i] - pos[j]) ** 2))
            e -= masses[i] * masses[j] / r
    return e


N = _r.normal


def U(*s):
    return _r.uniform(0.2, 1.0, size=s)


CASES = {
    "batch_norm": (N(size=(5, 3)), N(size=3), N(size=3)),
    "masked_attention": (N(size=(4, 3)), N(size=(3, 2)), N(size=(3, 2)), N(size=(3, 2))),
    "lstm": (N(size=(8, 3)), N(size=(8, 2))[:, :2], N(size=8), N(size=(4, 3))),
    "gru": (
        {k: N(size=(2, 3)) if k[0] == "w" else N(size=(2, 2)) for k in ("wz", "uz", "wr", "ur", "wh", "uh")},
        N(size=(4, 3)),
    ),
    "conv1d": (N(size=8), N(size=3), 0.1),
    "leapfrog": (U(2), U(2), 1.3),
    "kalman": (0.9, 0.2, 0.3, N(size=6)),
    "logistic": (N(size=3), 0.2, N(size=(5, 3)), np.array([0.0, 1, 1, 0, 1]), 0.1),
    "softmax_labels": (N(size=(4, 3)), N(size=3), N(size=(5, 4))),
    "kmeans": (N(size=(3, 2)), N(size=(7, 2))),
    "gmm": (N(size=3), N(size=3), N(size=3), N(size=6)),
    "interpolate": (N(size=6), 2.3),
    "heat2d": (N(size=(5, 5)), 0.1),
    "newton_root": (1.5, 2.0),
    "rk4": (U(2), 0.6, 0.8),
    "viterbi": (N(size=(5, 3)), N(size=(3, 3))),
    "dtw": (N(size=4), N(size=5)),
    "vae": (N(size=(3, 4)), N(size=(2, 3)), U(4, 3) * 0.9),
    "factorise": (N(size=(4, 2)), N(size=(3, 2)), np.where(N(size=(4, 3)) > -0.5, 1.0, np.nan)),
    "resnet": (
        [{"w1": N(size=(3, 4)), "b1": N(size=4), "w2": N(size=(4, 3)), "b2": N(size=3)} for _ in range(3)],
        N(size=(5, 3)),
    ),
    "truss": (N(size=(4, 2)), 2.0),
    "binomial": (1.1, 0.3, 0.05),
    "monte_carlo": (1.0, 0.3, 0.05, 1.1),
    "rosenbrock": (N(size=5),),
    "huber": (N(size=3), N(size=(6, 3)), N(size=6)),
    "cosine": (N(size=4), N(size=4)),
    "gp_nll": (N(size=5), N(size=5), 0.1, -1.0),
    "adaptive": (N(size=6), N(size=6)),
    "momentum": (N(size=3), N(size=(5, 3)) * 0.3, 0.05),
    "mlp": (
        [(N(size=(3, 4)), N(size=4)), (N(size=(4, 4)), N(size=4)), (N(size=(4, 2)), N(size=2))],
        N(size=(5, 3)),
        N(size=(5, 2)),
    ),
    "nbody": (N(size=(3, 2)), N(size=(3, 2)), U(3)),
}
WRT = {
    "lstm": (0, 1, 2),
    "gru": (0,),
    "logistic": (0, 1),
    "softmax_labels": (0, 1),
    "kmeans": (0,),
    "factorise": (0, 1),
    "vae": (0, 1),
    "huber": (0,),
    "momentum": (0, 2),
    "mlp": (0,),
    "resnet": (0,),
    "gp_nll": (2, 3),
}
