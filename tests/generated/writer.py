"""Random programs as text: nested loops, branches, breaks, in-place writes, swaps, closures, lists, objects, recursion.

Every value stays bounded, so that programs can nest freely; a variable keeps its kind once it is set. What draws is
given: Hypothesis in the tests, a seeded generator of random numbers in the command.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HELPERS = """
import numpy as np

K = 0.7


def damped(a, b=0.5):
    return np.tanh(a) * b + K


def pair(a, b):
    if np.sum(a) > np.sum(b):
        return a * 0.5, b
    return np.sin(b), a


def power(a, n):
    if n == 0:
        return 1.0
    return np.sin(a) * power(a, n - 1)


def first_above(xs, bound):
    for x in xs:
        if x > bound:
            return x * 0.5
    return bound * 1.0


def scale_in_place(a, s):
    for i in range(len(a)):
        a[i] = a[i] * s + 0.1 * i


def twice(g, t):
    return g(g(t))


def make_scaler(k):
    def scale(t):
        return np.tanh(t * k)

    return scale


def negated_in_place(a):
    a *= -0.5
    return a


class Store:
    def __init__(self, array):
        self.array = array

    def put(self, i, t):
        self.array[i] = np.tanh(t)
        return self.array[0]


class Total:
    def __init__(self, start):
        self.total = start

    def add(self, t):
        self.total = 0.5 * self.total + np.sin(t)
        return self
"""

UNARY = (
    "np.sin({})", "np.tanh({})", "-{}", "({}) / 3", "np.exp(-({}) ** 2)", "np.abs({})", "damped({})",
)  # fmt: skip
BINARY = (
    "{} + {}", "{} - {}", "np.sin({} * {})", "{} / (1.0 + ({}) ** 2)", "np.maximum({}, {})", "damped({}, b={})",
    "pair({}, {})[0]", "np.where({} > 0.1, {}, 0.3)",
)  # fmt: skip
REDUCING = (
    "np.sum({}) / 4", "np.mean({})", "{}[1]", "np.tanh({} @ np.cos({}))", "np.max({})", "first_above({}, 0.3)",
    "{}[-2]", "np.sum({}[::-2])", "{}[::-1][0]", "np.sum({}[np.array([2, 0])])", "{}[np.argmax({})]",
    "np.sort({})[1]", "np.sum({}[np.argsort({})][:2])", "np.sum({}[{} > 0.1]) / 4",
    "np.sum({}[({} > -0.5) & ({} < 1.0)])",
    "np.sum(np.where({} > 0.1, {}, 0.2)) / 4", "np.cumsum({})[2] / 3", "sum([np.sin(e) for e in {} if e > 0.1])",
    "sum(e * 0.2 for e in {} if e < 0.5)", "np.sum(np.outer({}, {})[1]) / 4", "np.sum(np.reshape({}, (2, 2))[:, 1])",
    "np.prod(np.cos({}))", "np.linalg.norm({}) / 2", "np.sum(np.diff({})) / 2",
)  # fmt: skip
SCALAR_CALLS = ("power({}, 2)", "twice(lambda t: t * 0.5 + {}, {})", "make_scaler({})({})", "Total({}).add({}).total")
BOUNDS = ("-0.3", "0.05", "0.6")
ARRAYS = (
    "np.zeros(4)",
    "np.full(4, {s})",
    "np.array([{s}, {s}, 0.5, {s}])",
    "{a}.copy()",
    "{a} * 1.0",
    "np.zeros_like({a})",
    "{a}[::-1].copy()",
    "np.array({a})",
    "np.where({a} > {s}, {a}, 0.1)",
    "np.concatenate([{a}[2:], {a}[:2]])",
)
INDICES = ("0", "2", "-1")
SLICES = (":2", "1:3", "::2", "2:", "::-2", "-2:", "2:0:-1")


@dataclass
class Writer:
    """Writes one program.

    Attributes:
        choose: draws one of some options.
        kinds: the variables that are set on every path so far, by kind; arrays are never written in place, buffers are.
        loops: how many loops the statement is inside of, each with a counter in 0..3.
        left: how many more statements there may be.
    """

    choose: Callable[[Sequence[Any]], Any]
    kinds: dict[str, list[str]] = field(
        default_factory=lambda: {
            "scalar": ["x", "y"],
            "array": ["v", "w"],
            "buffer": [],
            "list": [],
            "dict": [],
            "function": [],
            "object": [],
            "matrix": [],
            "rows": [],
            "arrays": [],
            "store": [],
            "pair": [],
        }  # fmt: skip
    )
    lines: list[str] = field(default_factory=list)
    counters: list[str] = field(default_factory=list)
    loops: int = 0
    count: int = 0
    left: int = 40

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def fresh(self, kind: str) -> str:
        name = self.name(kind[0])
        self.kinds[kind].append(name)
        return name

    def variable(self, kind: str) -> str:
        return self.choose(self.kinds[kind])

    def an_array(self) -> str:
        return self.choose([*self.kinds["array"], *self.kinds["buffer"]])

    # Expressions -----------------------------------------------------------------------------------------------------

    def scalar(self, depth: int = 0) -> str:
        """An expression for a bounded number."""
        forms = ["variable", "unary", "binary", "reduced", "called", "choice"]
        forms += [f for f in _READS if self.kinds[_NEEDS[f]]]
        form = self.choose(forms if depth < 2 else ["variable"])
        if form == "variable":
            return self.variable("scalar")
        return getattr(self, f"_{form}")(depth + 1)

    def _unary(self, depth: int) -> str:
        return self.choose(UNARY).format(self.scalar(depth))

    def _binary(self, depth: int) -> str:
        return self.choose(BINARY).format(self.scalar(depth), self.scalar(depth + 1))

    def _reduced(self, depth: int) -> str:
        text = self.choose(REDUCING)
        return text.format(*[self.an_array()] * text.count("{}"))

    def _called(self, depth: int) -> str:
        text = self.choose(SCALAR_CALLS)
        return text.format(*[self.variable("scalar") for _ in range(text.count("{}"))])

    def _choice(self, depth: int) -> str:
        return f"({self.scalar(depth + 1)} if {self.test()} else {self.scalar(depth + 1)})"

    def _item(self, depth: int) -> str:
        return f"{self.variable('buffer')}[{self.index()}]"

    def _applied(self, depth: int) -> str:
        return f"{self.variable('function')}({self.variable('scalar')})"

    def _entry(self, depth: int) -> str:
        return f'{self.variable("dict")}["{self.choose("ab")}"]'

    def _listed(self, depth: int) -> str:
        text = self.choose(
            ("{}[0]", "{}[-1]", "np.tanh(sum({}))", "np.mean(np.array({}))", "np.stack({}).sum() / len({})")
        )
        return text.format(*[self.variable("list")] * text.count("{}"))

    def _cell(self, depth: int) -> str:
        text = self.choose(("{}[{i}, {j}]", "np.sum({}[{i}]) / 4", "np.sum({}.T[{i}] * {a})", "np.mean({}[:, {j}])"))
        return text.format(self.variable("matrix"), i=self.index(), j=self.index(), a=self.an_array())

    def _row(self, depth: int) -> str:
        text = self.choose(("{}[0][{i}]", "np.sum({}[-1])", "sum(np.sum(r) for r in {}) / 8", "np.stack({})[0, {i}]"))
        return text.format(self.variable("rows"), i=self.index())

    def _held(self, depth: int) -> str:
        return self.choose(('{}["p"][{i}]', 'np.sum({}["q"]) / 4')).format(self.variable("arrays"), i=self.index())

    def _stored(self, depth: int) -> str:
        return self.choose(("np.sum({}.array) / 4", "{}.array[{i}]")).format(self.variable("store"), i=self.index())

    def _half(self, depth: int) -> str:
        return f"{self.variable('pair')}[{self.choose('01')}]"

    def array(self) -> str:
        """An expression for a new array of four bounded numbers."""
        form = self.choose(("unary", "binary", "mixed", "display", "comprehension"))
        if form == "unary":
            return self.choose(UNARY).format(self.an_array())
        if form == "binary":
            return self.choose(BINARY[:5]).format(self.an_array(), self.an_array())
        if form == "mixed":
            return f"{self.an_array()} * 0.5 + {self.scalar(1)}"
        if form == "display":
            one, two = self.variable("scalar"), self.variable("scalar")
            return f"np.stack([{one}, {two}, {self.an_array()}[0], {self.scalar(1)}])"
        return f"np.array([np.sin(e) * {self.variable('scalar')} for e in {self.an_array()}])"

    def index(self) -> str:
        return self.choose([*INDICES, *self.counters])

    def test(self) -> str:
        forms = (
            "{} > {b}",
            "{} > {b}",
            "{b} < {} < 2.0",
            "{} > {b} and {} < 1.5",
            "{} > {b} or {} < -0.5",
            "not {} > {b}",
        )
        text = self.choose(forms)
        names = [self.variable("scalar") for _ in range(text.count("{}"))]
        return text.format(*names, b=self.choose(BOUNDS))

    # Statements ------------------------------------------------------------------------------------------------------

    def statement(self, depth: int) -> None:
        forms = [
            "assign",
            "assign",
            "again",
            "swap",
            "unpack",
            "make_buffer",
            "make_list",
            "make_dict",
            "make_function",
            "make_pair",
        ]
        forms += [f for f in _STATEMENTS if self.kinds[_NEEDS[f]]]
        if depth < 4 and self.left > 0:
            forms += ["branch", "branch", "loop", "loop", "while_loop", "elements", "searched", "counted", "greatest"]
        self.left -= 1
        getattr(self, self.choose(forms))(depth)

    def block(self, depth: int, size: int) -> None:
        """Statements; what is first set inside is forgotten after it, because it may not run."""
        with self.forgetting():
            self.statement(depth)
            for _ in range(self.choose(range(size))):
                if self.left > 0:
                    self.statement(depth)

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        known = {k: list(v) for k, v in self.kinds.items()}
        yield
        self.kinds = known

    def assign(self, depth: int) -> None:
        kind = self.choose(("scalar", "scalar", "array"))
        text = self.scalar() if kind == "scalar" else self.array()
        self.line(depth, f"{self.fresh(kind)} = {text}")

    def again(self, depth: int) -> None:
        target, text = self.variable("scalar"), self.scalar()
        self.line(depth, self.choose((f"{target} = np.tanh({text})", f"{target} = np.tanh({target} + {text})")))

    def swap(self, depth: int) -> None:
        one, two = self.variable("scalar"), self.variable("scalar")
        if one != two:
            self.line(depth, f"{one}, {two} = np.sin({self.scalar()}), {one} * 0.5")
        else:
            self.line(depth, f"{one} *= 0.5")

    def unpack(self, depth: int) -> None:
        text = f"pair({self.variable('scalar')}, {self.variable('scalar')})"
        one, two = self.fresh("scalar"), self.fresh("scalar")
        self.line(depth, f"{one}, {two} = {text}")

    def make_buffer(self, depth: int) -> None:
        text = self.choose(ARRAYS)
        text = text.replace("{a}", self.an_array())
        while "{s}" in text:
            text = text.replace("{s}", self.variable("scalar"), 1)
        self.line(depth, f"{self.fresh('buffer')} = {text}")

    def write_item(self, depth: int) -> None:
        b = self.variable("buffer")
        operator = self.choose(("=", "=", "+=", "*=", "-="))
        self.line(depth, f"{b}[{self.index()}] {operator} np.tanh({self.scalar()})")

    def write_slice(self, depth: int) -> None:
        b, part = self.variable("buffer"), self.choose(SLICES)
        value = self.choose(("np.sin({s})", "0.5 * {a}[{p}]", "{s} * 0.3")).format(
            s=self.variable("scalar"), a=self.an_array(), p=part
        )
        self.line(depth, f"{b}[{part}] {self.choose(('=', '=', '+=', '*='))} {value}")

    def write_masked(self, depth: int) -> None:
        b = self.variable("buffer")
        value = self.choose(("0.25", f"np.tanh({self.variable('scalar')})"))
        self.line(depth, f"{b}[{b} > {self.choose(BOUNDS)}] {self.choose(('=', '*='))} {value}")

    def write_at_positions(self, depth: int) -> None:
        b = self.variable("buffer")
        self.line(depth, f"{b}[np.array([0, 2])] {self.choose(('=', '+='))} {self.an_array()}[1:3] * 0.5")

    def write_swapped(self, depth: int) -> None:
        b = self.variable("buffer")
        self.line(depth, f"{b}[0], {b}[2] = {b}[2] * 0.9, {b}[0]")

    def write_whole(self, depth: int) -> None:
        b = self.variable("buffer")
        text = self.choose(
            (
                f"{b} *= 0.5",
                f"{b} += np.tanh({self.an_array()})",
                f"{b}[:] = {self.array()}",
                f"scale_in_place({b}, 0.7)",
                f"negated_in_place({b})",
                f"{b}[1:] = {b}[:-1] * 0.5",
                f"{b}[:] = {b}[::-1].copy()",
                f"{b}[:2], {b}[2:] = {b}[2:].copy(), {b}[:2].copy()",
                f"{b}[:2], {b}[2:] = {b}[2:] * 0.5, {b}[:2] * 1.0",
                f"{b}[{b} > 0.1] *= 0.5",
                f"np.add.at({b}, np.array([1, 1, 3]), {self.variable('scalar')} * 0.2)",
                f"{b} = np.where({b} > 0.1, {self.an_array()}, {b})",
            )
        )
        self.line(depth, text)

    def alias(self, depth: int) -> None:
        """Another name for a buffer: what is written under one is seen under the other."""
        b = self.variable("buffer")
        self.line(depth, f"{self.fresh('buffer')} = {b}")

    def write_view(self, depth: int) -> None:
        b, view = self.variable("buffer"), self.name("u")
        self.line(depth, f"{view} = {b}[{self.choose(SLICES[:4])}]")
        s = self.variable("scalar")
        self.line(depth, self.choose((f"{view} *= 0.5", f"{view} += np.tanh({s})", f"{view}[0] = np.sin({s})")))
        self.line(depth, f"{self.fresh('scalar')} = {view}[1] + {b}[{self.index()}] * 0.5")

    def make_matrix(self, depth: int) -> None:
        one, two, s = self.an_array(), self.an_array(), self.variable("scalar")
        made = (
            f"np.outer(np.tanh({one}), {two})",
            f"np.full((4, 4), {s})",
            f"np.stack([{one}, {two}, {one}, {two} * 0.5])",
        )
        self.line(depth, f"{self.fresh('matrix')} = {self.choose(made)}")

    def change_matrix(self, depth: int) -> None:
        m, s, i = self.variable("matrix"), self.variable("scalar"), self.index()
        changes = (
            f"{m}[{i}] = {self.an_array()}", f"{m}[:, {i}] *= 0.5", f"{m}[{i}, {self.index()}] = np.tanh({s})",
            f"{m}[1:3, ::2] += np.sin({s})", f"{m}[{i}][{self.index()}] = np.sin({s})",
            f"{m}[0], {m}[1] = {m}[1] * 0.5, {m}[0] * 1.0",
            f"{m}[{m} > 0.1] *= 0.5", f"{m} *= np.cos({s})", f"{m}[{i}] -= {m}[{self.index()}] * 0.5",
        )  # fmt: skip
        self.line(depth, self.choose(changes))

    def row_of_matrix(self, depth: int) -> None:
        """A view of a matrix is a buffer of its own name."""
        m = self.variable("matrix")
        self.line(depth, f"{self.fresh('buffer')} = {m}{self.choose(('[1]', '[:, 2]', '.T[0]', '[-1]'))}")

    def make_rows(self, depth: int) -> None:
        made = f"[{self.variable('buffer')}, {self.array()}, {self.variable('buffer')}.copy()]"
        self.line(depth, f"{self.fresh('rows')} = {made}")

    def change_rows(self, depth: int) -> None:
        r, s = self.variable("rows"), self.variable("scalar")
        changes = (
            f"{r}[0][{self.index()}] = np.tanh({s})", f"{r}[-1][1:3] *= 0.5", f"{r}[1] = {self.array()}",
            f"{r}.append({self.variable('buffer')} * 0.5)", f"{r}[0], {r}[1] = {r}[1], {r}[0]",
        )  # fmt: skip
        self.line(depth, self.choose(changes))

    def make_arrays(self, depth: int) -> None:
        made = f'{{"p": {self.variable("buffer")}, "q": {self.array()}}}'
        self.line(depth, f"{self.fresh('arrays')} = {made}")

    def change_arrays(self, depth: int) -> None:
        d, s = self.variable("arrays"), self.variable("scalar")
        changes = (
            f'{d}["p"][{self.index()}] = np.tanh({s})', f'{d}["q"] = {d}["q"] * 0.5', f'{d}["p"][:2] += {s} * 0.1',
            f'{d}["q"] = {self.array()}', f'{d}["p"] = {d}["p"] * np.cos({s})',
        )  # fmt: skip
        self.line(depth, self.choose(changes))

    def make_store(self, depth: int) -> None:
        made = f"Store({self.variable('buffer')})"
        self.line(depth, f"{self.fresh('store')} = {made}")

    def change_store(self, depth: int) -> None:
        o, s = self.variable("store"), self.variable("scalar")
        self.line(depth, self.choose((f"{o}.put({self.index()}, {s})", f"{o}.array[{self.index()}] += np.tanh({s})")))
        self.line(depth, f"{self.fresh('scalar')} = {o}.array[1]")

    def make_pair(self, depth: int) -> None:
        made = f"({self.scalar(1)}, {self.variable('scalar')})"
        self.line(depth, f"{self.fresh('pair')} = {made}")

    def change_pair(self, depth: int) -> None:
        p = self.variable("pair")
        self.line(depth, f"{p} = ({p}[1], np.tanh({p}[0] + {self.scalar(1)}))")

    def make_list(self, depth: int) -> None:
        text = self.choose(("[{}, {}]", "[{}]", "[e * {} for e in {a}]")).replace("{a}", self.an_array())
        text = text.format(*[self.variable("scalar")] * text.count("{}"))
        self.line(depth, f"{self.fresh('list')} = {text}")

    def change_list(self, depth: int) -> None:
        xs = self.variable("list")
        changes = [
            "{xs}.append({s})",
            "{xs}.append({s})",
            "{xs}[0] = {s}",
            "{xs}[-1] = {xs}[-1] * 0.5",
            "{xs} += [{s}]",
        ]
        self.line(depth, self.choose(changes).format(xs=xs, s=self.scalar(1)))

    def pop_from_list(self, depth: int) -> None:
        xs, value = self.variable("list"), self.scalar(1)
        self.line(depth, f"{xs}.append({value})")
        self.line(depth, f"{self.fresh('scalar')} = {xs}.pop()")

    def make_dict(self, depth: int) -> None:
        text = f'{{"a": {self.scalar(1)}, "b": {self.variable("scalar")}}}'
        self.line(depth, f"{self.fresh('dict')} = {text}")

    def change_dict(self, depth: int) -> None:
        d, key = self.variable("dict"), self.choose("ab")
        self.line(depth, f'{d}["{key}"] {self.choose(("=", "+="))} np.tanh({self.scalar()})')

    def make_object(self, depth: int) -> None:
        self.line(depth, f"{self.fresh('object')} = Total({self.variable('scalar')})")

    def change_object(self, depth: int) -> None:
        o = self.variable("object")
        self.line(depth, self.choose((f"{o}.add({self.scalar(1)})", f"{o}.total = np.tanh({self.scalar(1)})")))
        self.line(depth, f"{self.fresh('scalar')} = {o}.total")

    def make_function(self, depth: int) -> None:
        captured, other = self.variable("scalar"), self.variable("scalar")
        if self.choose((True, False)):
            name = self.name("f")
            self.line(depth, f"{name} = lambda t: np.sin(t * {captured}) + {other}")
        else:
            name = self.name("f")
            self.line(depth, f"def {name}(t):")
            self.line(depth + 1, f"u = t * {captured}")
            self.line(depth + 1, f"return u + np.cos({other}) if u > 0.1 else np.sin(u)")
        self.kinds["function"].append(name)

    # Control flow ----------------------------------------------------------------------------------------------------

    def branch(self, depth: int) -> None:
        self.line(depth, f"if {self.test()}:")
        self.block(depth + 1, 3)
        if self.choose((True, False)):
            self.line(depth, "else:")
            self.block(depth + 1, 3)

    def leaving(self, depth: int) -> None:
        """Perhaps a conditional break, continue or return."""
        how = self.choose(("", "", "break", "continue", "return"))
        if how:
            self.line(depth, f"if {self.test()}:")
            self.line(depth + 1, how if how != "return" else f"return {self.variable('scalar')} * 0.5 + np.sum(v)")

    def body(self, depth: int, size: int) -> None:
        self.loops += 1
        with self.forgetting():
            if self.choose((True, False)):
                self.leaving(depth)
            self.again(depth)
            self.block(depth, size)
            self.leaving(depth)
        self.loops -= 1

    def otherwise(self, depth: int) -> None:
        if self.choose((False, False, True)):
            self.line(depth, "else:")
            self.again(depth + 1)

    def loop(self, depth: int) -> None:
        counter = self.name("i")
        self.line(depth, f"for {counter} in range({self.choose(('3', '4', '2', '1, 4'))}):")
        self.counters.append(counter)
        self.body(depth + 1, 3)
        self.counters.pop()
        self.otherwise(depth)

    def while_loop(self, depth: int) -> None:
        counter = self.name("n")
        self.line(depth, f"{counter} = 0")
        test = self.choose((f"{counter} < 3 and np.abs({self.variable('scalar')}) < 5.0", f"{counter} < 3"))
        self.line(depth, f"while {test}:")
        self.line(depth + 1, f"{counter} = {counter} + 1")
        self.body(depth + 1, 2)
        self.otherwise(depth)

    def elements(self, depth: int) -> None:
        item = self.name("e")
        header = self.choose(
            (
                f"{item} in {self.an_array()}",
                f"{item}, _ in zip({self.an_array()}, {self.an_array()})",
                f"_, {item} in enumerate({self.an_array()})",
            )
        )
        self.line(depth, f"for {header}:")
        with self.forgetting():
            self.kinds["scalar"].append(item)
            self.body(depth + 1, 2)

    def counted(self, depth: int) -> None:
        """A loop whose number of iterations depends on a value."""
        counter = self.name("n")
        self.line(depth, f"{counter} = 0.0")
        self.line(
            depth, f"while {counter} < {self.choose(('0.5', '1.5'))} + np.abs(np.tanh({self.variable('scalar')})):"
        )
        self.line(depth + 1, f"{counter} += {self.choose(('1.0', '0.7'))}")
        self.body(depth + 1, 2)

    def greatest(self, depth: int) -> None:
        array, item = self.an_array(), self.name("e")
        found = self.name("s")
        self.line(depth, f"{found} = None")
        self.line(depth, f"for {item} in {array}:")
        self.line(depth + 1, f"if {found} is None or {item} > {found}:")
        self.line(depth + 2, f"{found} = {item}")
        self.kinds["scalar"].append(found)

    def searched(self, depth: int) -> None:
        array, other = self.an_array(), self.variable("scalar")
        found, item = self.fresh("scalar"), self.name("e")
        self.line(depth, f"for {item} in {array}:")
        self.line(depth + 1, f"if {item} > {self.choose(BOUNDS)}:")
        self.line(depth + 2, f"{found} = {item} * 0.5")
        self.line(depth + 2, "break")
        self.line(depth, "else:")
        self.line(depth + 1, f"{found} = {other} * 0.3")


_NEEDS = {
    "item": "buffer", "applied": "function", "entry": "dict", "listed": "list",
    "write_item": "buffer", "write_slice": "buffer", "write_masked": "buffer", "write_at_positions": "buffer",
    "write_swapped": "buffer", "write_whole": "buffer", "change_list": "list", "pop_from_list": "list",
    "change_dict": "dict", "make_object": "scalar", "change_object": "object",
    "alias": "buffer", "write_view": "buffer", "make_matrix": "array", "change_matrix": "matrix",
    "row_of_matrix": "matrix", "make_rows": "buffer", "change_rows": "rows", "make_arrays": "buffer",
    "change_arrays": "arrays", "make_store": "buffer", "change_store": "store", "change_pair": "pair",
    "cell": "matrix", "row": "rows", "held": "arrays", "stored": "store", "half": "pair",
}  # fmt: skip
_READS = ("item", "applied", "entry", "listed", "cell", "row", "held", "stored", "half")
_STATEMENTS = [f for f in _NEEDS if f not in _READS]


def program(choose: Callable[[Sequence[Any]], Any], size: int = 6, most: int = 40) -> str:
    """The text of a module with a function `f(x, y, v, w)` of two numbers and two arrays that returns one number.

    It has up to `size` statements at the top, and about `most` in all.
    """
    writer = Writer(choose, left=most)
    for _ in range(choose(range(2, size + 1))):
        writer.statement(1)
    scalars = [f"{i + 1} * {n}" for i, n in enumerate(writer.kinds["scalar"])]
    arrays = [f"np.sum({n} * {i + 0.5})" for i, n in enumerate(writer.kinds["array"] + writer.kinds["buffer"])]
    lists = [f"sum({n})" for n in writer.kinds["list"]]
    lists += [f"np.sum({n} * 0.3)" for n in writer.kinds["matrix"]]
    lists += [f"sum(np.sum(r) for r in {n})" for n in writer.kinds["rows"]]
    lists += [f'np.sum({n}["p"] - {n}["q"])' for n in writer.kinds["arrays"]]
    writer.line(1, f"return {' + '.join(scalars + arrays + lists)}")
    return HELPERS + "\n\ndef f(x, y, v, w):\n" + "\n".join(writer.lines) + "\n"
