"""Dicts and lists of the module collections, and dicts made by calls."""

import collections
from collections import OrderedDict, defaultdict, deque

import numpy as np

X = np.array([0.5, 1.2, -0.3, 0.8])


def dd_float(x):
    d = defaultdict(float)
    for i, v in enumerate(x):
        d[i % 2] += v * v
    return d[0] * d[1]


def dd_list(x):
    d = defaultdict(list)
    for i, v in enumerate(x):
        d["a" if i % 2 else "b"].append(v * v)
    return sum(d["a"]) * sum(d["b"])


def dd_items(x):
    d = collections.defaultdict(list)
    for i in range(4):
        d[i % 3].append(x[i])
    t = 0.0
    for k, vs in d.items():
        t += k * sum(vs) ** 2
    return t


def dq_window(x):
    q = deque(maxlen=2)
    t = 0.0
    for v in x:
        q.append(v)
        t += sum(q) ** 2
    return t


def dq_queue(x):
    q = deque([x[0], x[1]])
    t = 0.0
    while q:
        v = q.popleft()
        t += v * v * t + v
        if len(q) < 2 and t < 2 and v > 0.4:
            q.append(v * 0.5)
    return t


def dq_left(x):
    q = deque()
    for v in x:
        q.appendleft(v * 2)
    return q[0] * q[3] + q.pop() * q.popleft()


def ordered(x):
    d = OrderedDict()
    d["w"] = x[0]
    d["b"] = x[1] * 2
    return sum(v * v for v in d.values())


def setdef(x):
    g = {}
    for i, v in enumerate(x):
        g.setdefault("ab"[i % 2], []).append(v * v)
    return sum(g["a"]) * sum(g["b"])


def dictzip(x):
    d = dict(zip(["a", "b", "c", "d"], x))  # noqa: B905
    return d["a"] * d["c"] + d["d"]


def dictzip2(x):
    keys = ["u", "v"]
    vals = [x[0] * 2, x[1]]
    d = {k: v for k, v in zip(keys, vals)}  # noqa: B905
    e = dict(zip(keys, vals))  # noqa: B905
    return d["u"] * e["v"]


def fromkeys(x):
    d = dict.fromkeys(["a", "b"], 0.0)
    d["a"] += x[0]
    d["b"] = d["a"] * x[1]
    return d["b"]


def fromkeys2(x):
    d = dict.fromkeys(range(3), x[0])
    return d[0] * d[2]


def nested_comp(x):
    d = {i: {j: x[i] * x[j] for j in range(2)} for i in range(2)}
    return d[0][1] * d[1][1]


def visited(x):
    seen = set()
    t = 0.0
    for i in [0, 1, 1, 3, 0]:
        if i in seen:
            continue
        seen.add(i)
        t += x[i] * len(seen)
    return t


def dict_copy(x):
    d = {"a": x[0], "b": [x[1]]}
    e = dict(d)
    e["a"] = x[2]
    f = d.copy()
    f["c"] = x[3]
    return d["a"] * e["a"] * f["c"]


def dict_kw(x):
    d = dict(a=x[0], b=x[1])  # noqa: C408
    e = {**d, "c": x[2]}
    return e["a"] * e["b"] * e["c"]


def dq_bfs(x):
    q = deque([(0, x[0])])
    t = 0.0
    while q:
        i, v = q.popleft()
        t = t + v
        if i < 3:
            q.append((i + 1, v * x[i + 1]))
    return t


def dd_get(x):
    d = defaultdict(float)
    d["a"] += x[0]
    y = d["b"]
    return d["a"] * len(d) + y + d.get("c", x[1])


def dd_if(x):
    d = defaultdict(float)
    for i in range(4):
        if d[i % 2] > 0.6:
            d[i % 2] *= x[i]
        else:
            d[i % 2] += x[i] ** 2
    return d[0] * d[1] + len(d)


def dd_two(x):
    d = defaultdict(list)
    for i in range(4):
        d[i % 2].append(x[i])
        d[(i + 1) % 2].append(x[i] * 2)
    return sum(d[0]) * sum(d[1]) + len(d[5])


def dq_momentum(x):
    h = deque([x[0] * 0], maxlen=3)
    y = x[0]
    for _ in range(5):
        g = np.sin(y) * x[1]
        h.append(g)
        y = y - 0.1 * sum(h) / len(h)
    return y


def alias(x):
    q = deque(maxlen=2)
    r = q
    q.append(x[0])
    r.append(x[1])
    return sum(r) * q[0]


CASES = {
    "dd_float": (X,),
    "dd_list": (X,),
    "dd_items": (X,),
    "dd_get": (X,),
    "dd_if": (X,),
    "dd_two": (X,),
    "dq_window": (X,),
    "dq_queue": (X,),
    "dq_left": (X,),
    "dq_bfs": (X,),
    "dq_momentum": (X,),
    "ordered": (X,),
    "setdef": (X,),
    "dictzip": (X,),
    "dictzip2": (X,),
    "fromkeys": (X,),
    "fromkeys2": (X,),
    "dict_copy": (X,),
    "dict_kw": (X,),
    "nested_comp": (X,),
    "visited": (X,),
}
