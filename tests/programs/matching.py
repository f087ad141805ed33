"""`match`, `with` around quiet code, errors that are raised, displays with starred parts."""

import contextlib
import warnings
from dataclasses import dataclass

import numpy as np

V = np.array([0.4, -0.3, 1.7, 0.9])


def by_shape(p):
    match p:
        case (a, b) if a > b:
            return a * b
        case [a, b, *rest]:
            return a + b * b + len(rest)
        case {"x": v, "y": {"z": w}}:
            return v * w
        case float(v) | int(v):
            return v * v
        case None:
            return 1.0
        case _:
            return 0.0


def by_name(x, mode):
    match mode:
        case "square" | "double":
            y = x * x
        case "cube":
            y = x**3
        case other:
            raise ValueError(other)
    return y


def program_of(ops, x):
    for op in ops:
        match op:
            case ("scale", k):
                x = x * k
            case ("shift", k) if k > 0:
                x = x + k
            case ("stop",):
                break
            case _:
                continue
        x = np.tanh(x)
    return x


@dataclass
class Pair:
    first: float
    second: float


def by_class(a, b):
    pair = Pair(a, b)
    match pair:
        case Pair(first=u, second=v) if u > v:
            return u * v
        case Pair(u, _):
            return u + pair.second**2


def quiet(x):
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = np.log(x)
        for i in range(3):
            if y > 0.3:
                return y * i
            y = y + 0.2
    with contextlib.nullcontext(x) as z:
        y = y * z
    return y


def checked(x, n):
    if n < 0:
        raise ValueError(f"bad {n}")
    if n == 0:
        y = x
    elif n == 1:
        y = x * x
    else:
        raise NotImplementedError("many")
    return y * x


def starred(x):
    a = (x, 2.0)
    b = [*a, x * x]
    c = (*b, *a, 1.0)
    t = 0.0
    for v in [*b, 3.0]:
        t = t + v * c[0]
    first, *middle, last = c
    return first * middle[1] * last + t


CASES = {
    "by_shape": ((3.0, 2.0),),
    "by_name": (1.5, "double"),
    "program_of": ([("scale", 2.0), ("shift", 0.5), ("nothing",), ("stop",), ("scale", 3.0)], 0.7),
    "by_class": (3.0, 2.0),
    "quiet": (1.3,),
    "checked": (1.5, 1),
    "starred": (1.3,),
}
EXTRA = {
    "by_shape": ((1.0, 2.0, 3.0),),
    "by_name": (1.5, "cube"),
    "by_class": (1.0, 2.0),
    "quiet": (0.1,),
    "checked": (1.5, 0),
}
