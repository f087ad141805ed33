"""What a transformation costs: in proportion to the function's length, counted in calls rather than in time."""

import sys

import numpy as np
import pytest

import s2s
from s2s.codegen.reading.source import function_from_string

BODIES = {
    "elementwise": "    a = np.tanh(a * x + b)\n    b = b - a / 2.0\n",
    "branches": "    if a > b:\n        a = a * x\n    else:\n        b = b + x\n",
    "loops": "    for i in range(3):\n        a = a * x + b\n",
}


def _calls(body: str, count: int) -> int:
    text = f"def f(x):\n    a = x\n    b = x * 2.0\n{body * count}    return a + b\n"
    function = function_from_string(text, {"np": np})
    calls = 0

    def count_calls(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count_calls)
    try:
        assert s2s.grad(function).source
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("body", BODIES)
def test_is_in_proportion_to_the_length(body):
    _calls(BODIES[body], 2)  # what is made once
    short, long = _calls(BODIES[body], 4), _calls(BODIES[body], 12)
    assert long <= 3.6 * short
