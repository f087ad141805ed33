"""Emitted source as modules, and exceptions out of it."""

import gc
import inspect
import io
import linecache
import pdb
import traceback

import numpy as np
import pytest

from s2s.codegen.emission import load as loading
from s2s.codegen.emission.load import is_emitted, load, user_location
from s2s.codegen.emission.tracebacks import with_user_line
from s2s.codegen.reading.source import function_source

SCALE = 2.0
TEXT = "def f_grad(x):\n    y = np.sin(x)\n    return y * SCALE\n"


def user(x):
    y = np.sin(x)
    return y * SCALE


def test_names_are_fixed_then_live_then_builtin():
    live = {"SCALE": 3.0, "np": None}
    f = load(TEXT + "def g(x):\n    return len(x) + absent\n", "f_grad", {"np": np}, live=live)
    assert f["f_grad"](1.0) == np.sin(1.0) * 3.0
    live["SCALE"] = 5.0
    assert f["f_grad"](1.0) == np.sin(1.0) * 5.0
    live["absent"] = 1
    assert f["g"]([1]) == 2
    live["len"] = lambda x: 100
    assert f["g"]([1]) == 2, "a builtin is what it was when the source was loaded"
    with pytest.raises(NameError, match="absent"):
        del live["absent"]
        f["g"]([1])


def test_a_builtin_that_the_user_shadows():
    assert load("def f():\n    return sum([1])\n", "f", {}, live={"sum": lambda x: 9})["f"]() == 9


def test_the_users_module_is_not_written_to():
    before = set(globals())
    load(TEXT, "f_grad", {}, live=globals())
    assert set(globals()) == before


def test_live_reads_through_many_calls():
    live = {"k": 0}
    f = load("def f():\n    return k\n", "f", {}, live=live)["f"]
    for live["k"] in range(100):  # more often than it takes the interpreter to specialise the instruction
        assert f() == live["k"]


def test_file_names_are_distinct_and_text_is_shown():
    f = load(TEXT, "f_grad", {"np": np})["f_grad"]
    g = load(TEXT, "f_grad", {"np": np})["f_grad"]
    names = f.__code__.co_filename, g.__code__.co_filename
    assert names[0] != names[1]
    assert all(name.startswith("<s2s f_grad ") for name in names)
    linecache.checkcache()
    assert inspect.getsource(f) == TEXT
    assert f.__module__ == "f_grad"
    assert function_source(f).line(2) == "    y = np.sin(x)"


def test_pdb_lists_emitted_source():
    f = load(TEXT, "f_grad", {"np": np, "SCALE": SCALE})["f_grad"]
    out = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO("step\nstep\nlist\np np.__name__\ncontinue\n"), stdout=out)
    debugger.use_rawinput = False
    debugger.runcall(f, 1.0)
    assert "y = np.sin(x)" in out.getvalue()
    assert "numpy" in out.getvalue()


def test_forgotten_with_the_namespace():
    namespace = load(TEXT, "f_grad", {"np": np}, [("u.py", 1), ("u.py", 2), ("u.py", 3)])
    name = namespace["f_grad"].__code__.co_filename
    assert is_emitted(name)
    assert user_location(name, 2) == ("u.py", 2)
    del namespace
    gc.collect()
    assert name not in linecache.cache
    assert not is_emitted(name)
    assert name not in loading._LINES


def test_maps_of_maps():
    first = load(TEXT, "f_grad", {"np": np}, [("u.py", 11), ("u.py", 12), ("u.py", 13)])
    name = first["f_grad"].__code__.co_filename
    second = load(TEXT, "f_grad_grad", {"np": np}, {1: (name, 1), 3: (name, 2)})
    again = second["f_grad"].__code__.co_filename
    assert user_location(again, 3) == ("u.py", 12)
    assert user_location(again, 2) == (again, 2)
    assert user_location("other.py", 2) == ("other.py", 2)


def call(function, *args):
    try:
        return function(*args)
    except Exception as error:
        raise with_user_line(error) from None


def emitted(text=TEXT, **names):
    first = user.__code__.co_firstlineno
    lines = [(__file__, first + i) for i in range(text.count("\n"))]
    return load(text, "f_grad", {"np": np, **names}, lines)["f_grad"]


def test_note_names_the_users_line():
    with pytest.raises(TypeError) as caught:
        call(emitted(SCALE=2.0), "text")
    line = user.__code__.co_firstlineno + 1
    assert caught.value.__notes__ == [f"{__file__}:{line} in user: y = np.sin(x)"]
    with_user_line(caught.value)
    assert len(caught.value.__notes__) == 1
    text = "".join(traceback.format_exception(caught.value))
    assert "    y = np.sin(x)\n" in text
    assert "<s2s f_grad" in text


def test_no_note_without_emitted_code():
    def fails():
        raise ValueError("plain")

    with pytest.raises(ValueError, match="plain") as caught:
        call(fails)
    assert not hasattr(caught.value, "__notes__")


def test_at_most_one_library_frame_is_left():
    with pytest.raises(np.linalg.LinAlgError) as caught:
        call(emitted("def f_grad(x):\n    return np.linalg.inv(x)\n"), np.zeros((2, 2)))
    names = [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]
    emitted_at = next(i for i, name in enumerate(names) if name.startswith("<s2s "))
    assert len(names) - emitted_at <= 2
    assert caught.value.__notes__[0].startswith(f"{__file__}:")
