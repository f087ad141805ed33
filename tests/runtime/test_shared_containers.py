"""Lists and dicts with two names, and entries of grown lists that are changed, staged."""

import numpy as np
import pytest

import s2s

X = np.array([0.42, 0.7, 0.3])


def table(x):
    dp = [[0.0, 0.0, 0.0]]
    for i in range(1, 4):
        row = []
        for j in range(3):
            row.append(dp[i - 1][j] + x[j] * i)
        dp.append(row)
        row[0] = row[0] + 1.0
    dp[1][2] = x[0]
    return dp[3][0] + dp[1][2] * 5.0 + dp[2][2] * 100.0


def entries_by_name(x):
    dp = []
    for i in range(5):
        dp.append([x[0] * i, x[1]])
    second = dp[1]
    second[1] = x[0]
    dp[1][0] = 9.0
    for i in range(5):
        row = dp[i]
        row[1] += x[2]
    return dp[4][0] + dp[1][1] * 5.0 + second[0] * 100.0


def two_rows(x):
    prev = [0.0, 0.0, 0.0]
    cur = [0.0, 0.0, 0.0]
    for i in range(3):
        for j in range(3):
            cur[j] = prev[j] + x[j] * (i + 1)
        prev = cur
    return prev[0] + cur[1] * 2.0 + prev[2]


def exchanged_rows(x):
    prev = [0.0, 0.0, 0.0]
    cur = [1.0, 0.0, 0.0]
    for _ in range(20):
        for j in range(1, 3):
            cur[j] = prev[j - 1] + x[j]
        prev, cur = cur, prev
    return prev[0] + cur[1] * 2.0 + prev[2]


def one_row_many_times(x):
    row = [0.0, 0.0]
    dp = []
    for _ in range(5):
        row[0] += x[0]
        dp.append(row)
    return dp[0][0] + dp[4][0]


def appended_twice(x):
    dp = []
    for i in range(5):
        row = [x[0] * i, x[1]]
        dp.append(row)
        dp.append(row)
    dp[0][0] = 5.0
    return dp[1][0] + dp[0][0]


def exchanged_by_a_test(x):
    a, b = [x[0], 1.0], [x[1], 2.0]
    if abs(a[0]) < abs(b[0]):
        a, b = b, a
    b[1] = b[1] - a[1] * b[0] / a[0]
    return a[1] + 10.0 * b[1]


@pytest.mark.parametrize(
    "function",
    [table, entries_by_name, two_rows, exchanged_rows, one_row_many_times, appended_twice, exchanged_by_a_test],
)
def test_writes_are_seen_under_all_names(function):
    np.testing.assert_allclose(s2s.jit(function)(X), function(X), rtol=1e-12)


def chosen(x):
    a, b = [1.0, 2.0], [3.0, 4.0]
    c = a if x[0] > 0 else b
    c[0] = x[1]
    return a[0] * 10.0 + b[0] + c[0]


def the_chosen_one(x):
    a, b = {"k": 1.0}, {"k": 2.0}
    if x[0] > 0:
        c = a
    else:
        c = b
    a["k"] = x[1]
    return c["k"]


def in_a_loop(x):
    a, b = [1.0, 2.0], [3.0, 4.0]
    for i in range(3):
        c = a if x[i] > 0.4 else b
        c[1] += 1.0
    return a[1] + 3.0 * b[1]


def the_last_row(x):
    dp = []
    for i in range(5):
        row = [x[0] * i, x[1], x[2]]
        dp.append(row)
    row[1] = 5.0
    return dp[4][1] + row[1]


@pytest.mark.parametrize("function", [chosen, the_chosen_one, in_a_loop, the_last_row])
def test_a_write_to_one_of_two_is_refused(function):
    with pytest.raises(s2s.S2SError, match="list, dict or set is changed at .* copy it where it gets"):
        s2s.jit(function)(X)
