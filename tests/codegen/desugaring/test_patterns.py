"""`match` and inert `with` as other statements: the same steps as CPython's, or left as they are."""

import contextlib
import textwrap
import warnings
from collections import namedtuple
from dataclasses import dataclass

import gast
import numpy as np
import pytest

from s2s.codegen.desugaring.inert import without_inert
from s2s.codegen.desugaring.patterns import without_match


@dataclass
class Point:
    x: float
    y: float


Pair = namedtuple("Pair", ["left", "right"])
NAMES = {"Point": Point, "Pair": Pair, "np": np, "warnings": warnings, "contextlib": contextlib}
SUBJECTS = (
    1, 2.5, True, None, "a", "ab", (), (1,), (1, 2), [1, 2], [1, 2, 3, 4], (1, (2, 3)), {"k": 1},
    {"k": 1, "l": [2]}, {}, Point(1, 2), Point(0, 5), Pair(1, 2), range(2), np.zeros(2), b"xy",
)  # fmt: skip

MATCHES = {
    "literals": """
        match p:
            case 1 | "a": return "one"
            case None: return "none"
            case True: return "true"
            case -2.5 | 2.5: return "float"
            case _: return "other"
    """,
    "sequences": """
        match p:
            case []: return "empty"
            case [a]: return a
            case (1, [b, c]): return (b, c)
            case [a, *rest, d] if len(rest) != 1: return (a, rest, d)
            case [*_, last]: return last
        return "no sequence"
    """,
    "mappings": """
        match p:
            case {"k": k, "l": [inner]}: return (k, inner)
            case {"k": 2}: return "two"
            case {"k": k}: return k
            case {}: return "any"
    """,
    "classes": """
        match p:
            case Point(0, y): return y
            case Point(x=x) if x > 3: return x
            case Point(x, y=2) as point: return (x, point)
            case Pair(left, right): return left + right
            case bool(v): return (v, "bool")
            case int(v) | float(v): return v
            case str() | bytes(): return "text"
            case list((first, _)): return first
            case tuple(): return "tuple"
    """,
    "subject that is computed": """
        match [p, len(note)]:
            case [[a, b], 0]: note.append(a)
            case [str(s), _]: note.append(s)
            case [q, n]: note.append(n)
        return note
    """,
    "jumps": """
        for q in [p, 3, (1, 2), p]:
            match q:
                case 3: continue
                case (a, b) if a != b: break
                case _: note.append(q)
            note.append("end")
        else:
            return "all"
        return (note, a)
    """,
}


def function(body):
    return gast.parse("def f(p, note):\n" + textwrap.indent(textwrap.dedent(body), "    ")).body[0]


def run(tree, subject):
    module = gast.gast_to_ast(gast.fix_missing_locations(gast.Module([tree], [])))
    namespace = dict(NAMES)
    exec(compile(module, "<patterns>", "exec"), namespace)
    return namespace["f"](subject, [])


def resolve(path):
    first, *rest = path.split(".")
    found = NAMES.get(first)
    for part in rest:
        found = getattr(found, part, None)
    return found


@pytest.mark.parametrize("case", MATCHES)
def test_match_takes_the_same_case(case):
    tree = function(MATCHES[case])
    new = without_match(tree, resolve)
    assert not any(isinstance(node, gast.Match) for node in gast.walk(new))
    for subject in SUBJECTS:
        if isinstance(subject, range | np.ndarray) and case in (
            "literals",
            "sequences",
            "subject that is computed",
            "jumps",
        ):
            continue  # no lists or tuples; comparing arrays has no truth
        assert repr(run(new, subject)) == repr(run(tree, subject)), subject


@pytest.mark.parametrize(
    "body",
    [
        "match p:\n    case {'k': k, **rest}: return rest",
        "match p:\n    case [a] | (1, a): return a",
        "match p:\n    case Unknown(a): return a",
        "isinstance = len\nmatch p:\n    case [a]: return a",
    ],
)
def test_what_the_text_does_not_tell_is_left(body):
    assert any(isinstance(node, gast.Match) for node in gast.walk(without_match(function(body), resolve)))


def test_inert_blocks_stand_in_the_place_of_their_with():
    tree = function("""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            q = p + 1
            with contextlib.nullcontext(q) as r:
                return r * 2
    """)
    new = without_inert(tree, resolve)
    assert gast.unparse(gast.Module(new.body, [])).strip() == "q = p + 1\nr = q\nreturn r * 2"
    assert run(new, 3) == run(tree, 3) == 8


@pytest.mark.parametrize(
    "head",
    [
        'np.errstate(all="raise")',
        "np.errstate(**p)",
        "np.errstate(all=p)",
        "warnings.catch_warnings(record=True) as w",
        'open("file")',
        "p",
    ],
)
def test_other_managers_are_left(head):
    tree = function(f"with {head}:\n    p = 1\nreturn p")
    assert isinstance(without_inert(tree, resolve).body[0], gast.With)


def test_filters_that_raise_are_left():
    tree = function('with warnings.catch_warnings():\n    warnings.simplefilter("error")\n    p = 1\nreturn p')
    assert isinstance(without_inert(tree, resolve).body[0], gast.With)
