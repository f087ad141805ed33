"""Numbers that are read from texts of differentiated values."""

import ast

import numpy as np
import pytest

import s2s

X = np.array([0.42, 0.7, 0.3])


def of_str(x):
    return float(str(x[1])) * x[0]


def of_a_format(x):
    return np.float64(f"{x[1]:.3f}") * x[0]


def of_a_literal(x):
    return ast.literal_eval(str(float(x[1]))) * x[0]


def of_many(x):
    text = ",".join([str(v) for v in x])
    return sum([float(part) for part in text.split(",")])


def of_a_map(x):
    return np.fromstring(",".join(map(str, x)), sep=",").sum()


@pytest.mark.parametrize("function", [of_str, of_a_format, of_a_literal, of_many, of_a_map])
def test_a_number_read_from_a_text_is_refused(function):
    for transformed in (lambda: s2s.grad(function)(X), lambda: s2s.jvp(function, (X,), (X,))):
        with pytest.raises(s2s.UnsupportedError, match="a number is read from the text of a differentiated value"):
            transformed()


def reports(x):
    log = []
    s = 0.0
    for i in range(3):
        s = s + x[i] ** 2
        log.append(f"step {i}: {s}")
    if len(log) > 5 or str(s) == "3":
        s = s * 2.0
    if s < 0:
        raise ValueError(f"negative: {s}")
    found = {"name": f"run {x[0]}", "loss": s * int(round(x[1]))}
    return found["loss"] * len(log)


def test_texts_that_are_only_shown_are_no_obstacle():
    np.testing.assert_allclose(s2s.grad(reports)(X), 6.0 * X)
