"""Random programs as text: assignments, swaps, branches, loops, calls over scalars and small arrays.

Every value stays bounded, so that programs can nest freely; a variable keeps its kind (scalar or array) once it is set.
"""

from dataclasses import dataclass, field

from hypothesis import strategies as st

HELPERS = """
import numpy as np

K = 0.7


def damped(a, b=0.5):
    return np.tanh(a) * b + K


def pair(a, b):
    if np.sum(a) > np.sum(b):
        return a * 0.5, b
    return np.sin(b), a


def repeated(a, n):
    for i in range(n):
        a = np.cos(a) + 0.1 * i
    return a


def total(xs):
    s = 0.0
    for x in xs:
        s = s * 0.5 + np.sin(x)
    return s
"""
UNARY = (
    "np.sin({})", "np.tanh({})", "-{}", "({}) / 3", "np.exp(-({}) ** 2)", "np.abs({})", "damped({})", "repeated({}, 2)",
)  # fmt: skip
BINARY = (
    "{} + {}", "{} - {}", "np.sin({} * {})", "{} / (1.0 + ({}) ** 2)", "np.maximum({}, {})", "damped({}, b={})",
    "pair({}, {})[0]", "np.where({} > 0.1, {}, 0.3)",
)  # fmt: skip
REDUCING = ("np.sum({})", "np.mean({})", "{}[1]", "{} @ np.cos({})", "total({})", "np.max({})")


@dataclass
class Writer:
    """Draws one program; `kinds` holds the variables that are set, by kind."""

    draw: st.DrawFn
    kinds: dict[str, list[str]] = field(default_factory=lambda: {"scalar": ["x", "y"], "array": ["v", "w"]})
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def choose(self, options: object) -> str:
        return self.draw(st.sampled_from(list(options)))

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def fresh(self, kind: str) -> str:
        self.count += 1
        self.kinds[kind].append(f"{kind[0]}{self.count}")
        return self.kinds[kind][-1]

    def variable(self, kind: str) -> str:
        return self.choose(self.kinds[kind])

    def expression(self, kind: str, depth: int = 0) -> str:
        """An expression whose value is of the kind, bounded if its variables are."""
        form = self.choose(("variable", "unary", "binary", "other") if depth < 2 else ("variable",))
        if form == "variable":
            return self.variable(kind)
        if form == "unary":
            return self.choose(UNARY).format(self.expression(kind, depth + 1))
        if form == "binary":
            text = self.choose(BINARY)
            right = kind if text.startswith("pair") else self.choose(("scalar", kind))
            return text.format(self.expression(kind, depth + 1), self.expression(right, depth + 2))
        if kind == "array":
            return f"np.stack([{self.variable('scalar')}, {self.variable('scalar')}, {self.variable('array')}[0]])"
        text = self.choose(REDUCING)
        return text.format(*[self.variable("array")] * text.count("{}"))

    def block(self, depth: int, size: int) -> None:
        """Statements; what is first set inside is forgotten after it, because it may not run."""
        known = {k: list(v) for k, v in self.kinds.items()}
        for _ in range(self.draw(st.integers(1, size))):
            self.statement(depth)
        self.kinds = known

    def statement(self, depth: int) -> None:
        simple = ("assign", "again", "swap", "unpack")
        forms = simple if depth > 2 else (*simple, "branch", "loop", "while_loop", "elements")
        getattr(self, self.choose(forms))(depth)

    def assign(self, depth: int) -> None:
        kind = self.choose(self.kinds)
        text = self.expression(kind)
        self.line(depth, f"{self.fresh(kind)} = {text}")

    def again(self, depth: int) -> None:
        kind = self.choose(self.kinds)
        self.line(depth, f"{self.variable(kind)} = np.tanh({self.expression(kind)})")

    def swap(self, depth: int) -> None:
        kind = self.choose(self.kinds)
        one, two = self.variable(kind), self.variable(kind)
        if one == two:
            self.assign(depth)
        else:
            self.line(depth, f"{one}, {two} = np.sin({self.expression(kind)}), {one} * 0.5")

    def unpack(self, depth: int) -> None:
        kind = self.choose(self.kinds)
        text = f"pair({self.variable(kind)}, {self.variable(kind)})"
        one, two = self.fresh(kind), self.fresh(kind)
        self.line(depth, f"{one}, {two} = {text}")

    def branch(self, depth: int) -> None:
        self.line(depth, f"if {self.variable('scalar')} > {self.choose(('-0.3', '0.05', '0.6'))}:")
        self.block(depth + 1, 3)
        if self.draw(st.booleans()):
            self.line(depth, "else:")
            self.block(depth + 1, 3)

    def loop(self, depth: int) -> None:
        self.count += 1
        self.line(depth, f"for i{self.count} in range({self.choose('0123')}):")
        self.again(depth + 1)
        self.block(depth + 1, 3)

    def while_loop(self, depth: int) -> None:
        self.count += 1
        counter = f"n{self.count}"
        self.line(depth, f"{counter} = 0")
        self.line(depth, f"while {counter} < 3 and np.abs({self.variable('scalar')}) < 5.0:")
        self.line(depth + 1, f"{counter} = {counter} + 1")
        self.block(depth + 1, 2)

    def elements(self, depth: int) -> None:
        self.count += 1
        name = f"e{self.count}"
        self.line(depth, f"for {name} in {self.variable('array')}:")
        target = self.variable("scalar")
        self.line(depth + 1, f"{target} = np.tanh({target} + {name} * {self.variable('scalar')})")
        self.block(depth + 1, 2)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a function `f(x, y, v, w)` of two scalars and two arrays that returns one number."""
    writer = Writer(draw)
    for _ in range(draw(st.integers(2, 5))):
        writer.statement(1)
    scalars = " + ".join(f"{i + 1} * {n}" for i, n in enumerate(writer.kinds["scalar"]))
    arrays = " + ".join(f"np.sum({n} * {i + 0.5})" for i, n in enumerate(writer.kinds["array"]))
    writer.line(1, f"return {scalars} + {arrays}")
    return HELPERS + "\n\ndef f(x, y, v, w):\n" + "\n".join(writer.lines) + "\n"
