"""Staging as source: what is rewritten, what is left alone, and that the result stands in for the user's function."""

import functools
import math
import textwrap
from dataclasses import dataclass
from functools import partial, reduce
from math import exp as mexp

import numpy as np
import pytest

from s2s.codegen.reading.source import SourceError
from s2s.codegen.staging.stage import stage_function, staged_source

TABLE = np.array([1.0, 2.0, 3.0])


def helper(x, power=2, *, shift=0.0):
    return x**power + shift


def calls_math(x):
    return math.sin(x)


def untouched(x, y):
    n = float("inf") if len(x) > 3 else max(1, 2)
    return helper(x, shift=abs(y)) @ np.sin(x) + TABLE[0] * n


def scalars(x, y):
    return calls_math(x) + mexp(y) * float(x) - max(x, y)


def builtins(x, f):
    return isinstance(x, np.ndarray), isinstance(x, list), round(x), sum([x, x]), f(x), x.sum()


def constructors(x, i):
    zeros = np.zeros(3)
    return np.array([x, x]), np.full(3, x), np.array([1.0, 2.0]), TABLE[i], zeros[i], TABLE[1:2]


def functions(x, fs):
    local = lambda z: math.cos(z) + x  # noqa: E731
    return local(1.0), reduce(max, fs), list(map(calls_math, fs)), sorted(fs, key=calls_math), fs[0](x)


def owned_and_shared(x):
    y = x * 2.0
    y += x
    z = y
    z += 1.0
    n = 0
    for i in range(3):
        n += i
    return y, z, n


def even(x, n):
    return x if n == 0 else odd(x, n - 1)


def odd(x, n):
    return x if n == 0 else math.cos(even(x, n - 1))


class Model:
    def __init__(self, scale):
        self.__scale = scale

    def apply(self, x):
        return math.tanh(x) * self.__scale


def with_names_taken(staged, if_):
    return math.sin(staged) + if_


def body(function):
    """The staged definition without the import above it."""
    return staged_source(function).split("\n\n\n", 1)[1]


def test_a_function_that_needs_nothing_is_its_own_staged_form():
    assert stage_function(untouched) is untouched
    assert stage_function(helper) is helper
    assert "import" not in staged_source(helper)


def test_scalars():
    assert staged_source(scalars) == textwrap.dedent(
        """\
        from s2s.runtime.staged_calls import staged


        def calls_math(x):
            return staged(math.sin)(x)


        def scalars(x, y):
            return staged(calls_math)(x) + staged(mexp)(y) * staged(float)(x) - staged(max)(x, y)
        """
    )


def test_builtins():
    assert "staged(isinstance)(x, np.ndarray), isinstance(x, list), staged(round)(x)" in body(builtins)
    assert "sum([x, x])" in body(builtins) and "staged(sum)" not in body(builtins)
    assert "staged(f)(x), x.sum()" in body(builtins)


def test_constructors():
    text = " ".join(body(constructors).split())
    assert "staged(np.array)([x, x]), staged(np.full)(3, x), np.array([1.0, 2.0])" in text
    assert "selectable(TABLE)[i], selectable(zeros)[i], TABLE[1:2]" in text


def test_functions_as_values():
    text = " ".join(body(functions).split())
    assert "local = lambda z: staged(math.cos)(z) + x" in text
    assert "local(1.0), reduce(staged(max), fs), list(map(staged(calls_math), fs))" in text
    assert "key=staged(calls_math)" in text and "staged(fs[0])(x)" in text


def test_updates_in_place_stay():
    text = body(owned_and_shared)
    assert "    z += 1.0\n" in text and "n += i" in text


def test_an_update_of_what_may_be_a_list_goes_through_the_runtime():
    def extend(xs, more):
        xs += more
        return xs

    def caller(x, more):
        return extend(x, more)

    assert 'xs = augment(xs, "+=", more)' in staged_source(caller)
    assert stage_function(extend, entry=True) is extend


def test_a_function_calls_itself():
    def power(x, n):
        return 1.0 if n == 0 else math.fabs(x) * power(x, n - 1)

    assert stage_function(power)(-2.0, 3) == 8.0


def test_a_function_called_factory():
    def factory(x):
        return math.sin(x)

    assert stage_function(factory)(0.5) == math.sin(0.5)


def test_names_that_the_user_has_are_avoided():
    assert "from s2s.runtime.staged_calls import staged as staged_2" in staged_source(with_names_taken)
    assert stage_function(with_names_taken)(1.0, 2.0) == math.sin(1.0) + 2.0


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (scalars, (0.3, 0.5)),
        (constructors, (2.0, 1)),
        (even, (0.7, 5)),
        (owned_and_shared, (np.arange(3.0),)),
        (lambda x: math.sin(x), (0.3,)),
    ],
)
def test_same_results_on_plain_values(function, args):
    staged = stage_function(function)
    assert staged is not function
    assert repr(staged(*args)) == repr(function(*args))


def test_methods_keep_their_private_names():
    assert stage_function(Model.apply)(Model(2.0), 0.5) == math.tanh(0.5) * 2.0


def test_closures_keep_their_cells():
    def counter(x):
        total = x

        def add(y):
            nonlocal total
            total = total + math.sin(y)
            return total

        return add

    add = counter(1.0)
    staged = stage_function(add)
    assert staged(0.5) == 1.0 + math.sin(0.5)
    assert add(0.5) == 1.0 + 2 * math.sin(0.5)


def test_metadata_and_position_are_the_users():
    staged = stage_function(scalars)
    assert (staged.__name__, staged.__qualname__, staged.__module__) == ("scalars", "scalars", __name__)
    assert staged.__globals__ is scalars.__globals__
    code = stage_function(calls_math).__code__
    assert (code.co_filename, code.co_firstlineno) == (__file__, calls_math.__code__.co_firstlineno)


def test_the_traceback_shows_the_users_line():
    with pytest.raises(TypeError) as caught:
        stage_function(calls_math)("text")
    lines = [entry.lineno + 1 for entry in caught.traceback if entry.path.name == "test_stage.py"]
    assert lines[-1] == calls_math.__code__.co_firstlineno + 1


def test_results_are_cached():
    staged = stage_function(scalars)
    assert stage_function(scalars) is staged
    assert stage_function(staged) is staged


def test_a_rebound_global_is_seen(monkeypatch):
    def caller(x):
        return helper(x)

    assert stage_function(caller) is caller
    monkeypatch.setitem(globals(), "helper", calls_math)
    assert "staged(helper)(x)" in staged_source(caller)
    assert stage_function(caller) is not caller


def test_closures_over_different_functions_differ():
    def apply(f):
        def inner(x):
            return f(x)

        return inner

    assert stage_function(apply(helper))(3.0) == 9.0
    assert stage_function(apply(calls_math))(3.0) == math.sin(3.0)


def test_library_functions_are_called_as_they_are():
    assert stage_function(np.sum) is np.sum
    assert stage_function(textwrap.dedent) is textwrap.dedent
    assert stage_function(functools.partial) is functools.partial


def test_partial_and_callable_objects():
    class Layer:
        def __call__(self, x):
            return math.tanh(x)

    def through(f, x):
        return f(x)

    staged = stage_function(through)
    assert staged(partial(calls_math), 0.5) == math.sin(0.5)
    assert staged(Layer(), 0.5) == math.tanh(0.5)
    assert staged(math.sin, 0.5) == math.sin(0.5)


def test_a_function_without_source_runs_if_it_needs_nothing():
    plain = eval("lambda x: x * 2.0")
    assert stage_function(plain) is plain


def test_attributes_of_a_function_without_source_are_not_taken_for_builtins():
    @dataclass
    class Range:
        min: float
        max: float
        type: str = "range"

    def width(x):
        bounds = Range(x, x * 2.0)
        return bounds.max - bounds.min

    assert stage_function(width) is width


@pytest.mark.parametrize("text", ["lambda x: max(x, 1.0)", "lambda x: math.sin(x)"])
def test_a_function_without_source_is_refused_if_it_may_need_staging(text):
    with pytest.raises(SourceError, match="give the function's source as a string"):
        stage_function(eval(text))


def test_the_target_of_an_update_is_evaluated_once():
    calls = []

    def key(x):
        calls.append(x)
        return 0

    def counts(table, x, key):
        table[key(x)] += 1.0
        return table

    assert stage_function(counts)([1.0], 5.0, key) == [2.0]
    assert calls == [5.0]


def test_text_is_the_same_at_every_run():
    assert staged_source(functions) == staged_source(functions)


def test_equal_code_of_two_files_is_staged_as_that_of_each(tmp_path):
    text = "import math\n\n\ndef f(x):\n    return math.sin(x)\n"
    files = [tmp_path / "first.py", tmp_path / "second.py"]
    staged = []
    for file in files:
        file.write_text(text)
        namespace = {}
        exec(compile(text, str(file), "exec"), namespace)
        staged.append(stage_function(namespace["f"]))
    assert [f.__code__.co_filename for f in staged] == list(map(str, files))
