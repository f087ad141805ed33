"""Writes into lists, dicts and arrays that are in others, and what else may hold what is written."""

import numpy as np

X = np.array([0.5, 1.2, -0.3, 0.8])
Y = np.array([0.4, -0.7, 1.1])


def table(x, y):
    n, m = len(x), len(y)
    dp = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            dp[i][j] = (x[i - 1] - y[j - 1]) ** 2 + 0.5 * dp[i - 1][j] + 0.3 * dp[i][j - 1] * x[i - 1]
    return dp[n][m]


def dtw(x, y):
    n, m = len(x), len(y)
    dp = [[np.inf] * (m + 1) for _ in range(n + 1)]
    dp[0][0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = abs(x[i - 1] - y[j - 1])
            dp[i][j] = cost + min(dp[i - 1][j], dp[i][j - 1], dp[i - 1][j - 1])
    return dp[n][m]


def shared_rows(x):
    rows = [[0.0] * 3] * 2
    rows[0][1] = x[0] * 2
    rows[1][2] = x[1] * rows[0][1]
    return rows[0][2] + rows[1][1] * x[2]


def alias_row(x):
    dp = [[0.0] * 3 for _ in range(2)]
    row = dp[1]
    row[0] = x[0] ** 2
    dp[1][1] = row[0] * x[1]
    return dp[1][0] + row[1] * x[2]


def alias_in_loop(x):
    dp = [[0.0] * 4 for _ in range(3)]
    for i in range(3):
        row = dp[i]
        for j in range(4):
            row[j] = x[j] * (i + 1)
    return dp[0][1] + dp[2][3] * dp[1][2]


def groups(x):
    g = {"even": [], "odd": []}
    for i, v in enumerate(x):
        g["even" if i % 2 == 0 else "odd"].append(v * v)
    return sum(g["even"]) * sum(g["odd"])


def groups_int(x):
    g = [[] for _ in range(3)]
    for i, v in enumerate(x):
        g[i % 3].append(v * np.sin(v))
    total = 0.0
    for k in range(3):
        for v in g[k]:
            total += v * (k + 1)
    return total


def nested_aug(x):
    d = {"a": [0.0, 0.0], "b": [1.0, 1.0]}
    for i in range(len(x)):
        d["a"][i % 2] += x[i] ** 2
        d["b"][i % 2] *= x[i]
    return d["a"][0] * d["b"][1] + d["a"][1]


def state_dict(x):
    state = {"h": [x[0], 0.0], "t": 0}
    for i in range(3):
        state["h"][0] = np.tanh(state["h"][0] + x[i])
        state["h"][1] += state["h"][0]
        state["t"] += 1
    return state["h"][1] * state["t"]


def nested_dicts(x):
    s = {"a": {"u": x[0], "v": 0.0}, "b": {}}
    s["a"]["v"] = s["a"]["u"] * x[1]
    s["b"]["w"] = s["a"]["v"] ** 2
    s["b"]["z"] = s["b"]["w"] + x[2]
    return s["b"]["z"] * s["a"]["u"]


class Bag:
    def __init__(self, n):
        self.items = []
        self.table = [0.0] * n
        self.d = {}

    def push(self, v):
        self.items.append(v)

    def put(self, i, v):
        self.table[i] = v


def bag(x):
    b = Bag(4)
    for i, v in enumerate(x):
        b.items.append(v**2)
        b.table[i] = v * 3
    return sum(b.items) + b.table[0] * b.table[2]


def bag_methods(x):
    b = Bag(len(x))
    for i in range(len(x)):
        b.push(np.sin(x[i]))
        b.put(i, x[i] * 2)
    b.d["z"] = b.items[-1] * b.table[0]
    return b.d["z"] + b.items[0]


def array_lists(x):
    xs = [np.zeros(3) for _ in range(2)]
    for i in range(2):
        for j in range(3):
            xs[i][j] = x[i] * x[j]
    return np.sum(xs[0] * xs[1]) + xs[1][2]


def array_dict(x):
    p = {"w": np.zeros(3), "b": np.ones(2)}
    p["w"][0] = x[0]
    p["w"][1:] += x[1:3] ** 2
    p["b"] *= x[0]
    return np.sum(p["w"]) * p["b"][1]


def tuple_inside(x):
    t = ([0.0, 0.0], np.zeros(2))
    t[0][1] = x[0] ** 2
    t[1][0] = x[1] * 2
    t[0].append(x[2])
    return t[0][1] * t[1][0] + t[0][2]


def swap_rows(x):
    a = [[x[0], x[1]], [x[2], x[3]]]
    a[0], a[1] = a[1], a[0]
    a[0][0] -= a[1][0] * 2
    return a[0][0] * a[0][1] + a[1][1]


def gauss(x):
    n = 2
    a = [[2.0 + x[0], x[1]], [x[2], 3.0 + x[3]]]
    b = [1.0, x[0]]
    for i in range(n):
        for k in range(i + 1, n):
            f = a[k][i] / a[i][i]
            for j in range(i, n):
                a[k][j] -= f * a[i][j]
            b[k] -= f * b[i]
    sol = [0.0] * n
    for i in range(n - 1, -1, -1):
        s = b[i]
        for j in range(i + 1, n):
            s -= a[i][j] * sol[j]
        sol[i] = s / a[i][i]
    return sol[0] + 2 * sol[1]


def triple(x):
    t = [[[0.0] * 2 for _ in range(2)] for _ in range(2)]
    for i in range(2):
        for j in range(2):
            for k in range(2):
                t[i][j][k] = x[i] * x[j] + x[k] ** 2
    t[1][0][1] += x[3]
    return t[1][0][1] * t[0][1][0]


def branch_nested(x):
    d = [[0.0, 0.0], [0.0, 0.0]]
    for i in range(len(x)):
        if x[i] > 0:
            d[0][i % 2] += x[i] ** 2
        else:
            d[1][i % 2] = x[i] * 3
    return d[0][0] * d[0][1] + d[1][0]


def for_row_in(x):
    m = [[x[0], x[1]], [x[2], x[3]]]
    for row in m:
        row[0] = row[0] * row[1]
    for row in m:
        row.append(row[0] + 1)
    return m[0][2] * m[1][0]


def callee_fill(x):
    m = [[0.0] * 2 for _ in range(2)]
    fill(m, x)
    return m[0][1] * m[1][0] + m[1][1]


def fill(m, x):
    for i in range(2):
        for j in range(2):
            m[i][j] = x[i] * x[j + 1]


def argument_nested(p, x):
    p[0][1] = p[0][0] * x[0]
    return p[0][1] + p[1][0] * x[1]


def same(x):
    r = [0.0, 0.0]
    dp = [r, r]
    dp[0][0] = x[0]
    return dp[1][0] * x[1]


def row_kept(x):
    r = [0.0, 0.0]
    dp = [r, [1.0, 1.0]]
    dp[0][0] = x[0]
    return r[0] * x[1]


def row_kept_dead(x):
    r = [0.0, 0.0]
    dp = [r, [1.0, 1.0]]
    dp[0][0] = x[0]
    return dp[0][0] * x[1] + dp[1][0]


def append_row(x):
    dp = []
    row = []
    dp.append(row)
    row.append(x[0])
    return dp[0][0] * x[1]


def append_rows(x):
    dp = []
    for i in range(3):
        row = []
        for j in range(3):
            row.append(x[i] * x[j])
        dp.append(row)
    dp[1][2] = x[3] ** 2
    return dp[1][2] * dp[2][1] + dp[0][0]


def append_same(x):
    dp = []
    row = [0.0, 0.0]
    for _ in range(3):
        dp.append(row)
    dp[1][1] = x[3] ** 2
    return dp[0][1] * x[1]


def prev_cur(x):
    prev = [1.0] * 4
    cur = [0.0] * 4
    for i in range(3):
        for j in range(1, 4):
            cur[j] = prev[j - 1] * x[i] + prev[j]
        prev, cur = cur, prev
    return prev[3] * cur[2]


def prev_list(x):
    prev = [1.0] * 4
    for i in range(3):
        cur = [0.0] * 4
        for j in range(1, 4):
            cur[j] = prev[j - 1] * x[i] + prev[j] * cur[j - 1]
        prev = cur
    return prev[3]


def prev_alias(x):
    prev = [1.0] * 4
    cur = [0.0] * 4
    for i in range(3):
        for j in range(1, 4):
            cur[j] = prev[j - 1] * x[i] + prev[j]
        prev = cur
    return prev[3]


def rows_list(x):
    rows = [[1.0] * 4]
    for i in range(3):
        rows.append([0.0] * 4)
        for j in range(1, 4):
            rows[-1][j] = rows[-2][j - 1] * x[i] + rows[i][j]
    return rows[-1][3] * rows[1][2]


def detached(x):
    dp = [[0.0], [1.0]]
    row = dp[0]
    dp[0] = [x[0]]
    row[0] = x[1] ** 2
    return dp[0][0] * row[0]


def moved(x):
    dp = [[0.0], [1.0]]
    row = dp[0]
    dp[1] = row
    row[0] = x[1] ** 2
    return dp[0][0] * dp[1][0]


def pop(x):
    dp = [[x[0]], [x[1]]]
    row = dp.pop()
    row[0] = row[0] * x[2]
    dp.append(row)
    return dp[0][0] * dp[1][0]


def insert(x):
    dp = [[x[0]], [x[1]]]
    row = dp[0]
    dp.insert(0, [x[2]])
    dp[0][0] = x[3]
    row[0] = row[0] * 2
    return dp[0][0] * dp[1][0]


def copy2(x):
    dp = [[x[0]], [x[1]]]
    q = [list(r) for r in dp]
    q[0][0] = x[2] ** 2
    dp[1][0] = q[1][0] * 3
    return q[0][0] * dp[0][0] + dp[1][0] * q[1][0]


def shallow(x):
    dp = [[x[0]], [x[1]]]
    q = list(dp)
    q[0][0] = x[2] ** 2
    return q[0][0] * dp[0][0]


def plus(x):
    a = [[x[0]]]
    b = [[x[1]]]
    c = a + b
    c[0][0] = x[2] ** 2
    return a[0][0] * b[0][0]


def two_index(x):
    dp = [[x[0]], [x[1]]]
    i = 0
    j = 0
    a = dp[i]
    b = dp[j]
    a[0] = x[2] ** 2
    return b[0] * dp[1][0]


def loop_alias(x):
    dp = [[0.0] * 2 for _ in range(3)]
    last = dp[0]
    for i in range(3):
        last[0] = x[i] * 2
        last = dp[i]
    return dp[0][0] + dp[1][0] * x[0] + last[1]


def dict_alias(x):
    d = {"a": {"v": x[0]}, "b": {"v": x[1]}}
    e = d["a"]
    d["c"] = e
    e["v"] = x[2] * 2
    return d["c"]["v"] * d["a"]["v"]


def two_objs(x):
    shared = [x[0]]
    b = C(shared)
    c = C(shared)
    b.v[0] = x[1]
    return c.v[0] * x[2]


class C:
    def __init__(self, v):
        self.v = v


def ret_part(x):
    a = [[x[0]], [x[1]]]
    b = first(a)
    b[0] = x[2] * 3
    return a[0][0] * x[1]


def first(a):
    return a[0]


def callee_store(x):
    a = [[x[0]], [x[1]]]
    r = [x[2]]
    put(a, r)
    r[0] = x[3] * 2
    return a[0][0] * x[1]


def put(a, r):
    a[0] = r


def callee_dup(x):
    a = [[x[0]], [x[1]]]
    dup(a)
    a[0][0] = x[3] * 2
    return a[1][0] * x[1]


def dup(a):
    a[1] = a[0]


def if_alias(x):
    a = [x[0], x[1]]
    b = [x[2], x[3]]
    c = a if x[0] > 0 else b
    c[0] = x[1] * 3
    return a[0] * b[0]


def zipped_rows(x):
    p = [[x[0]], [x[1]]]
    q = [[x[2]], [x[3]]]
    for a, b in zip(p, q, strict=True):
        a[0] = a[0] * b[0]
    return p[0][0] + p[1][0] * q[0][0]


def enumerated(x):
    p = [x[0], x[1], x[2]]
    for i, v in enumerate(p):
        p[i] = v * v
    return p[0] + p[1] * p[2]


def values(x):
    d = {"a": [x[0]], "b": [x[1]]}
    for _, v in d.items():
        v.append(v[0] * 2)
    return d["a"][1] * d["b"][1]


def growing(x):
    p = [[x[0]]]
    for r in p:
        r[0] = r[0] * 2
        if len(p) < 3:
            p.append([x[1]])
    return p[0][0] + p[1][0] * p[2][0]


def same_twice(x):
    a = np.zeros(3)
    xs = [a, a]
    xs[0][0] = x[0]
    return xs[1][0] * x[1]


def same_twice_dict(x):
    a = np.zeros(3)
    d = {"u": a, "v": a}
    d["u"][0] = x[0]
    return d["v"][0] * x[1]


def shallow2(x):
    xs = [x * 1.0, x * 2.0]
    ys = xs[:]
    ys[0][0] = 3.0 * x[1]
    return np.sum(xs[0] * ys[1])


def neg_index(x):
    xs = [x * 1.0, x * 2.0]
    row = xs[-1]
    xs.append(x * 3.0)
    row[0] = x[1] ** 2
    return np.sum(xs[1] * xs[2])


def loop_last(x):
    xs = [x * 1.0, x * 2.0]
    for row in xs:  # noqa: B007 - its last value is written below
        print(end="")
    row[0] = x[1] ** 2
    return np.sum(xs[0] * xs[1])


def two_containers(x):
    a = x * 1.0
    p, q = [a], {"k": a}
    p[0][0] = x[1] ** 2
    return np.sum(q["k"] ** 2)


def row_after(x):
    xs = [x * 1.0, x * 2.0]
    i = 0
    row = xs[i]
    for k in range(3):
        row[k] = x[k + 1] ** 2
        i = 1 - i
        xs[i][0] += x[0]
    return np.sum(row * xs[1] + xs[0])


CASES = {
    "table": (X, Y),
    "dtw": (X, Y),
    "alias_row": (X,),
    "alias_in_loop": (X,),
    "groups": (X,),
    "groups_int": (X,),
    "nested_aug": (X,),
    "state_dict": (X,),
    "nested_dicts": (X,),
    "bag": (X,),
    "bag_methods": (X,),
    "array_lists": (X,),
    "array_dict": (X,),
    "tuple_inside": (X,),
    "swap_rows": (X,),
    "gauss": (X,),
    "triple": (X,),
    "branch_nested": (X,),
    "for_row_in": (X,),
    "callee_fill": (X,),
    "argument_nested": ([[0.3, 0.4], [0.5, 0.6]], X),
    "row_kept_dead": (X,),
    "append_rows": (X,),
    "prev_cur": (X,),
    "prev_list": (X,),
    "rows_list": (X,),
    "copy2": (X,),
    "zipped_rows": (X,),
    "enumerated": (X,),
}
# Programs whose write something else would have to show.
REFUSED = [
    same,
    row_kept,
    append_row,
    append_same,
    prev_alias,
    detached,
    moved,
    pop,
    insert,
    shallow,
    plus,
    two_index,
    loop_alias,
    dict_alias,
    two_objs,
    ret_part,
    callee_store,
    callee_dup,
    if_alias,
    values,
    growing,
    same_twice,
    same_twice_dict,
    shallow2,
    neg_index,
    loop_last,
    two_containers,
    row_after,
    shared_rows,
]
