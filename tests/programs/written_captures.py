"""Functions defined inside that write variables and containers of the function around."""

import numpy as np

X = np.array([0.5, 1.2, -0.3, 0.8])


def value(x):
    buf = np.zeros(2)

    def f(v):
        buf[0] = v
        return v * 2

    g = f
    a = g(x[0])
    return a * buf[0]


def mapped(x):
    buf = np.zeros(2)

    def f(v):
        buf[0] += v
        return v * 2

    ys = list(map(f, [x[0], x[1]]))
    return sum(ys) * buf[0]


def apply(x):
    out = [0.0]

    def f(v):
        out[0] = v
        return v * 2

    return app(f, x[0]) * out[0]


def app(f, v):
    return f(v)


def pass_nl(x):
    t = 0.0

    def f(v):
        nonlocal t
        t += v
        return v * 2

    return app(f, x[0]) * t


def array_added(x):
    t = np.zeros(4)
    u = t

    def f(v):
        nonlocal t
        t += v

    f(x)
    f(x * 2)
    return np.sum(t * x) + u[0]


def array2(x):
    t = np.zeros(4)
    u = t

    def f(v):
        nonlocal t
        t = t + v

    f(x)
    f(x * 2)
    return np.sum(t * x) + u[0]


def array3(x):
    t = np.zeros(4)
    u = t

    def f(v):
        nonlocal t
        t[0] = v
        t = t * 2

    f(x[0])
    return np.sum(t * x) + u[0]


def expr(x):
    t = x[0]

    def f(v):
        nonlocal t
        t = t * v
        return t

    return t + f(x[1]) * t + f(f(x[3])) * t


def loop(x):
    t = 0.0
    n = 0

    def f(v):
        nonlocal t, n
        n += 1
        if v < 0:
            return
        t = t * 0.5 + v

    for v in x:
        f(v)
        if n > 3:
            break
    return t * n


def rec(x):
    t = 0.0

    def visit(tr):
        nonlocal t
        if isinstance(tr, tuple):
            for c in tr:
                visit(c)
        else:
            t += tr * tr

    visit((x[0], (x[1], x[2])))
    return t * x[3]


def two(x):
    s = x[0]

    def a(v):
        nonlocal s
        s = s + v

    def b(v):
        nonlocal s
        a(v)
        s = s * v
        a(v)

    b(x[1])
    a(x[2])
    return s


def through_lambda(x):
    s = x[0]

    def a(v):
        nonlocal s
        s = s * v
        return s

    f = lambda v: a(v) + 1  # noqa: E731 - lambdas, too
    return f(x[1]) * f(x[2]) + s


def comp(x):
    s = x[0]

    def a(v):
        nonlocal s
        s = s * v + 1
        return s

    ys = [a(v) for v in x]
    return sum(ys) * s


def level(x):
    s = x[0]

    def outer(v):
        def inner(w):
            nonlocal s
            s = s + w * v

        inner(v)
        inner(x[3])

    outer(x[1])
    outer(x[2])
    return s * s


def shadow(x):
    s = x[0]

    def a(v):
        s = v * 2

        def b(w):
            nonlocal s
            s = s * w

        b(v)
        return s

    return a(x[1]) * s


def in_test(x):
    s = x[0]
    n = 0

    def step():
        nonlocal s, n
        s = s * 0.7
        n += 1
        return s > 0.1

    while step():
        pass
    return s * n


def list_rebound(x):
    items = []

    def add(v):
        nonlocal items
        items = items + [v * v]

    for v in x:
        add(v)
    return sum(items) * items[1]


def list_aug(x):
    items = []
    al = items

    def add(v):
        nonlocal items
        items += [v * v]

    for v in x:
        add(v)
    return sum(al) * items[1]


def arg_alias(x):
    s = [x[0]]

    def f(a):
        nonlocal s
        s = [a[0] * 2]
        a[0] = x[1]

    r = s
    f(r)
    return s[0] * r[0]


def capt_and_arg(x):
    s = [x[0], x[1]]

    def f(a):
        a[0] = x[2]
        s[1] = a[0] * 2

    f(s)
    return s[0] * s[1]


def cond_expr(x):
    t = 0.0

    def f(v):
        nonlocal t
        t = t + v
        return v

    y = f(x[0]) if x[0] > 0 else f(x[1])
    return t * y


def nonl_branch(x):
    best = x[0]

    def consider(v):
        nonlocal best
        if v > best:
            best = v * 2

    for i in range(4):
        consider(x[i])
    return best * x[1]


def dict_capture(x):
    state = {"n": 0, "s": 0.0}

    def upd(v):
        state["n"] += 1
        state["s"] = state["s"] * 0.5 + v

    for v in x:
        upd(v)
    return state["s"] * state["n"]


def array_capture(x):
    buf = np.zeros(4)

    def put(i, v):
        buf[i] = v * v

    for i in range(4):
        put(i, x[i])
    return np.sum(buf * x)


def rows_capture(x):
    dp = [[0.0] * 3 for _ in range(2)]

    def set(i, j, v):
        dp[i][j] = v

    for i in range(2):
        for j in range(3):
            set(i, j, x[i] * x[j])
    return dp[1][2] * dp[0][1]


def g(p, q):
    p[0] = q[1] * 2
    return q[0]


def gg(p, q):
    p[0] = q[1] * 2


def same_arg(x):
    a = x * 1.0
    return g(a, a) * x[0]


def same_arg2(x):
    a = x * 1.0
    b = a[0:2]
    return g(a, b) * x[0]


def same_list(x):
    a = [x[0], x[1]]
    return g(a, a) * x[0]


def row_and_all(x):
    a = [[x[0], x[1]], [x[2], x[3]]]
    gg(a[0], a[1])
    h(a, a[1])
    return a[0][0] * a[1][0]


def h(a, r):
    r[0] = a[1][1] * 3
    a[0][0] = r[0]


def rows_fine(x):
    a = [[x[0], x[1]], [x[2], x[3]]]
    gg(a[0], a[1])
    return a[0][0] * a[1][0]


CASES = {
    "array_added": (X,),
    "array2": (X,),
    "expr": (X,),
    "loop": (X,),
    "rec": (X,),
    "two": (X,),
    "through_lambda": (X,),
    "comp": (X,),
    "level": (X,),
    "shadow": (X,),
    "in_test": (X,),
    "list_rebound": (X,),
    "list_aug": (X,),
    "cond_expr": (X,),
    "nonl_branch": (X,),
    "dict_capture": (X,),
    "array_capture": (X,),
    "rows_capture": (X,),
    "rows_fine": (X,),
}
REFUSED = [value, mapped, apply, pass_nl, array3, capt_and_arg, arg_alias, same_arg, same_arg2, same_list, row_and_all]
