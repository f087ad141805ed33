"""Errors as text: file, line, caret, cause and a rewrite; in emitted code, the user's line and few frames."""

import inspect
import operator
import os

import numpy as np
import pytest

import s2s
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.emission.load import is_emitted
from s2s.codegen.reading.source import SourceError, source_from_string
from s2s.runtime.errors import internal
from tests.programs.failing import asserts

X = np.array([1.0, 2.0, 3.0])


def text_of(function, *args, transform=s2s.grad):
    """The message, with this file's name and the function's first line left out."""
    with pytest.raises(UnsupportedError) as caught:
        transform(function)(*args)
    first = inspect.getsourcelines(function)[1]
    lines = []
    for line in str(caught.value).split("\n"):
        if line.startswith(f"{__file__}:"):
            number, column, rest = line[len(__file__) + 1 :].split(":", 2)
            line = f"+{int(number) - first}:{column}:{rest}"
        lines.append(line)
    return "\n".join(lines)


def compiled(x):
    return x + operator.index(x)


def generator(x):
    yield x * x


async def coroutine(x):
    return x


def writes_global(x):
    global X
    X = x
    return x


def catches(x):
    try:
        y = np.log(x)
    except ValueError:
        y = x
    return y


def deletes_and_reads(x):
    y = x * x
    del y
    return x * y  # noqa: F821


def writes_what_a_list_holds(x):
    xs = [x]
    x += 1.0
    return (xs[0] * x).sum()


def writes_what_a_transpose_shows(x):
    flipped = x.T
    x *= 2.0
    return flipped.sum()


def unpacks_wrongly(x):
    a, b = (x, x, x)
    return a * b


def starred_call(xs):
    return np.hypot(*xs)


def shared(function, name, line):
    """The refusal of a write that `name`, of that line of the function, would have to show."""
    at = inspect.getsourcelines(function)[1] + line
    cause = "which is read later, and which this in-place write would change, too"
    return f"may be an alias or a view of {name!r} (of line {at}), {cause}"


COPY = "write instead: copy the array first, or make a new one (`x = x + y` instead of `x += y`)"
ONE = {
    compiled: """\
+1:16: operator.index is compiled code without a derivative rule
    return x + operator.index(x)
               ^^^^^^^^^^^^^^^^^
    write instead: use functions that have a rule (see the README's table), or write it in NumPy""",
    generator: """\
+1:5: yield makes this a generator, which has no derivative
    yield x * x
    ^^^^^^^^^^^
    write instead: return a list or an array""",
    coroutine: """\
+0:1: async functions have no derivative
    async def coroutine(x):
    ^^^^^^^^^^^^^^^^^^^^^^^
    write instead: write a plain function""",
    writes_global: """\
+2:5: writing 'X', a global or nonlocal variable, is a side effect
    X = x
    ^
    write instead: return the value and assign it outside""",
    catches: """\
+1:5: try around differentiated code is not supported
    try:
    ^^^^
    write instead: test for the condition with `if` before computing""",
    writes_what_a_list_holds: f"""\
+2:5: 'x' {shared(writes_what_a_list_holds, "xs", 1)}
    x += 1.0
    ^^^^^^^^
    {COPY}""",
    writes_what_a_transpose_shows: f"""\
+2:5: 'x' {shared(writes_what_a_transpose_shows, "flipped", 1)}
    x *= 2.0
    ^^^^^^^^
    {COPY}""",
}


TRANSFORMS = {
    "grad": s2s.grad,
    "jvp": lambda f: lambda *args: s2s.jvp(f, args, args),
    "vjp": lambda f: lambda *args: s2s.vjp(f, *args),
}


@pytest.mark.parametrize("function", ONE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_refused_with_line_caret_cause_and_rewrite(function, name):
    assert text_of(function, X, transform=TRANSFORMS[name]) == ONE[function]


@pytest.mark.parametrize("function", [unpacks_wrongly, deletes_and_reads])
def test_refused(function):
    with pytest.raises(UnsupportedError, match=f"{__file__}:"):
        s2s.grad(function)(X)


def much_at_once(x):
    import math  # noqa: PLC0415

    with open("file") as file:
        y = file
    try:
        x = x * 2.0
    except ValueError:
        x = x * 3.0

    class Local:
        name = y

    return math.pi * x


def test_everything_is_listed_at_once():
    text = text_of(much_at_once, X)
    causes = [line.split(": ", 1)[1] for line in text.split("\n") if line.startswith("+")]
    assert causes == [
        "import inside a function is not supported",
        "with is not supported yet",
        "try around differentiated code is not supported",
        "a class defined inside a function is not supported",
    ]


def vector_result(x):
    return x * 2.0


def tuple_result(x):
    return x.sum(), x


def nothing(x):
    y = x.sum()  # noqa: F841


def text_result(x):
    return "text"


class TestResults:
    def test_gradient_of_an_array(self):
        message = r"return one number; this one returns an array of shape \(3,\); reduce it, for example with np.sum"
        with pytest.raises(TypeError, match=message):
            s2s.grad(vector_result)(X)

    def test_gradient_of_a_tuple(self):
        with pytest.raises((TypeError, UnsupportedError), match="return one number; this one returns a tuple"):
            s2s.grad(tuple_result)(X)

    @pytest.mark.parametrize("function", [nothing, text_result])
    def test_gradient_of_no_number(self, function):
        with pytest.raises((TypeError, UnsupportedError), match="return one number"):
            s2s.grad(function)(X)

    @pytest.mark.parametrize("value", [3, np.arange(3), "text", None, True])
    def test_argument_without_derivative(self, value):
        with pytest.raises(TypeError) as caught:
            s2s.grad(vector_result)(value)
        message, line = str(caught.value), inspect.getsourcelines(vector_result)[1]
        assert message.startswith(f"{__file__}:{line}: the gradient with respect to 'x' needs a floating-point value")
        assert message.endswith("or x.astype(float), or choose other argnums")


class TestSources:
    def test_made_by_exec(self):
        namespace = {}
        exec("def made(x): return x * x", namespace)
        with pytest.raises(SourceError, match="made: no source is to be had .* give the function's source as a string"):
            s2s.grad(namespace["made"])(1.0)

    @pytest.mark.parametrize("function", [len, dict, os.getpid])
    def test_compiled_code(self, function):
        with pytest.raises(SourceError, match="it has no Python source to transform; write instead: a Python function"):
            s2s.grad(function)(1.0)

    def test_text_that_does_not_parse(self):
        with pytest.raises(SourceError, match="the source text doesn't parse"):
            source_from_string("def f(x: return x")


def wrong_shapes(x, w):
    y = np.tanh(x)
    z = y @ w
    return z.sum()


def calls_wrong_shapes(x, w):
    for _ in range(2):
        x = vector_result(x)
    return wrong_shapes(x, w)


def index_error(x):
    total = x.sum()
    return total * x[7]


def not_defined(x):
    return x.sum() * not_known_anywhere  # noqa: F821


def not_set(x):
    if x.sum() > 100.0:
        y = x
    return y.sum()


RUNTIME = [
    (wrong_shapes, (X, np.ones((4, 2))), ValueError, "wrong_shapes", "z = y @ w"),
    (calls_wrong_shapes, (X, np.ones((4, 2))), ValueError, "wrong_shapes", "z = y @ w"),
    (asserts, (X,), AssertionError, "asserts", 'assert x.sum() > 100.0, "too small"'),
    (index_error, (X,), IndexError, "index_error", "return total * x[7]"),
    (not_defined, (X,), NameError, "not_defined", "return x.sum() * not_known_anywhere  # noqa: F821"),
]


@pytest.mark.parametrize(("function", "args", "kind", "place", "line"), RUNTIME, ids=[r[0].__name__ for r in RUNTIME])
def test_errors_while_running_name_the_users_line(function, args, kind, place, line):
    with pytest.raises(kind) as caught:
        s2s.grad(function)(*args)
    assert type(caught.value) is kind
    (note,) = caught.value.__notes__
    assert note.startswith(f"{inspect.getsourcefile(function)}:") and note.endswith(f" in {place}: {line}")
    frames = [entry.frame.code.raw.co_filename for entry in caught.traceback]
    last = max(i for i, name in enumerate(frames) if is_emitted(name))
    assert len([name for name in frames[last + 1 :] if internal(name)]) <= 1


def test_variable_not_set_on_the_path_taken():
    with pytest.raises(UnboundLocalError):
        s2s.grad(not_set)(X)
