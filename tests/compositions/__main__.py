"""The whole table: `python -m tests.compositions 3` checks every word up to that length on every program.

`--only loop,branch` picks programs, `--words gvj,vg` words; what does not hold, and
is not known to be refused, is listed with its cause.
"""

import argparse
import sys
import time
from collections.abc import Iterator

from s2s.runtime.errors import S2SError
from tests.compositions.programs import POINT, PROGRAMS
from tests.compositions.words import POINTS, check, is_refused, words


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.compositions", description=__doc__.splitlines()[0])
    parser.add_argument("length", type=int, nargs="?", default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--words", default="")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    asked = [w for w in options.words.split(",") if w] or [w for n in range(options.length) for w in words(n + 1)]
    programs = [p for p in PROGRAMS if not only or p.__name__ in only]
    POINTS.update(dict.fromkeys(PROGRAMS, POINT))
    failures = list(_failures(programs, asked))
    print(f"{len(programs) * len(asked)} entries, {len(failures)} do not hold")
    return bool(failures)


def _failures(programs: list, asked: list[str]) -> Iterator[str]:
    for program in programs:
        start, count = time.perf_counter(), 0
        for word in asked:
            try:
                check(program, word)
            except Exception as error:
                if is_refused(program, word) and isinstance(error, S2SError):
                    continue
                count += 1
                text = " ".join(str(error).split())
                print(f"{program.__name__} {word}: {type(error).__name__}: {text[:200]}", flush=True)
                yield word
        print(
            f"{program.__name__}: {len(asked) - count} of {len(asked)} in {time.perf_counter() - start:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
