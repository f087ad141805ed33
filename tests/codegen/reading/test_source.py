"""The source of every kind of function."""

import functools
import importlib.util
import linecache
import sys
import textwrap

import gast
import numpy as np
import pytest

from s2s.codegen.reading.source import SourceError, function_from_string, function_source, source_from_string

FACTOR = 3.0


def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return 2 * function(*args)

    return wrapper


def unchanged(*_):
    return lambda function: function


def plain(x, y=2.0, *, z=3.0):
    """The docstring."""
    return x * y * z


@unchanged(
    1,
    2,
)
@unchanged()
def decorated(x):
    return x + FACTOR


@functools.lru_cache
def cached(x):
    return x + 1


@logged
def doubled(x):
    return x + 1


def make(scale):
    def inner(x):
        return x * scale

    return inner


class Model:
    def method(self, x):
        return x

    @staticmethod
    def static(x):
        return x

    @classmethod
    def of_class(cls, x):
        return x

    def __private(self, x):
        return self.__weight * x  # type: ignore[attr-defined]

    def __call__(self, x):
        return x + 1

    square = lambda self, x: x * x  # noqa: E731


first, second = lambda x: x + 1, lambda x: x + 2
named = lambda x, *, k=1: x * k  # noqa: E731
curried = lambda x: lambda y: x * y  # noqa: E731
same_start = (lambda: lambda: 0)()
constants = [lambda: 2, lambda: 2.0]
spread = [
    lambda x: (
        x
        + 1
    ),
    lambda x: x,
]  # fmt: skip


def body(source):
    return gast.unparse(source.tree).strip()


def line_with(text):
    lines = linecache.getlines(__file__)
    return next(i for i, line in enumerate(lines, 1) if line.startswith(text))


def test_module_level():
    source = function_source(plain)
    assert body(source).startswith("def plain(x, y=2.0, *, z=3.0):")
    assert source.filename == __file__
    assert source.first_line == source.tree.lineno == line_with("def plain")
    assert source.defaults == {"y": 2.0, "z": 3.0}
    assert source.function is plain
    assert source.globals is globals()
    assert source.line(source.first_line) == "def plain(x, y=2.0, *, z=3.0):"


def test_positions_are_those_of_the_file():
    result = function_source(plain).tree.body[-1]
    line = linecache.getline(__file__, result.lineno)
    assert line[result.col_offset : result.end_col_offset] == "return x * y * z"


def test_tree_is_fresh_each_time():
    function_source(plain).tree.body.clear()
    assert len(function_source(plain).tree.body) == 2


def test_decorators_are_dropped_and_kept_aside():
    source = function_source(decorated)
    assert source.tree.decorator_list == []
    assert [gast.unparse(d).strip() for d in source.decorators] == ["unchanged(1, 2)", "unchanged()"]
    assert source.first_line == line_with("@unchanged(")
    assert body(source) == "def decorated(x):\n    return x + FACTOR"


def test_what_a_decorator_returned_is_what_is_read():
    source = function_source(doubled)
    assert body(source) == "def wrapper(*args):\n    return 2 * function(*args)"
    assert source.closure["function"](1) == 2


def test_wrappers_that_are_not_functions_are_seen_through():
    assert body(function_source(cached)) == "def cached(x):\n    return x + 1"


def test_nested_function_and_its_closure():
    source = function_source(make(4.0))
    assert body(source) == "def inner(x):\n    return x * scale"
    assert dict(source.closure) == {"scale": 4.0}
    assert source.qualname == "make.<locals>.inner"
    assert source.tree.col_offset == 4


def test_closure_is_read_late():
    def outer():
        def inner():
            return later

        source = function_source(inner)
        assert "later" not in source.closure
        later = 5
        assert source.closure["later"] == 5
        assert list(source.closure.cells) == ["later"]

    outer()


def test_methods():
    model = Model()
    bound = function_source(model.method)
    assert body(bound) == "def method(self, x):\n    return x"
    assert bound.bound is model
    assert function_source(Model.method).bound is None
    assert body(function_source(Model.static)) == "def static(x):\n    return x"
    assert function_source(Model.of_class).bound is Model
    assert function_source(model._Model__private).name == "__private"
    assert function_source(model).name == "__call__"
    assert body(function_source(Model.square)) == "def square(self, x):\n    return x * x"


def test_lambdas():
    assert body(function_source(named)) == "def named(x, *, k=1):\n    return x * k"
    assert function_source(named).defaults == {"k": 1}
    assert body(function_source(first)) == "def lambda_(x):\n    return x + 1"
    assert body(function_source(second)) == "def lambda_(x):\n    return x + 2"
    assert body(function_source(curried)) == "def curried(x):\n    return lambda y: x * y"
    assert body(function_source(curried(1))) == "def lambda_(y):\n    return x * y"
    assert body(function_source(constants[1])) == "def lambda_():\n    return 2.0"
    assert body(function_source(same_start)) == "def lambda_():\n    return 0"
    assert body(function_source(spread[0])) == "def lambda_(x):\n    return x + 1"
    assert body(function_source(spread[1])) == "def lambda_(x):\n    return x"


def test_lambda_inside_a_call_over_lines():
    found = list(
        map(
            function_source,
            [lambda x: x if x else 0, lambda x: [y for y in x]],
        )
    )
    assert body(found[0]) == "def lambda_(x):\n    return x if x else 0"
    assert body(found[1]) == "def lambda_(x):\n    return [y for y in x]"


@pytest.mark.parametrize("function", [np.sin, np.add, abs, len, np.random.default_rng(0).normal])
def test_compiled_code_has_no_source(function):
    with pytest.raises(SourceError, match="is compiled code: it has no Python source.*source as a string"):
        function_source(function)


def test_other_objects_have_no_source():
    with pytest.raises(SourceError, match="int is a class"):
        function_source(int)
    with pytest.raises(SourceError, match="3 is not a function"):
        function_source(3)


def test_exec_without_source():
    namespace = {}
    exec("def f(x): return x", namespace)
    with pytest.raises(SourceError, match=r"<string>:1: f: no source is to be had.*as a string"):
        function_source(namespace["f"])


def module_of(tmp_path, data, name="written"):
    path = tmp_path / f"{name}.py"
    path.write_bytes(data)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_crlf(tmp_path):
    module = module_of(tmp_path, b"import math\r\n\r\ndef f(x):\r\n    y = x\r\n    return y\r\n")
    source = function_source(module.f)
    assert body(source) == "def f(x):\n    y = x\n    return y"
    assert source.tree.body[1].lineno == 5
    assert source.line(5) == "    return y"


def test_tabs_and_odd_layout(tmp_path):
    text = (
        "class A:\n\tif True:\n\t\tdef f(self, x):\n\t\t\ty = (x +\n1)\n# comment\n\t\t\tz = '''\nouter\n'''\n"
        "\n\t\t\treturn y\n\t\tdef g(self): return 1\n"
    )
    module = module_of(tmp_path, text.encode())
    source = function_source(module.A.f)
    assert body(source) == "def f(self, x):\n    y = x + 1\n    z = '\\nouter\\n'\n    return y"
    assert source.tree.col_offset == 2
    assert body(function_source(module.A.g)) == "def g(self):\n    return 1"


def test_code_that_was_optimised_away_is_still_there(tmp_path):
    text = "def f(x):\n    return x\n    if False:\n        y = 1\n    'end'\n\nz = 3\n"
    tree = function_source(module_of(tmp_path, text.encode()).f).tree
    assert [type(s).__name__ for s in tree.body] == ["Return", "If", "Expr"]


def test_docstring_that_is_indented_less(tmp_path):
    text = 'def f(x):\n    """\nout\n"""\n\ndef g(x):\n    return f(x)\n'
    module = module_of(tmp_path, text.encode())
    assert function_source(module.f).tree.body[0].value.value == "\nout\n"
    assert body(function_source(module.g)) == "def g(x):\n    return f(x)"


def test_unicode_columns_are_bytes(tmp_path):
    text = "def f(μ):\n    return μ + 'é' + g(μ)\ng = len\n"
    tree = function_source(module_of(tmp_path, text.encode()).f).tree
    call = tree.body[0].value.right
    line = "    return μ + 'é' + g(μ)".encode()
    assert line[call.col_offset : call.end_col_offset].decode() == "g(μ)"


def test_a_changed_file_is_noticed(tmp_path):
    module = module_of(tmp_path, b"def f(x):\n    return x + 1\n")
    path = tmp_path / "written.py"
    path.write_text("# moved down\n\n\ndef f(x):\n    return x + 2\n")
    with pytest.raises(SourceError, match=r"written.py:1: f: the file has changed"):
        function_source(module.f)


def test_other_names_in_the_same_place_are_noticed(tmp_path):
    module = module_of(tmp_path, b"def f(x):\n    return alpha(x)\n")
    (tmp_path / "written.py").write_text("def f(x):\n    return beta_(x)\n\n")
    with pytest.raises(SourceError, match="has changed"):
        function_source(module.f)


def test_notebook_cell():
    text = "scale = 2\ndef cell(x):\n    return x * scale\n"
    name = "/tmp/ipykernel_1/123.py"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {}
    exec(compile(text, name, "exec"), namespace)
    assert body(function_source(namespace["cell"])) == "def cell(x):\n    return x * scale"


def test_same_name_twice(tmp_path):
    text = "if True:\n    def f(x): return 1\nelse:\n    def f(x): return 2\ng = f\ndef f(x): return 3\n"
    module = module_of(tmp_path, text.encode())
    assert body(function_source(module.g)) == "def f(x):\n    return 1"
    assert body(function_source(module.f)) == "def f(x):\n    return 3"


def test_async_and_generators(tmp_path):
    module = module_of(tmp_path, b"async def f(x):\n    return x\n\ndef g(x):\n    yield x\n")
    assert isinstance(function_source(module.f).tree, gast.AsyncFunctionDef)
    assert isinstance(function_source(module.g).tree, gast.FunctionDef)


def test_source_from_string():
    text = textwrap.dedent(
        """
        import numpy as np
        def g(x): return x
        def f(x): return np.sin(x)
        """
    )
    source = source_from_string(text, {"np": np})
    assert (source.name, source.first_line, source.function) == ("f", 4, None)
    assert source_from_string(text, name="g").first_line == 3
    assert source.line(4) == "def f(x): return np.sin(x)"
    assert source_from_string("h = lambda x: x").name == "h"
    with pytest.raises(SourceError, match="defines no function named 'k'"):
        source_from_string(text, name="k")
    with pytest.raises(SourceError, match=r"<s2s source \d+>:1: the source text doesn't parse"):
        source_from_string("def f(:")


def test_function_from_string():
    function = function_from_string("    def f(x, y=K):\n        return x + y\n", {"K": 2})
    assert function(1) == 3
    assert function_source(function).defaults == {"y": 2}
    assert function_source(function).line(2) == "    return x + y"


def test_cache_does_not_outlive_the_code():
    namespace = {}
    for number in (1, 2):
        name = f"/tmp/cell_{number}.py"
        text = f"def cell(x):\n    return x * {number}\n"
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        exec(compile(text, name, "exec"), namespace)
        assert body(function_source(namespace["cell"])).endswith(f"x * {number}")


def test_every_function_of_some_modules_is_found():
    for name in ("textwrap", "json.decoder", "fractions", "statistics", "dataclasses"):
        module = importlib.import_module(name)
        for value in vars(module).values():
            members = [value, *vars(value).values()] if isinstance(value, type) else [value]
            for function in members:
                if type(function).__name__ == "function" and function.__code__.co_filename == module.__file__:
                    assert function_source(function).name in (function.__code__.co_name, "lambda_")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_type_parameters(tmp_path):
    module = module_of(tmp_path, b"def f[T](x: T) -> T:\n    return x\n")
    assert function_source(module.f).name == "f"


def test_form_feeds_are_not_line_ends(tmp_path):
    source = function_source(module_of(tmp_path, b"def f(x):\n    y = '\x0c'\n    return y\n").f)
    assert source.line(3) == "    return y"
