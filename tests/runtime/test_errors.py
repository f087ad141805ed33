import numpy as np
import pytest

from s2s.runtime import errors
from s2s.runtime.array import from_host
from s2s.runtime.jit import jit


def test_user_line_skips_the_library():
    line = errors.user_line()
    assert line.file == __file__ and line.function == "test_user_line_skips_the_library"


def test_source_maps_lead_to_the_users_line():
    code = compile("\n\ndef f(x):\n    return x[9]\n", "<emitted r1>", "exec")
    scope = {}
    exec(code, scope)
    errors.register_source_map("<emitted r1>", {4: ("/home/user/model.py", 17)})
    with pytest.raises(IndexError, match="at /home/user/model.py:17"):
        scope["f"](from_host(np.ones(2)))
    code = compile("def g(x):\n    return x + 1\n", "<emitted r2>", "exec")
    exec(code, scope)
    errors.register_source_map("<emitted r2>", {2: ("/home/user/model.py", 21)})
    assert 'model.py":21' in jit(scope["g"]).lower(np.ones(2)).as_text(debug_info=True)


def test_annotate_adds_a_place_once():
    error = ValueError("x")
    errors.annotate(error, "f.py", 3)
    errors.annotate(error, "f.py", 3)
    errors.annotate(error, "f.py", 4, "here")
    assert error.__notes__ == ["f.py:3", "f.py:4: here"]
