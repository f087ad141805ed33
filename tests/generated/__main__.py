"""`python -m tests.generated 20000`: checks that many random programs, and lists what did not hold by its cause."""

import argparse
import random
import re
import sys
from collections import Counter, defaultdict

from tests.generated.checking import MODES, STAGED, verdicts
from tests.generated.writer import program


def main() -> int:
    options = _options()
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for seed in range(options.seed, options.seed + options.count):
        text = text_of(seed, options.size)
        is_staged = seed % options.staged_every == 0
        modes = [mode for mode in options.modes.split(",") if is_staged or mode not in STAGED]
        for verdict in verdicts(text, seed % 4, tuple(modes)):
            counts[verdict.mode, verdict.outcome] += 1
            if verdict.outcome != "held":
                examples[verdict.outcome, verdict.mode, _cause(verdict.message)].append((len(text), seed))
    _report(counts, examples, options)
    return int(any(outcome in ("wrong", "failed") for _, outcome in counts))


def text_of(seed: int, size: int) -> str:
    return program(random.Random(seed).choice, size)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.generated", description=__doc__)
    parser.add_argument("count", type=int, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--size", type=int, default=6, help="the most statements at the top of a program")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--staged-every", type=int, default=1, metavar="N", help="compile one program in N only")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the shortest program of N causes")
    return parser.parse_args()


def _cause(message: str) -> str:
    lines = [line for line in message.splitlines() if line.strip()]
    return re.sub(r"\d+(\.\d+)?(e-?\d+)?|'[a-z]\d+'", "#", " ".join(lines[:2]))[:160]


def _report(counts: Counter, examples: dict, options: argparse.Namespace) -> None:
    ranked = sorted(examples.items(), key=lambda item: (item[0][0] == "refused", -len(item[1])))
    for (outcome, mode, cause), found in ranked:
        print(f"{outcome:8} {mode:13} {len(found):5}  seed {min(found)[1]}: {cause}")
    for _, found in ranked[: options.show]:
        print(f"\n# seed {min(found)[1]}\n{text_of(min(found)[1], options.size).split('def f(', 1)[1]}")
    for mode in options.modes.split(","):
        line = {outcome: counts[mode, outcome] for outcome in ("held", "refused", "wrong", "failed")}
        print(mode, line)


if __name__ == "__main__":
    sys.exit(main())
