"""What names stand for."""

import math
import math as m
import sys

import gast
import numpy
import numpy as np
import pytest
from numpy import sin

import s2s.numpy
from s2s.codegen.core.names import names_in
from s2s.codegen.reading.resolve import Resolver, bound_names, free_names
from s2s.codegen.reading.source import function_source, source_from_string
from s2s.codegen.reading.static_module import ModuleError, static_module

CONSTANT = 3
pi = "shadows nothing"


class Holder:
    value = 1

    @staticmethod
    def function(x):
        return x


holder = Holder()


def expression(text):
    return gast.parse(text, mode="eval").body


def resolved(function, text, **options):
    return Resolver(function_source(function)).resolve(expression(text), **options)


def reads(x):
    y = x
    return np, m, math, sin, CONSTANT, len, holder, Holder, y, gone  # noqa: F821


@pytest.mark.parametrize(
    ("text", "value", "where"),
    [
        ("np.linalg.solve", numpy.linalg.solve, "global"),
        ("m.sin", math.sin, "global"),
        ("math.sin", math.sin, "global"),
        ("sin", np.sin, "global"),
        ("CONSTANT", 3, "global"),
        ("len", len, "builtin"),
        ("Holder.function", Holder.function, "global"),
        ("holder", holder, "global"),
    ],
)
def test_found(text, value, where):
    assert resolved(reads, text) == (True, value, where)


@pytest.mark.parametrize(
    ("text", "where"),
    [("x", "local"), ("y", "local"), ("x.T", "local"), ("gone", ""), ("np.none", "global"), ("holder.value", "global")],
)
def test_not_found(text, where):
    assert resolved(reads, text) == (False, None, where)


def test_other_expressions_are_not_names():
    assert not resolved(reads, "f(x).y").found
    assert not resolved(reads, "(np if x else m).sin").found


def test_shadowed():
    assert resolved(reads, "np.sin", shadowed={"np"}) == (False, None, "local")


def test_locals_hide_globals():
    def f(np, x):
        sin = x
        for CONSTANT in x:  # noqa: B007
            pass
        with x as m:
            pass
        return [math for math in x], np, sin, CONSTANT, m, (holder := x)  # noqa: F841

    for name in ("np", "sin", "CONSTANT", "m", "holder"):
        assert resolved(f, name).where == "local", name
    assert resolved(f, "math").object is math


def test_closure():
    scale, later = 2.0, None
    del later

    def f(x):
        return x * scale + later  # noqa: F821

    assert resolved(f, "scale") == (True, 2.0, "closure")
    assert resolved(f, "later") == (False, None, "closure")
    scale = 3.0
    assert resolved(f, "scale").object == 3.0


def test_imports_in_the_body():
    source = source_from_string(
        "def f(x):\n"
        "    import numpy.linalg as la, math\n"
        "    from math import exp as e, floor\n"
        "    import numpy.fft\n"
        "    from mine import q\n"
        "    if x:\n"
        "        floor = x\n"
        "    return la\n"
    )
    resolver = Resolver(source)
    assert resolver.resolve(expression("la.norm")).object is numpy.linalg.norm
    assert resolver.resolve(expression("math.sin")) == (True, math.sin, "import")
    assert resolver.resolve(expression("e")).object is math.exp
    assert resolver.resolve(expression("numpy.fft.fft")).object is numpy.fft.fft
    assert resolver.resolve(expression("floor")) == (False, None, "local")
    assert resolver.resolve(expression("q")) == (False, None, "local")


def test_bound_and_free_names():
    source = source_from_string(
        """
def f(a, b=B, *c, d=D, **e):
    global g
    g = 1
    h: int = 2
    i += 1
    (j, [k, *l]), m.n, o[p] = q
    def r(s=t): u = v
    class w: x = 1
    lambda y: z
    [aa for aa in bb if (cc := aa)]
    try: pass
    except dd as ee: pass
    del ff
"""
    )
    assert bound_names(source.tree) == set("a b c d e h i j k l r w cc ee ff".split())
    free = free_names(source.tree)
    assert {"g", "m", "o", "p", "q", "t", "v", "z", "bb", "dd"} <= free
    assert not free & bound_names(source.tree)
    assert "B" in names_in(source.tree)


MODULE = '''
"""Docstring."""
import numpy as np
import numpy.linalg
import mine, other.part as part
from math import exp as mexp, log
from s2s import numpy as jnp
from . import sibling
from other import q

raise RuntimeError("this module must not run")

SIZE = 3
a, (b, *c) = 1, (2, 3)
if SIZE:
    def maybe(x):
        return x
    import math
for i in ():
    log = None


@mine.decorator
def f(x, y=SIZE):
    return np.linalg.solve(x, mexp(y)) + g(x)


def g(x):
    return len(x)


def twice(x): return 1
def twice(x): return 2


def rebinds():
    global jnp, g
    jnp = None


class Model:
    def method(self): return 1
'''


@pytest.fixture
def module():
    return static_module(MODULE, "user.py")


@pytest.mark.parametrize(
    ("text", "value"),
    [("np.linalg.solve", np.linalg.solve), ("mexp", math.exp), ("numpy.linalg.inv", np.linalg.inv), ("len", len)],
)
def test_static_objects(module, text, value):
    assert module.resolver("f").resolve(expression(text)).object is value


@pytest.mark.parametrize("text", "SIZE mine.f part q sibling a b c math maybe twice Model".split())
def test_static_names_that_only_a_run_can_tell(module, text):
    assert module.resolver("f").resolve(expression(text)) == (False, None, "global")


@pytest.mark.parametrize("text", ["log", "jnp.sin", "g", "i"])
def test_static_names_that_are_rebound(module, text):
    assert module.resolver("f").resolve(expression(text)) == (False, None, "global")


def test_static_functions(module):
    f = module.function("f")
    assert (f.function, f.name, f.filename) == (None, "f", "user.py")
    assert f.first_line == MODULE[: MODULE.index("@mine")].count("\n") + 1
    assert [gast.unparse(d).strip() for d in f.decorators] == ["mine.decorator"]
    assert f.line(f.tree.lineno) == "def f(x, y=SIZE):"
    for name in ("twice", "g", "maybe", "SIZE"):
        with pytest.raises(KeyError):
            module.function(name)
    with pytest.raises(KeyError):
        module.function("absent")


def test_static_module_imports_nothing(module):
    assert "mine" not in sys.modules
    assert "other" not in sys.modules


def test_static_callee():
    module = static_module("def f(x): return g(x)\ndef g(x): return x\n", "user.py")
    found = module.resolver("f").resolve(expression("g"))
    assert found.found
    assert found.object is module.function("g")
    assert module.resolver("f").resolve(expression("absent")) == (False, None, "")


def test_static_s2s_numpy():
    module = static_module("from s2s import numpy as jnp\nimport s2s\ndef f(x): return x\n", "user.py")
    assert module.resolver("f").resolve(expression("jnp")).object is s2s.numpy
    assert module.resolver("f").resolve(expression("s2s.numpy")).object is s2s.numpy


def test_star_import_hides_what_was_not_bound_after_it():
    module = static_module("import math\nfrom mine import *\nimport numpy as np\ndef f(x): return len(x)\n", "user.py")
    resolver = module.resolver("f")
    assert not module.complete
    assert not resolver.resolve(expression("len")).found
    assert not resolver.resolve(expression("math")).found
    assert resolver.resolve(expression("np")).object is np


def test_star_import_of_a_known_library():
    module = static_module("from math import *\ndef f(x): return len(x)\n", "user.py")
    assert module.resolver("f").resolve(expression("sin")).object is math.sin
    assert module.resolver("f").resolve(expression("len")).object is len


@pytest.mark.parametrize(
    ("text", "message"),
    [("x = (\n", r"user.py:1:\d+: '\(' was never closed\n    x = \(\n        \^"), ("a\0b", r"user.py:\d*")],
)
def test_static_syntax_error(text, message):
    with pytest.raises(ModuleError, match=message):
        static_module(text, "user.py")
