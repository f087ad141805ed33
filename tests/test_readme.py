"""README's first page prints what it says, and its table of what is supported is true."""

import collections
import contextlib
import io
import linecache
import math
import re
from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import s2s
from s2s.runtime.errors import S2SError
from tests.programs.raising import printing

README = (Path(__file__).resolve().parent.parent / "README.md").read_text()
Point = namedtuple("Point", ["x", "y"])
V = np.array([0.3, 0.7, 1.1])
TOTAL = 0.0


def operators(x):
    return np.sum((x[1:] * x[:2] - x[[0, 2]]) ** 2) / np.max(x) + x @ x


def functions(x):
    return math.sin(x[0]) * s2s.numpy.exp(x[1]) + np.log1p(x[2])


def power(x, n=2, *, shift=0.0):
    return x**n + shift


def calls(x):
    return np.sum(power(x) + power(x, 3) + power(n=1, x=x, shift=x))


def growing(x):
    xs, d = [], {"first": x[0]}
    for i in range(3):
        xs.append(x[i] * x[i])
    xs.insert(1, xs.pop() * 2.0)
    xs += [x[1]]
    d["second"] = xs[1]
    d.update(third=d["first"] * d["second"])
    return np.sum(np.stack(xs)) * d["third"]


def keyed(x):
    d = {i: v * v for i, v in enumerate(x)}
    total = d.get(len(x), 0.0)
    for k, v in d.items():
        total = total + (k + 1.0) * v * d[1]
    return total


def containers(x):
    point = Point(x * 2.0, [x, {"z": x * x}])
    left, (right, named) = point
    return np.sum(left * right + named["z"] * point.x)


def collected(x):
    groups = collections.defaultdict(list)
    recent = collections.deque(maxlen=2)
    counts = {}
    for i, v in enumerate(x):
        groups[i % 2].append(v * v)
        recent.append(v)
        counts.setdefault("n", []).append(i)
    scale = dict(zip(("a", "b"), recent))  # noqa: B905
    return sum(groups[0]) * scale["b"] * len(counts["n"]) + dict.fromkeys("ab", x[0])["a"]


def loops(x):
    total = 0.0
    for i in range(3):
        total = total + x[i] * i
    for row, weight in zip([x, x * 2.0], (1.0, 2.0)):  # noqa: B905
        total = total + np.sum(np.sin(row)) * weight
    return total


def updates(x):
    x = s2s.numpy.asarray(x)
    y = x.at[np.argmax(x)].set(x[0] * x[1]).at[0].multiply(x[2]).at[1:].min(0.5)
    return np.sum(y.at[np.array([0, 0])].add(x[1]).at[0].get() * y * x)


def known_branch(x, double=True):
    if double:
        x = x * 2.0
    return np.sum(x * x)


def branch(x):
    if x[0] > 0:
        y = x * 2.0
    else:
        y = x * x
    return np.sum(y)


def while_loop(x):
    y = np.sum(x)
    while y > 0.5:
        y = y * 0.5
    return y


def break_loop(x):
    total = 0.0
    for i in range(5):
        if i == 1:
            continue
        if i == 2:
            break
        total = total + x[i]
    else:
        return total
    for i in range(3):
        if i == 2:
            return total * x[i]
    return total


def matched(x, scale=("by", 2.0)):
    match scale:
        case ("by", factor):
            y = x * factor
        case _:
            raise ValueError(scale)
    with np.errstate(divide="ignore"):
        if (n := len(x)) > 2:
            y = np.log(y) * n
    return np.sum(y)


def closure(x):
    def scaled(y):
        return y * x

    return np.sum(scaled(x)) + (lambda z: z * x[0])(x[1])


class Sheet:
    def __init__(self, n):
        self.rows = [[0.0] * n for _ in range(n)]

    def add(self, i, j, v):
        self.rows[i][j] += v


def nested(x):
    sheet, groups = Sheet(3), {"low": [], "high": []}
    for i in range(3):
        row = sheet.rows[i]
        row[0] = x[i]
        sheet.add(i, 1, row[0] * x[0])
        groups["low" if i < 2 else "high"].append(sheet.rows[i][1])
    return sum(groups["low"]) * groups["high"][0]


@dataclass
class Meter:
    total: float = 0.0

    def add(self, v):
        self.total = self.total + v * v
        return self

    @property
    def half(self):
        return self.total / 2


def classes(x):
    meter = Meter()
    for v in x:
        meter.add(v)
    meter.total *= x[0]
    return meter.half


def doubles(a):
    a *= 2.0


def writes(x):
    y = x * 1.0
    z, row = y, y[1:]
    row[0], y[0] = y[0] * 3.0, row[0]
    doubles(z)
    np.multiply(y, x, out=y)
    np.add.at(y, np.array([0, 0]), x[:2])
    return np.sum(y * z)


@s2s.custom_jvp
def softened(x):
    return np.sqrt(x * x + 0.1)


softened.defjvp(lambda primals, tangents: (softened(primals[0]), primals[0] / softened(primals[0]) * tangents[0]))


def transformations(x):
    out, back = s2s.vjp(lambda y: softened(y) * x, x)
    rows = s2s.vmap(s2s.grad(lambda v: v**3 * x[0]))(back(out)[0])
    return np.sum(s2s.jit(softened)(rows)) + np.sum(s2s.hessian(lambda y: np.sum(y**3) * x[1])(x))


def generator(x):
    yield np.sum(x)


def remembers(x):
    count, total, seen, last = 0, 0.0, [], np.zeros(2)

    def remember(v):
        nonlocal count, total
        count += 1
        total = total * 0.5 + v
        seen.append(v * x[0])
        last[count % 2] = v

    for v in x:
        remember(v)
    return total * count + sum(seen) * last[0]


def writes_global(x):
    global TOTAL
    TOTAL = 1.0
    return np.sum(x) * TOTAL


PROGRAMS = {
    "operators, broadcasting, reductions, products, slices, integer-array indexing": operators,
    "`numpy`, `math` and `s2s.numpy` functions under any name": functions,
    "calls of your functions, positional, by keyword, with defaults, `*args`, `**kwargs`": calls,
    "tuples, lists, dicts, named tuples as arguments and results": containers,
    "lists and dicts that change: `append`, `pop`, `insert`, `+=`, `d[k] = v`, `update` and their like": growing,
    "lists and dicts inside of others that change: `dp[i][j] = v`, `g[k].append(v)`, `self.rows[i][j] += v`": nested,
    "dicts whose keys are known at run time only: `{i: f(v) for i, v in enumerate(x)}`, `d.items()`, `d.get`": keyed,
    "`dict(…)`, `dict.fromkeys`, `setdefault`, `collections.defaultdict`, `deque` and `OrderedDict` of one name": (
        collected
    ),
    "`for` over ranges and containers": loops,
    "`if` on known Python values": known_branch,
    "`if` on array values": branch,
    "`while` on array values": while_loop,
    "`break`, `continue`, `else` on loops, `return` anywhere": break_loop,
    "`match`, `raise`, walrus, `with np.errstate`": matched,
    "`print`, `assert`, f-strings of array values": printing,
    "nested functions, lambdas that capture values": closure,
    "classes of yours: construction, methods, properties, operators, attribute writes, dataclasses": classes,
    "`x[i] = v` on arrays, swaps, writes through aliases and views, in functions called, `out=`, `np.add.at`": writes,
    "`x.at[i].set(v)`, `.add`, `.get`; `.multiply`, `.divide`, `.power`, `.min`, `.max` at known places": updates,
    "`grad`, `vjp`, `jvp`, `vmap`, `hessian`, `jit` of functions inside; functions with a `custom_jvp` of yours": (
        transformations
    ),
    "generators, `async`": generator,
    "functions defined inside that write `nonlocal` variables and containers of the function around": remembers,
    "writing globals": writes_global,
}


def test_every_file_that_is_named_exists():
    """A bare file name stands in the folder that was named last before it, or in a room itself."""
    root = Path(__file__).resolve().parent.parent
    folder = ""
    for name in re.findall(r"`([\w/]+(?:\.py|/))`", README):
        path = root / name
        folder = name if path.is_dir() else name.rpartition("/")[0] or folder
        assert any((root / place / name).exists() for place in ("", folder, "s2s", "runtime", "runtime/primitives")), (
            name
        )


def support_table():
    section = README.split("## What is supported")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (\w+) \| (\w+) \| ([\w ]+) \|$", section, re.MULTILINE)
    return [row for row in rows if row[0] != "in the function"]


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_first_page_prints_what_it_says():
    program, printed = blocks("python")[:2]
    assert _printed_by(program) == printed


@pytest.mark.parametrize("at", [2, 4], ids=["pair", "batched"])
def test_what_follows_prints_what_it_says(at):
    first, program, printed = blocks("python")[0], *blocks("python")[at : at + 2]
    assert _printed_by(f"{first}\n{program}").endswith(f"\n{printed}")


def _printed_by(program):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(_registered(program), "<README>", "exec"), {"__name__": "readme"})
    return out.getvalue()


def _registered(program):
    """Source is read from linecache, where a notebook's cells are too."""
    linecache.cache["<README>"] = (len(program), None, program.splitlines(keepends=True), "<README>")
    return program


def test_gradient_and_number_stand_within_thirty_lines():
    assert README.split("prints\n")[0].count("\n") + blocks("python")[1].count("\n") <= 50
    program, printed = blocks("python")[:2]
    assert len((program + printed).splitlines()) <= 32


def test_the_gradient_of_the_first_page_agrees_with_the_difference():
    ours, measured = map(float, blocks("python")[1].splitlines()[-1].split())
    assert abs(ours - measured) < 1e-6


def test_every_row_of_the_table_is_checked():
    assert [row[0] for row in support_table()] == list(PROGRAMS)


def numeric(function, x):
    steps = 1e-6 * np.eye(len(x))
    return np.array([(function(x + step) - function(x - step)) / 2e-6 for step in steps])


@pytest.mark.parametrize(("row", "derivative"), [(row[0], row[1]) for row in support_table()])
def test_derivative_column(row, derivative):
    function = PROGRAMS[row]
    if derivative == "yes":
        np.testing.assert_allclose(s2s.grad(function)(V), numeric(function, V), rtol=1e-5, atol=1e-8)
        _, slope = s2s.jvp(function, (V,), (np.ones(3),))
        np.testing.assert_allclose(slope, np.sum(numeric(function, V)), rtol=1e-5)
    else:
        with pytest.raises(S2SError, match=r"test_readme\.py"):
            s2s.grad(function)(V)


@pytest.mark.parametrize(("row", "staged"), [(row[0], row[2]) for row in support_table()])
def test_jit_column(row, staged):
    function = PROGRAMS[row]
    if staged == "yes":
        np.testing.assert_allclose(np.asarray(s2s.jit(function)(V)), function(V), rtol=1e-12)
    else:
        with pytest.raises((TypeError, S2SError)) as caught:
            s2s.jit(function)(V)
        assert "test_readme.py" in "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


@pytest.mark.parametrize(("row", "batched"), [(row[0], row[3]) for row in support_table()])
def test_vmap_column(row, batched):
    function = PROGRAMS[row]
    rows = np.stack([V, 0.5 * V[::-1], V + 0.2])
    if batched == "refused":
        with pytest.raises(S2SError, match=r"(test_readme|raising)\.py"):
            s2s.vmap(function)(rows)
        return
    with contextlib.nullcontext() if batched == "yes" else pytest.warns(s2s.RowLoopWarning):
        found = np.asarray(s2s.vmap(function)(rows))
    np.testing.assert_allclose(found, [np.asarray(function(x)) for x in rows], rtol=1e-12)
