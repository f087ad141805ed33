"""Generated programs in all stages of Core: desugared, both sweeps, tangents, before and after simplification."""

import pytest

from s2s.codegen.diagnostics import UnsupportedError
from tests.codegen import core_generator
from tests.codegen.test_core_runs import check_desugared, check_forward, check_reverse


@pytest.mark.parametrize("seed", range(8))
def test_stages_run_as_the_program_does(seed):
    f, args, _ = core_generator.load(seed)
    check_desugared(f, [args])
    try:
        check_reverse(f, args)
        check_forward(f, args)
    except UnsupportedError as error:
        pytest.skip(f"refused: {error.diagnostics[0].cause}")
