"""In-place writes: several in one statement, through aliases and views, in callees, by functions of NumPy."""

import numpy as np


def swap(x):
    y = x.copy()
    y[0], y[3] = y[3] * 2.0, y[0]
    y[1], y[2] = y[2], y[1] ** 2
    return y


def swap_rows(m):
    a = m * 1.0
    a[0], a[2] = a[2], a[0]  # both rows are views: NumPy writes row 2 into both
    return a * a


def swap_rows_by_list(m):
    a = m * 1.0
    a[[0, 2]] = a[[2, 0]]
    return a * m


def swap_row_copies(m):
    a = m * 1.0
    row = a[1].copy()
    a[1] = a[2]
    a[2] = row * 2.0
    return a * m


def row_view_sees_write(m):
    a = m * 1.0
    row = a[1]
    a[1] = a[1] * 3.0
    return a * row


def writes_row_view(m):
    a = m * 1.0
    row = a[1]
    row[:] = row * a[0]
    row += 1.0
    return a * a


def element_is_no_view(x):
    y = x * 1.0
    first = y[0]
    y[0] = 5.0 * x[1]
    first += 1.0
    return y * first


def alias_sees_write(x):
    y = x * 1.0
    z = y
    y[1] = 3.0 * x[0]
    z[2] = y[1] * x[3]
    return y + z * z


def alias_sees_augmented(x):
    y = x * 1.0
    z = y
    z *= x
    return y * z


def number_is_no_alias(x):
    s = np.sum(x)
    before = s
    s += 2.0 * s
    return x * s * before


def written_under_a_condition(x):
    y = x * 1.0
    z = y
    if x[0] > 0:
        y[1] = x[2] * x[0]
    else:
        z[2] = x[0] ** 2
    return z * y


def view_in_loop(m):
    a = m * 1.0
    for i in range(3):
        row = a[i]
        row[1:] = row[1:] * row[0]
        row *= 1.5
    return a


def base_written_in_loop(x):
    y = x * 1.0
    z = y
    tail = y[1:]
    for i in range(3):
        y[i + 1] = y[i + 1] * z[i]
        z[0] += x[i]
    return z * y + tail.sum()


def double_buffer(x):
    u = x * 1.0
    v = np.zeros_like(u)
    for _ in range(3):
        v[0], v[-1] = u[0], u[-1]
        v[1:-1] = 0.5 * u[1:-1] + 0.25 * (u[:-2] * u[2:])
        u, v = v, u
    return u


def chained_subscripts(m):
    a = m * 1.0
    a[1][2] = a[0][1] * a[2][2]
    a[0][1:] *= 2.0
    return a


def all_operators(x):
    y = np.abs(x) + 1.0
    y **= 2
    y -= x
    y /= 2.0
    y[1:] **= 1.5
    y[:2] /= x[:2] ** 2 + 1.0
    y[0] -= x[3]
    return y


def matrix_augmented(m):
    a = m * 1.0
    b = a
    a @= m
    return a * b


def whole(x):
    y = np.empty(4)
    y[...] = x * 2.0
    z = np.empty(4)
    z[:] = y * x
    y.fill(2.0 * x[0])
    return y * z


def mask(x):
    y = x * 1.0
    y[x > 0] = x[1] * 2.0
    y[x < 0] *= 3.0
    y[y > 1.0] = np.sqrt(y[y > 1.0])
    return y


def mask_of_values(x):
    y = np.zeros(4)
    chosen = np.array([True, False, True, False])
    y[chosen] = x[:2] * x[1]
    y[~chosen] += x[2]
    return y


def repeated_indices(x):
    y = x * 1.0
    y[np.array([0, 0, 2])] += x[:3] * 2.0
    y[[1, 1]] = x[2:] ** 2
    return y


def at_functions(x):
    y = x * 1.0
    idx = np.array([0, 2, 0])
    np.add.at(y, idx, x[:3] ** 2)
    np.subtract.at(y, [1, 1], x[2:])
    np.multiply.at(y, idx, x[1:])
    np.add.at(y, (np.array([3]),), x[0])
    return y


def functions_that_write(x):
    y = x * 1.0
    np.put(y, [0, 2], x[1:3] ** 2)
    np.copyto(y, x * 3.0, where=x > 0)
    m = np.outer(y, x)
    np.fill_diagonal(m, x * y)
    np.put_along_axis(m, np.array([[1], [0], [2], [3]]), 0.5, 1)
    np.place(m, m > 2.0, x[:2])
    return m


def sorts(x):
    y = x * x
    y.sort()
    m = np.outer(x, y)
    m.sort(axis=0)
    return m * y


def out_arguments(x):
    out = np.zeros(4)
    z = np.multiply(x, x, out=out)
    np.add(out, x, out=out)
    np.sin(out, out)
    total = np.zeros(())
    np.sum(out, out=total)
    return z * total


def out_where(x):
    out = x * 1.0
    np.multiply(x, 3.0, out=out, where=x > 0)
    return out


def _scale(a, factor):
    for i in range(a.shape[0]):
        a[i] = a[i] * factor + i


def _scale_and_sum(a, factor):
    a *= factor
    return a.sum()


def _first_row(a):
    return a[0]


def _write_first(a, v):
    row = _first_row(a)
    row[:] = v
    return row


def _nested(a, v):
    _scale(a, v)
    return _scale_and_sum(a, 2.0)


def _rebinds(a):
    a[0] = a[0] * 2.0
    a = a * 5.0
    a[1] = 0.0
    return a


def callee_writes(m, s):
    a = m * 1.0
    _scale(a, s)
    total = _scale_and_sum(a, a[0, 0])
    _scale(a[1], 2.0)
    return a * total


def callee_writes_keyword(m, s):
    a = m * 1.0
    b = a
    _scale(factor=s, a=a)
    return b * a


def callee_writes_view(m, s):
    a = m * 1.0
    _scale(a[:, 1], s)
    _scale(a[1:][0], s)
    return a


def callee_calls_callee(m, s):
    a = m * 1.0
    total = _nested(a, s)
    return a * total


def callee_rebinds(m):
    a = m * 1.0
    b = _rebinds(a)
    return a * b


def callee_in_loop(m, s):
    a = m * 1.0
    for k in range(2):
        if k > 0:
            _scale(a, s)
        s = s + _scale_and_sum(a, 0.5)
    return a * s


def callee_on_inactive(x):
    c = np.ones((4, 2))
    _scale(c, 2.0)
    _scale(c, 0.5)
    return np.outer(x, x) @ c


def number_given_to_writer(x):
    y = x * 1.0
    t = _scale_number(y[0], 3.0)
    return y * t


def _scale_number(h, v):
    h *= v
    return h


def writes_argument(x):
    x[0] = x[1] * 2.0
    x[2:] += x[0]
    return x


def cholesky(m):
    a = m @ m.T + 3.0 * np.eye(3)
    n = a.shape[0]
    for j in range(n):
        a[j, j] = np.sqrt(a[j, j] - a[j, :j] @ a[j, :j])
        for i in range(j + 1, n):
            a[i, j] = (a[i, j] - a[i, :j] @ a[j, :j]) / a[j, j]
    return np.tril(a)


def pivoted_elimination(m):
    a = m * 1.0
    sign = 1.0
    for k in range(2):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            a[[k, p]] = a[[p, k]]
            sign = -sign
        a[k + 1 :, k:] -= np.outer(a[k + 1 :, k] / a[k, k], a[k, k:])
    return sign * np.prod(np.diag(a))


def bubble_sort(x):
    y = x * 1.0
    n = len(y)
    for i in range(n):
        for j in range(n - 1 - i):
            if y[j] > y[j + 1]:
                y[j], y[j + 1] = y[j + 1], y[j]
    return y * np.arange(4.0)


def edit_table(x):
    d = np.zeros((5, 5))
    d[0, 1:] = np.inf
    d[1:, 0] = np.inf
    for i in range(1, 5):
        for j in range(1, 5):
            d[i, j] = abs(x[i - 1] - x[j - 1] ** 2) + np.minimum(d[i - 1, j], np.minimum(d[i, j - 1], d[i - 1, j - 1]))
    return d[4, 4]


X = np.array([0.7, -0.4, 1.3, 0.9])
M = np.array([[0.6, -0.3, 1.2], [1.1, 0.8, -0.7], [-0.5, 0.9, 0.4]])
PROGRAMS = {
    f: args
    for args, functions in (
        ((X,), (
            swap, element_is_no_view, alias_sees_write, alias_sees_augmented, number_is_no_alias,
            written_under_a_condition, base_written_in_loop, double_buffer, all_operators, whole, mask, mask_of_values,
            repeated_indices, at_functions, functions_that_write, sorts, out_arguments, out_where, callee_on_inactive,
            number_given_to_writer, writes_argument, bubble_sort, edit_table,
        )),
        ((M,), (
            swap_rows, swap_rows_by_list, swap_row_copies, row_view_sees_write, writes_row_view, view_in_loop,
            chained_subscripts, matrix_augmented, callee_rebinds, cholesky, pivoted_elimination,
        )),
        ((M, 0.7), (
            callee_writes, callee_writes_keyword, callee_writes_view, callee_calls_callee, callee_in_loop,
        )),
    )
    for f in functions
}  # fmt: skip
