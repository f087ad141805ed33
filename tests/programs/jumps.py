"""Loops that are left early, iterations cut short, functions that return in the middle."""

import numpy as np

V = np.array([0.4, -0.3, 1.7, 0.9, -1.2, 2.5])
M = np.array([[0.5, 1.5, -0.4], [2.0, 0.3, 0.8], [-1.0, 0.6, 1.1], [0.2, 0.9, 0.7]])


def break_on_value(x, limit):
    s = 1.0
    for v in x:
        if v > limit:
            break
        s = s * (1.0 + v * v)
    return s


def break_after_work(x):
    h = 0.0
    for i, v in enumerate(x):
        h = np.tanh(h + v) * 1.5
        if h > 0.9 and i > 0:
            h = h * 3.0
            break
        h = h + 0.1
    return h


def continue_twice(x):
    s, p = 0.0, 1.0
    for v in x:
        if v < 0:
            p = p * v
            continue
        s = s + np.sqrt(v)
        if s > 2.0:
            continue
        p = p + s
    return s * p


def break_in_branches(x, y):
    for i in range(20):
        if x > y:
            x = x - 0.3 * y
            if x < 0.2:
                break
        elif i % 2:
            y = y * 0.9
            if y < 0.1:
                y = y * x
                break
        else:
            x = x * 1.2
            continue
        y = y + 0.05 * x
    return x * y


def first_match(x):
    for v in x:
        if v > 1.0:
            found = v * v
            break
    else:
        found = x.sum()
    return found * x[0]


def no_match(x):
    for v in x:
        if v > 100.0:
            found = v * v
            break
    else:
        found = x.sum() ** 2
    return found * x[0]


def last_match(x):
    best = 0.0
    for v in x:
        if v > 0.5:
            best = v * v
        elif v < -1.0:
            break
    return best


def return_from_inner(m):
    total = 1.0
    for row in m:
        for v in row:
            total = total + v * v
            if total > 6.0:
                return total * v
        total = total * 0.9
    return -total


def return_or_break(m, limit):
    total = 0.5
    for row in m:
        for i, v in enumerate(row):
            if v < 0:
                break
            if i == 2:
                return total * v + row[0]
            total = total + np.sin(v)
        else:
            total = total * 5.0
        if total > limit:
            continue
        total = total * 1.1
    return total


def while_true(x):
    n = 0
    while True:
        x = 0.5 * (x + 2.0 / x)
        n += 1
        if abs(x * x - 2.0) < 1e-12 or n > 30:
            return x * n


def while_else(x):
    n = 0
    while n < 4:
        x = x * 1.5
        if x > 40.0:
            break
        n += 1
    else:
        x = -x
    return x * x


def zip_and_break(a, b):
    t = 0.0
    for i, (u, w) in enumerate(zip(a, reversed(b))):  # noqa: B905
        if u * w > 2.0:
            break
        t = t + u * w * (i + 1)
    return t


def pairs_until(pairs):
    out = 1.0
    for w, b in pairs:
        out = out * w.sum() + b
        if out > 3.0:
            break
    return out


def backwards_until(x):
    h = 0.1
    for v in reversed(x):
        h = h * v + 1.0
        if h > 2.0:
            break
    return h


def counting_until(x):
    h = x
    for _ in range(30):
        h = h * 1.1
        if h > 4.0:
            break
    return h


def many_guards(x, y):
    if x < -3.0:
        return y
    z = x * y
    if z > 10.0:
        return z
    if z > 5.0:
        z = z * y
        if z > 7.0:
            return z * x
    else:
        y = y + z
    for v in (x, y, z):
        if v > 4.0:
            return v * v
    return x + y * z


def array_carry(x):
    z = np.zeros_like(x)
    for _ in range(60):
        new = np.tanh(0.3 * z + x)
        if np.allclose(new, z, atol=1e-12):
            break
        z = new
    return z


def nothing_happens(x):
    for _ in x:
        break
    for v in x:
        if v > 0:
            continue
    return x * 2.0


CASES = {
    "break_on_value": (V, 1.0),
    "break_after_work": (V,),
    "continue_twice": (V,),
    "break_in_branches": (1.3, 0.8),
    "first_match": (V,),
    "no_match": (V,),
    "last_match": (V,),
    "return_from_inner": (M,),
    "return_or_break": (M, 2.0),
    "while_true": (1.1,),
    "while_else": (1.3,),
    "zip_and_break": (V, V[:4] + 1.0),
    "pairs_until": ([(np.array([1.0, 0.5]), 0.3), (np.array([0.7, 1.5]), 0.2), (np.array([1.7, 1.5]), 0.1)],),
    "backwards_until": (V,),
    "counting_until": (0.7,),
    "many_guards": (1.5, 2.0),
    "array_carry": (V,),
    "nothing_happens": (V,),
}
EXTRA = {
    "break_on_value": (V, 9.0),
    "while_else": (20.0,),
    "return_from_inner": (M * 0.3,),
    "return_or_break": (M, 0.3),
    "many_guards": (2.5, 3.0),
    "break_in_branches": (0.1, 0.9),
}


def return_from_loop_in_branch(x, y):
    if x > -0.3:
        for e in (x, y):
            if y > 10:
                return e * 0.5
        y = y * x
    return 1 * x + 2 * y


CASES["return_from_loop_in_branch"] = (0.3, 0.7)
EXTRA["return_from_loop_in_branch"] = (-0.5, 0.7)


def return_from_nested_loop_after_branch(x, y):
    s = x * 0.3
    if x > 0.6:
        x = np.sin(x)
    else:
        for _ in range(3):
            if y < -5.0:
                return y * 0.5
            y = np.tanh(y)
    n = 0
    while n < 3:
        n = n + 1
        y = np.tanh(y)
        for _ in range(2):
            if y > 7.0:
                return x * 0.5
            y = np.tanh(y)
            if s < -8.0:
                return y * 0.5
    return x + 2 * y + 3 * s


CASES["return_from_nested_loop_after_branch"] = (0.7, 0.8)
EXTRA["return_from_nested_loop_after_branch"] = (0.3, -7.0)
