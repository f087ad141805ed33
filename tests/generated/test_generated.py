"""Generated programs: nothing wrong in any mode, and little refused. `python -m tests.generated 20000` runs more.

Each part is a process of its own, without the checks of type hints that double the time of all others.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generated.part import PARTS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("part", range(PARTS))
def test_generated_programs(part):
    command = [sys.executable, "-W", "error", "-m", "tests.generated.part", str(part)]
    environment = {**os.environ, "S2S_VERIFY": "1"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
