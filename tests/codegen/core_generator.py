"""Random structured programs over scalars and vectors of three, the same for the same seed."""

import linecache
import random

import numpy as np

SCALARS = ["x", "y", "a", "b", "c"]
VECTORS = ["v", "w", "p", "q"]
SCALAR_FORMS = [
    "({0} + {1})",
    "({0} - {1})",
    "0.5 * {0} * {1}",
    "np.tanh({0})",
    "np.sin({0})",
    "{0} / (2.0 + np.cos({1}))",
    "(-{0})",
    "np.tanh({0}) ** 2",
    "np.exp(np.sin({0}))",
    "{2}[1]",
    "np.tanh({2}).sum()",
    "np.tanh(np.dot({2}, {3}))",
    "np.mean({2} * {0})",
    "({0} if {4} else {1})",
    "helper({0}, {2})",
]
VECTOR_FORMS = [
    "np.tanh({2} + {0})",
    "({2} - {3})",
    "np.sin({2}) * {3}",
    "{0} * {2}",
    "{2}[::-1]",
    "np.cumsum({2})",
    "np.where({2} > {0}, {3}, {2})",
    "(-{2})",
    "np.array([{0}, {1}, 1.0])",
    "({2} if {4} else {3})",
]


class Generator:
    """Writes one program; a pool holds the names that are assigned on every path so far."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.counters = 0
        self.loops = 0
        self.can_call = False

    def text(self):
        helper = self.function("helper", ["x", "v"], 2)
        self.can_call = True
        return helper + "\n\n" + self.function("f", ["x", "y", "v", "w"], 3)

    def function(self, name, parameters, depth):
        pool, lines = self.block(parameters, depth, 1)
        scalars = [n for n in pool if n in SCALARS]
        vectors = [f"np.tanh({n}).sum()" for n in pool if n in VECTORS]
        result = f"    return {' + '.join(scalars + vectors)}"
        return "\n".join([f"def {name}({', '.join(parameters)}):", *lines, result]) + "\n"

    # Expressions -------------------------------------------------------------------------------------------------

    def scalar(self, pool, depth=2):
        if depth == 0 or self.random.random() < 0.2:
            names = [n for n in pool if n in SCALARS]
            return self.random.choice([*names, *names, str(round(self.random.uniform(-2, 2), 2))])
        return self.filled(SCALAR_FORMS[: len(SCALAR_FORMS) - (not self.can_call)], pool, depth)

    def vector(self, pool, depth=2):
        if depth == 0 or self.random.random() < 0.2:
            return self.random.choice([n for n in pool if n in VECTORS])
        return self.filled(VECTOR_FORMS, pool, depth)

    def filled(self, forms, pool, depth):
        s, v = [self.scalar(pool, depth - 1) for _ in range(2)], [self.vector(pool, depth - 1) for _ in range(2)]
        return self.random.choice(forms).format(*s, *v, self.test(pool))

    def test(self, pool):
        def compared():
            return f"{self.scalar(pool, 0)} > {round(self.random.uniform(-1, 1), 2)}"

        forms = ["{0}", "{0}", "{0} and {1}", "{0} or not {1}", f"-1.0 < {self.scalar(pool, 0)} <= 1.0"]
        return self.random.choice(forms).format(compared(), compared())

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, pool, depth, indent):
        lines = []
        for _ in range(self.random.randint(1, 3) + (indent == 1)):
            kinds = ["assign", "assign", "assign_vector", "swap", "unpack"]
            kinds += ["branch", "branch", "loop", "loop", "repeat"] if depth else []
            statement = getattr(self, self.random.choice(kinds))
            pool, written = statement(list(pool), depth, indent)
            lines += written
        return pool, lines

    def line(self, indent, text):
        return "    " * indent + text

    def assign(self, pool, depth, indent):
        name = self.random.choice(SCALARS)
        return with_names(pool, name), [self.line(indent, f"{name} = {self.scalar(pool)}")]

    def assign_vector(self, pool, depth, indent):
        name = self.random.choice(VECTORS)
        return with_names(pool, name), [self.line(indent, f"{name} = {self.vector(pool)}")]

    def swap(self, pool, depth, indent):
        a, b = self.random.sample([n for n in pool if n in SCALARS] + ["c"], 2)
        if a not in pool or b not in pool:
            return self.assign(pool, depth, indent)
        return pool, [self.line(indent, f"{a}, {b} = {b}, {self.scalar(pool, 1)}")]

    def unpack(self, pool, depth, indent):
        a, b = self.random.sample(SCALARS, 2)
        q = self.random.choice(VECTORS)
        build = f"t = ({self.scalar(pool, 1)}, ({self.vector(pool, 1)}, {self.scalar(pool, 1)}))"
        return with_names(pool, a, b, q), [self.line(indent, build), self.line(indent, f"{a}, ({q}, {b}) = t")]

    def branch(self, pool, depth, indent):
        lines = [self.line(indent, f"if {self.test(pool)}:")]
        first, body = self.block(pool, depth - 1, indent + 1)
        lines += body
        if not self.loops and self.random.random() < 0.15:
            return pool, [*lines, self.line(indent + 1, f"return {self.scalar(first)}")]
        second = pool
        if self.random.random() < 0.6:
            second, body = self.block(pool, depth - 1, indent + 1)
            lines += [self.line(indent, "else:"), *body]
        return [n for n in first if n in second], lines

    def counter(self):
        self.counters += 1
        return f"i{self.counters}"

    def loop(self, pool, depth, indent):
        a, b = self.random.sample(SCALARS, 2)
        i, v, w = self.counter(), self.vector(pool, 0), self.vector(pool, 0)
        target, iterable, bound = self.random.choice(
            [
                (i, f"range({self.random.randint(0, 3)})", []),
                (a, v, [a]),
                (a, f"reversed({v})", [a]),
                (a, f"[{self.scalar(pool, 1)}, {self.scalar(pool, 1)}]", [a]),
                (f"{a}, {b}", f"zip({v}, {w})", [a, b]),
                (f"{i}, {a}", f"enumerate({v})", [a]),
                (f"{i}, ({a}, {b})", f"enumerate(zip({v}, reversed({w})))", [a, b]),
            ]
        )
        body = self.loop_body(with_names(pool, *bound), depth, indent)
        return pool, [self.line(indent, f"for {target} in {iterable}:"), *body]

    def repeat(self, pool, depth, indent):
        i = self.counter()
        head = f"while {i} < {self.random.randint(1, 3)} and ({self.test(pool)}):"
        lines = [self.line(indent, f"{i} = 0"), self.line(indent, head), self.line(indent + 1, f"{i} += 1")]
        return pool, lines + self.loop_body(pool, depth, indent)

    def loop_body(self, pool, depth, indent):
        self.loops += 1
        _, lines = self.block(pool, depth - 1, indent + 1)
        self.loops -= 1
        return lines


def with_names(pool, *names):
    return sorted({*pool, *names})


def load(seed):
    """The program of a seed, with source that tools can find, and arguments for it."""
    text, filename = Generator(seed).text(), f"<generated {seed}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    namespace = {"np": np}
    exec(compile(text, filename, "exec"), namespace)
    rng = np.random.default_rng(seed)
    return namespace["f"], (float(rng.normal()), float(rng.normal()), rng.normal(size=3), rng.normal(size=3)), text
