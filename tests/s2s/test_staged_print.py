"""`print` in compiled functions: what Python prints, in its order, only for what runs."""

import sys

import numpy as np
import pytest

import s2s


class Point:
    def __init__(self, x):
        self.x = x

    def __str__(self):
        return f"<{self.x:.2f}>"


def straight(x):
    print("start", x, x[0], x.shape, sep=" | ", end=".\n")
    total = np.sum(x)
    print(f"total {total:.3f} {total!r:>30} {{}} {x.ndim:{x.size}d}|{total:{8}.{2}f}")
    print("%.2f and %s" % (total, x), "{:.1f} {name}".format(total, name=x[1]))  # noqa: UP031, UP032
    print([total, {"k": x[0]}, (x[1],)], Point(x[2]))
    print(", ".join(str(value) for value in [x[0], x[1]]), repr(total), format(x[0], "+.1e"))
    text = "a" + f"{x[0]:.1f}".rjust(8) + "b"
    print(text)
    print("no values")
    print()
    return total


def loops(x):
    s = x[0] * 0.0
    for i in range(4):
        print("outer", i, s)
        for j in range(i):
            s = s + x[j] * i
            if s > 3:
                print(f"  large at {i},{j}: {s:.1f}")
            elif i > 2:
                print("  small")
        if s > 20:
            print("stop")
            break
    while s > 1.0:
        s = s / 2
        print("halved", s)
    print("done", s)
    return s


def helper(v, label):
    print(label, v)
    return v * 2


def calls(x):
    y = helper(x, "first")
    z = helper(np.sum(y), "second") if x[0] > 0 else helper(x[0], "never")
    ready = x[1] > 100 and helper(x[1], "nor this") > 0
    for name, v in {"p": x[0], "q": x[1]}.items():
        print(name, v)
    print(ready)
    return z


PROGRAMS = [straight, loops, calls]
X = np.array([1.0, 2.5, -0.5, 4.0])


def printed(capfd, call):
    call()
    return capfd.readouterr().out


@pytest.mark.parametrize("program", PROGRAMS)
def test_compiled_functions_print_what_python_prints_at_every_call(program, capfd):
    for x in (X, X / 8):
        expected = printed(capfd, lambda: program(x))  # noqa: B023 - called at once
        compiled = s2s.jit(program)
        assert expected and [printed(capfd, lambda: compiled(x)) for _ in range(2)] == [expected] * 2  # noqa: B023


@pytest.mark.parametrize("program", [straight, loops])
def test_derivatives_print_once_in_the_forward_pass(program, capfd):
    expected = printed(capfd, lambda: program(X))
    assert printed(capfd, lambda: s2s.grad(program)(X)) == expected
    assert printed(capfd, lambda: s2s.jit(s2s.grad(program))(X)) == expected
    assert printed(capfd, lambda: s2s.jit(lambda x: s2s.jvp(program, (x,), (x,)))(X)) == expected


def in_test_of_loop(x):
    def still(v):
        print("test", v)
        return v > 1.0

    while still(x):
        x = x / 2
        print("body", x)
    return x


def test_a_loops_test_prints_between_the_bodies(capfd):
    expected = printed(capfd, lambda: in_test_of_loop(np.float64(3.0)))
    assert expected.count("test") == 3
    assert printed(capfd, lambda: s2s.jit(in_test_of_loop)(np.float64(3.0))) == expected


def to_stderr(x):
    print("value", x, file=sys.stderr)
    return x


def test_streams_are_those_of_the_call(capsys):
    compiled = s2s.jit(to_stderr)
    compiled(2.0)
    assert capsys.readouterr() == ("", "value 2.0\n")


def test_nothing_is_printed_without_a_run(capfd):
    s2s.jit(loops).lower(X).compile()
    s2s.eval_shape(loops, X)
    assert capfd.readouterr().out == ""


def wrong_format(x):
    for i in range(3):
        if x[i] > 2:
            print(f"{x[i]:d}")
    return x[0]


def test_what_fails_while_printing_is_raised_at_the_users_line():
    compiled = s2s.jit(wrong_format)
    assert compiled(X[1:] * 0 + 1) == 1
    with pytest.raises(ValueError, match="Unknown format code 'd'") as caught:
        compiled(X)
    assert "test_staged_print.py" in caught.value.__notes__[0] and 'print(f"{x[i]:d}")' in caught.value.__notes__[0]
    assert caught.traceback[-1].lineno == wrong_format.__code__.co_firstlineno + 2
    assert compiled(X[1:] * 0 + 1) == 1


def text_of_values(x):
    return f"{x:.2f}"


def text_as_key(x):
    return {f"{x:.2f}": x}


def test_texts_of_values_are_refused_where_they_are_needed_while_staging():
    with pytest.raises(TypeError, match="gives back a text made of the values of arrays"):
        s2s.jit(text_of_values)(np.float64(1.0))
    with pytest.raises(TypeError, match="hash|text made of the values"):
        s2s.jit(text_as_key)(np.float64(1.0))


def block(x):
    print("block", x[0])
    if x[0] > 0:
        x = x * 2
    return np.tanh(x)


checkpointed = s2s.checkpoint(block)


def with_checkpoint(x):
    return np.sum(checkpointed(x))


def test_functions_under_checkpoint_are_staged(capfd):
    expected = printed(capfd, lambda: block(X))
    assert printed(capfd, lambda: s2s.jit(checkpointed)(X)) == expected
    assert printed(capfd, lambda: s2s.jit(with_checkpoint)(X)) == expected
    # What it prints is printed again where it is computed again.
    assert printed(capfd, lambda: s2s.grad(with_checkpoint)(X)) == expected * 2
    assert printed(capfd, lambda: s2s.jit(s2s.grad(with_checkpoint))(X)) == expected * 2
