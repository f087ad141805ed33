"""Jumps as values: the structured function takes the same steps as the user's, and has the one form that is left."""

import contextlib
import textwrap

import gast
import pytest

from s2s.codegen.desugaring import jumps
from s2s.codegen.desugaring.structured import structured
from tests.codegen.desugaring.jump_generator import JumpGenerator


class TooLong(Exception):
    """More steps than a test takes."""


def parsed(text):
    return gast.parse(textwrap.dedent(text)).body[0]


def text_of(tree):
    return gast.unparse(gast.Module([tree], [])).strip()


def rewritten(text):
    return text_of(structured(parsed(text)))


def steps(tree, start):
    """What a function called `f` returns or raises, and all that it did before."""
    taken, count = [], start

    def note(*what):
        taken.append(what)
        items[len(taken) % 3].append(0) if len(taken) % 2 else items[len(taken) % 3].clear()

    def take(i):
        nonlocal count
        count += 1
        if count > start + 100:
            raise TooLong
        taken.append(("take", i))
        return count * 7 // 2

    items = [[], [0], []]
    module = gast.gast_to_ast(gast.Module([tree], []))
    namespace = {"suppress": contextlib.suppress}
    exec(compile(module, "<structured>", "exec"), namespace)
    try:
        return taken, namespace["f"](take, note, items)
    except (TooLong, NameError) as error:
        return taken, type(error)


def is_structured(tree):
    """One return, last; loops without `else`, left by their stop guard alone; nothing continued."""
    body = tree.body
    if jumps.RETURN in jumps.exits(body[:-1]) or (jumps.exits(body[-1:]) and not isinstance(body[-1], gast.Return)):
        return False
    loops = [n for n in gast.walk(tree) if isinstance(n, gast.For | gast.While)]
    return not any(loop.orelse or jumps.exits(loop.body) and jumps.guard_of(loop) is None for loop in loops)


@pytest.mark.parametrize("seed", range(400))
def test_generated_functions_take_the_same_steps(seed):
    tree = parsed(JumpGenerator(seed).function())
    before = text_of(tree)
    new = structured(tree)
    assert text_of(tree) == before
    assert is_structured(new), text_of(new)
    assert text_of(structured(new)) == text_of(new)
    for start in range(7):
        assert steps(new, start) == steps(tree, start), f"{before}\n\n{text_of(new)}"


@pytest.mark.parametrize(
    "text",
    [
        """
        def f(x):
            for v in x:
                x = x + v
            while x.sum() > 0:
                x = x - 1
            return x
        """,
        """
        def f(x):
            for v in x:
                stop = v > 1
                if not stop:
                    x = x + v
                if stop:
                    break
            return x
        """,
        """
        def f(x):
            for v in x:
                if v:
                    break
                yield v
        """,
        """
        def f(x):
            for v in x:
                try:
                    g(v)
                finally:
                    break
            return x
        """,
    ],
)
def test_what_needs_no_change_is_given_back(text):
    tree = parsed(text)
    assert structured(tree) is tree


def test_break_is_the_value_of_its_test():
    assert rewritten("""
        def f(xs):
            s = 0.0
            for x in xs:
                if x < 0:
                    break
                s = s + x
            return s
    """) == text_of(
        parsed("""
        def f(xs):
            s = 0.0
            for x in xs:
                stop = x < 0
                if not stop:
                    s = s + x
                if stop:
                    break
            return s
    """)
    )


def test_the_truth_of_a_container_is_that_of_the_moment():
    assert "stop = not not todo" in rewritten("""
        def f(todo):
            while True:
                if todo:
                    break
                todo.append(1)
            return todo
    """)


def test_continue_nests_the_rest():
    assert rewritten("""
        def f(xs):
            s = 0.0
            for x in xs:
                if not x:
                    continue
                s = s + x
                if x > 3:
                    t = s
                    continue
                s = s + 1
            return s
    """) == text_of(
        parsed("""
        def f(xs):
            s = 0.0
            for x in xs:
                if x:
                    s = s + x
                    if x > 3:
                        t = s
                    else:
                        s = s + 1
            return s
    """)
    )


def test_return_inside_a_loop_leaves_the_function():
    assert rewritten("""
        def f(rows):
            for row in rows:
                for x in row:
                    if x > 1:
                        return x
            return 0
    """) == text_of(
        parsed("""
        def f(rows):
            stop = False
            for row in rows:
                stop_2 = False
                for x in row:
                    stop_2 = x > 1
                    if stop_2:
                        break
                stop = stop_2
                if stop:
                    break
            if stop:
                result = x
            else:
                result = 0
            return result
    """)
    )


def test_else_of_a_loop_tests_its_flag():
    assert rewritten("""
        def f(xs):
            for x in xs:
                if x > 1:
                    r = x
                    break
            else:
                r = 0
            return r
    """) == text_of(
        parsed("""
        def f(xs):
            stop = False
            for x in xs:
                stop = x > 1
                if stop:
                    break
            if stop:
                r = x
            else:
                r = 0
            return r
    """)
    )


def test_endless_loops_have_no_end():
    assert rewritten("""
        def f(x):
            while True:
                x = x * 2
                if x > 9:
                    return x
    """) == text_of(
        parsed("""
        def f(x):
            while True:
                x = x * 2
                stop = x > 9
                if stop:
                    break
            result = x
            return result
    """)
    )


def test_guards_that_always_return_nest():
    assert rewritten("""
        def f(x):
            if x > 3:
                return 3
            if x > 2:
                return 2
            return x
    """) == text_of(
        parsed("""
        def f(x):
            if x > 3:
                result = 3
            elif x > 2:
                result = 2
            else:
                result = x
            return result
    """)
    )


def test_branches_that_sometimes_return_set_a_flag():
    assert rewritten("""
        def f(x, y):
            if x > 0:
                y = y + 1
                if y > 3:
                    return y
            return x
    """) == text_of(
        parsed("""
        def f(x, y):
            returned = False
            if x > 0:
                y = y + 1
                if y > 3:
                    result = y
                    returned = True
            if not returned:
                result = x
            return result
    """)
    )


def test_flags_have_names_of_their_own():
    text = rewritten("""
        def f(stop, result):
            for x in stop:
                if x:
                    return result
            return stop
    """)
    assert "stop_2 = not not x" in text
    assert text.endswith("return result_2")


def test_functions_inside_are_structured_too():
    assert rewritten("""
        def f(x):
            def g(y):
                if y:
                    return 1
                return 2
            return g(x)
    """) == text_of(
        parsed("""
        def f(x):
            def g(y):
                if y:
                    result = 1
                else:
                    result = 2
                return result
            return g(x)
    """)
    )
