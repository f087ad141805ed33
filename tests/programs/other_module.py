"""Callees whose globals have the same names as those of `calls`, and other values."""

import math as np

SCALE = 100.0


def helper(x):
    return np.sin(x) * SCALE


def scaled(x, factor=SCALE):
    return x * factor


def with_own_helper(x):
    return helper(x) + scaled(x)
