"""One part of the generated programs of the tests, drawn by Hypothesis: `python -m tests.generated.part 3`.

Every program is checked eagerly, in both modes against differences and against each other, and compiled: its value with
its gradient, or with its tangent.
"""

import os
import sys
from collections import Counter

from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from tests.generated.checking import EAGER, MODES, STAGED, verdicts
from tests.generated.writer import program

# Programs in all, in parts that run side by side; every how many of them are staged; how many statements they have.
COUNT = int(os.environ.get("S2S_GENERATED", "2000"))
STAGED_EVERY = int(os.environ.get("S2S_GENERATED_STAGED_EVERY", "1"))
PARTS = 20
SIZE, MOST = 3, 8
MOST_REFUSED = 0.02


@st.composite
def programs(draw: st.DrawFn) -> str:
    return program(lambda options: draw(st.sampled_from(options)), SIZE, MOST)


def counted(part: int) -> Counter[tuple[str, str]]:
    """Checks the programs of one part; how many came to which outcome in each mode."""
    counts: Counter[tuple[str, str]] = Counter()

    @seed(part)
    @settings(
        max_examples=max(1, COUNT // PARTS),
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(programs(), st.integers(0, 3))
    def check(text: str, arguments: int) -> None:
        note(text)
        counts["all", "programs"] += 1
        number = counts["all", "programs"]
        staged = STAGED[:: 1 + number % 2][:2] if number % STAGED_EVERY == 0 else ()
        found = verdicts(text, arguments, (*EAGER, *staged))
        counts.update((verdict.mode, verdict.outcome) for verdict in found)
        assert not [v for v in found if v.outcome in ("wrong", "failed")]

    check()
    return counts


def main() -> None:
    counts = counted(int(sys.argv[1]))
    for key, count in sorted(counts.items()):
        print(*key, count)
    refused = sum(count for (_, outcome), count in counts.items() if outcome == "refused")
    checked = sum(count for (mode, _), count in counts.items() if mode in MODES)
    if refused > max(1, MOST_REFUSED * checked):
        sys.exit(f"{refused} of {checked} were refused")


if __name__ == "__main__":
    main()
