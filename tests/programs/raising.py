"""Functions that raise where their values say so. pytest would rewrite `assert` in a module of tests."""

import numpy as np


class NotFinite(ArithmeticError):
    def __init__(self, where, value):
        super().__init__(f"{where}: {value}")
        self.value = value


def asserting(x):
    total = 0.0
    for i in range(3):
        assert x[i] >= 0, f"element {i} is {x[i]:.1f}"
        total = total + np.sqrt(x[i])
    assert total < 100
    return total


def raising(x):
    if x[0] < 0:
        print("about to fail")
        raise NotFinite("first", x[0])
    elif x[1] > 10:
        raise ValueError("large %g" % x[1])  # noqa: UP031
    else:
        y = x * 2
    return np.sum(y**2)


def checked(v):
    if not np.all(v > 0):
        raise ValueError(f"not positive: {v}")
    return np.log(v)


def through_a_call(x):
    out = x[0]
    while out < 50.0:
        out = out * 3 + checked(x[1])
    return out


def of_a_mode(x, mode="fast"):
    if x[0] > 0:
        if mode != "fast":
            raise KeyError(mode)
        return x[0] * 2
    return x[1] * 3


def always(x):
    raise ValueError(f"never {np.sum(x):.1f}")


def handling(x):
    try:
        y = checked(x)
    except ValueError:
        y = x * 0
    return y


def printing(x):
    total = np.sum(x**2)
    print(f"{total:.2f}", end="")
    assert total >= 0, f"negative: {total}"
    return total
