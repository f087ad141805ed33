"""Words over gradient, tangent, batch and compilation: all up to length two, and longer ones by turns.

The whole table, every word up to length three on every program, is checked by `python -m tests.compositions 3`.
"""

import itertools

import pytest

from s2s.runtime.errors import S2SError
from tests.compositions.programs import POINT, PROGRAMS
from tests.compositions.words import POINTS, check, is_refused, words

POINTS.update(dict.fromkeys(PROGRAMS, POINT))
SHORT = [*words(1), *words(2)]
LONG = list(words(3))
LONGEST = [*words(4), *words(5)]
# So many words of length three for each program that all of them are checked on some program.
THREE = -(-len(LONG) // len(PROGRAMS))


def sampled(place: int) -> list[str]:
    """The words of length three that are this program's turn."""
    start = place * THREE
    return [LONG[i % len(LONG)] for i in range(start, start + THREE)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_words_up_to_length_two(program):
    for word in SHORT:
        check(program, word)


@pytest.mark.parametrize("place", range(len(PROGRAMS)), ids=lambda i: PROGRAMS[i].__name__)
def test_words_of_length_three_by_turns(place):
    program = PROGRAMS[place]
    for word in sampled(place):
        if is_refused(program, word):
            with pytest.raises(S2SError):
                check(program, word)
        else:
            check(program, word)


def test_every_word_of_length_three_has_its_turn():
    assert {w for place in range(len(PROGRAMS)) for w in sampled(place)} == set(LONG)


@pytest.mark.parametrize(("place", "word"), [(i, LONGEST[i * 313 % len(LONGEST)]) for i in range(0, 20, 3)])
def test_longer_words_on_some_programs(place, word):
    check(PROGRAMS[place], word)


def test_letters():
    assert len(SHORT) == 20 and len(set(itertools.chain(SHORT, LONG, LONGEST))) == 20 + 64 + 256 + 1024
