"""Debuggers in transformed functions: they stop in emitted source, on the variables that the user named."""

import io
import pdb
import sys

import numpy as np
import pytest

import s2s

X = np.array([0.5, 1.0])


def loss(w, x):
    hidden = np.tanh(w * x)
    breakpoint()
    for _ in range(2):
        hidden = hidden * w
    return np.sum(hidden**2)


def with_set_trace(w, x):
    hidden = w * x
    pdb.set_trace()
    return np.sum(hidden**2)


def inspecting(w, x):
    hidden = np.tanh(w * x)
    with s2s.grad_of(hidden) as hidden_bar:  # noqa: F841 - the debugger reads it
        breakpoint()
    return np.sum(hidden**2)


@pytest.fixture
def session(monkeypatch):
    """Runs a call with the commands that are typed at the first stop; what the debugger says."""

    def run(commands, call):
        out = io.StringIO()
        debugger = pdb.Pdb(stdin=io.StringIO("\n".join([*commands, "continue", ""])), stdout=out, nosigint=True)
        debugger.use_rawinput = False

        def stop(*args, **kwargs):
            debugger.set_trace(sys._getframe(1))

        monkeypatch.setattr(sys, "breakpointhook", stop)
        monkeypatch.setattr(pdb, "set_trace", stop)
        trace = sys.gettrace()
        try:
            call()
        finally:
            sys.settrace(trace)
        return out.getvalue()

    return run


def test_breakpoint_stops_in_the_emitted_gradient_on_named_values(session):
    said = session(["p w, hidden.shape", "list", "next", "next", "next", "p hidden"], lambda: s2s.grad(loss)(2.0, X))
    assert "<s2s loss_grad" in said and "(2.0, (2,))" in said
    assert "hidden = np.tanh(w * x)" in said and "->" in said
    assert str(np.tanh(2.0 * X)[0])[:8] in said or "array(" in said
    said = session(["until 99", "p hidden_bar"], lambda: s2s.grad(loss)(2.0, X))
    assert "hidden_bar" in said


def test_breakpoint_stops_in_the_backward_pass(session):
    said = session(["p hidden_bar", "up", "p hidden, w"], lambda: s2s.grad(inspecting)(2.0, X))
    hidden = np.tanh(2.0 * X)
    assert repr(2 * hidden) in said and repr((hidden, 2.0)) in said


def test_set_trace_of_pdb(session):
    said = session(["p hidden"], lambda: s2s.grad(with_set_trace)(2.0, X))
    assert "<s2s with_set_trace_grad" in said and repr(2.0 * X) in said


def test_in_compiled_functions_it_stops_while_they_are_staged(session):
    compiled = s2s.jit(loss)
    said = session(["p hidden"], lambda: compiled(2.0, X))
    assert "Staged(float64[2])" in said and "test_pdb.py" in said
    assert session([], lambda: compiled(2.0, X)) == ""
    with s2s.disable_jit():
        assert repr(np.tanh(2.0 * X)) in session(["p hidden"], lambda: compiled(2.0, X))
