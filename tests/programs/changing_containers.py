"""Lists and dicts that grow or change."""

import numpy as np

V = np.array([0.7, -0.4, 1.3])


def pops(x):
    xs = [x[0], x[1], x[2]]
    a = xs.pop(0)
    xs.insert(1, a * 2)
    b = xs.pop(1) * xs[-1]
    xs.extend([b, a])
    xs.reverse()
    ys = xs + [a * a]
    zs = ys * 2
    return sum(zs) + len(zs) + zs[0] * zs[3]


def slices(x):
    xs = []
    for v in x:
        xs.append(v * v)
    return sum(xs[1:]) * np.stack(xs[::-1])[0] + np.array(xs[:2])[1]


def look_back(x):
    xs = [1.0]
    for v in x:
        xs.append(np.sin(xs[-1]) * v)
    return np.concatenate([np.stack(xs), x])


def fib(x):
    xs = [x[0], x[1]]
    for i in range(2, 6):
        xs.append(xs[i - 1] + xs[i - 2] * x[2])
    return xs[5] * xs[3]


def setitem(x):
    xs = [0.0] * 3
    for i in range(3):
        xs[i] = x[i] * 2
    for i in range(3):
        xs[i] += xs[0]
    return np.stack(xs)


def tuples(x):
    ps = []
    for v in x:
        ps.append((v, v * v))
    s = 0.0
    for a, b in ps:
        s = s + a * b
    return s


def nested(x):
    rows = []
    for i in range(3):
        row = []
        for j in range(2):
            row.append(x[i] * j)
        rows.append(row)
    return rows[1][1] * rows[2][1]


def branch(x):
    xs = [x[0]]
    if x[1] > 0:
        xs.append(x[1] * 2)
    else:
        xs.append(x[2])
        xs.append(x[2])
    return sum(xs)


def stack_machine(x):
    st = [x[0]]
    while len(st) < 5:
        v = st.pop()
        st.append(v * 2)
        st.append(np.sin(v) * x[1])
    return sum(st)


def dict_changed(x):
    d = {}
    d["a"] = x[0]
    d["b"] = x[1] * d["a"]
    d["a"] = d["a"] * 2
    c = d.pop("b")
    d.setdefault("z", c)
    d.update({"q": c * c}, r=x[2])
    return d["a"] * d["z"] + d["q"] * d["r"] + d.get("nope", 1.0)


def dict_loops(x):
    d = {"a": x[0], "b": x[1]}
    s = 0.0
    for k in sorted(d):
        s = s + d[k] * d[k]
    for _, v in d.items():
        s = s * v
    for v in d.values():
        s = s + v
    return s


def dict_comprehended(x):
    d = {"a": x[0], "b": x[1] * 2}
    e = {}
    for k, v in d.items():
        e[k] = v * v
    out = {k: v * d[k] for k, v in e.items()}
    for k in ("a", "b"):
        out[k] = out[k] + d[k]
    for k in out:
        out[k] *= 2.0
    return sum(out[k] for k in sorted(out, reverse=True)) + sum(out.values())


def dict_of_dicts_comprehended(x):
    p = {"w": {"a": x[0]}, "v": {"a": x[1]}}
    g = {k: {kk: 2.0 * vv for kk, vv in v.items()} for k, v in p.items()}
    return g["w"]["a"] * g["v"]["a"]


def dict_of_dicts(x):
    d = {"p": {"w": x[0], "b": x[1]}, "q": x[2]}
    e = d.copy()
    e["q"] = x[0] * 2
    return d["p"]["w"] * d["q"] * e["q"]


def tuples_joined(x):
    t = (x[0],) + (x[1], x[2])
    u = t[1:] + t[:1]
    return u[0] * u[2] + u[1]


def sorted_and_removed(x):
    xs = [x[2], x[0], x[1]]
    xs.sort()
    xs.remove(x[1])
    return xs[0] * xs[1] ** 2


def carried(x):
    xs = [x[0], x[1]]
    for i in range(3):
        xs = [xs[1] * x[2], xs[0] + i]
    return xs[0] * xs[1]


def slices_are_copies(x):
    xs = [x[i] for i in range(3)]
    ys = xs[:]
    ys.append(x[0])
    xs[0] = x[1] * x[1]
    return sum(xs) * sum(ys)


def three_copies(x):
    xs = [x[0], x[1]]
    ys = list(xs)
    zs = xs.copy()
    xs.pop()
    ys[0] = x[2] * 2
    zs.insert(0, x[1] * x[2])
    return sum(xs) * sum(ys) * sum(zs)


def grown_by_while(x):
    xs = [1.0]
    i = 0
    while len(xs) < 4:
        if xs[-1] > 0.5:
            xs.append(xs[-1] * x[i % 3])
        else:
            xs.append(xs[0] + x[0])
        i += 1
    a = xs.pop(0)
    return np.stack(xs) * a


def looks_back_at_arrays(x):
    hs = [x]
    for _ in range(3):
        hs.append(np.tanh(hs[-1] * hs[0]))
    del_ = hs[1:3]
    return sum(h.sum() for h in del_) + hs[-1][0]


def elements_swapped(x):
    h = [x[0], x[1]]
    h[0], h[1] = h[1] * 2, h[0]
    a, b = h
    return a * b * b


def sorted_by_swaps(x):
    xs = [x[0], x[1], x[2]]
    for i in range(len(xs)):
        for j in range(i + 1, len(xs)):
            if xs[j] < xs[i]:
                xs[i], xs[j] = xs[j], xs[i]
    return xs[0] * xs[1] + xs[2] ** 2


def two_names(x):
    a = b = []
    a.append(x[0])
    b.append(x[1])
    return a[1] * b[0]


CASES = {
    "slices_are_copies": (V,),
    "three_copies": (V,),
    "grown_by_while": (V,),
    "looks_back_at_arrays": (V,),
    "elements_swapped": (V,),
    "sorted_by_swaps": (V,),
    "two_names": (V,),
    "pops": (V,),
    "slices": (V,),
    "look_back": (V,),
    "fib": (V,),
    "setitem": (V,),
    "tuples": (V,),
    "nested": (V,),
    "branch": (V,),
    "stack_machine": (V,),
    "dict_changed": (V,),
    "dict_loops": (V,),
    "dict_comprehended": (V,),
    "dict_of_dicts_comprehended": (V,),
    "dict_of_dicts": (V,),
    "tuples_joined": (V,),
    "sorted_and_removed": (V,),
    "carried": (V,),
}
