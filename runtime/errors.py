"""The base of all errors that s2s raises, and the way back from an emitted line to the user's."""

from collections.abc import Sequence

Location = tuple[str, int]


class S2SError(Exception):
    """Base of every exception type that s2s defines."""


_SOURCE_MAPS: dict[str, Sequence[Location | None]] = {}


def register_source_map(filename: str, line_map: Sequence[Location | None]) -> None:
    """Says which user location each line of the emitted file `filename` came from (index 0 is line 1)."""
    _SOURCE_MAPS[filename] = line_map


def forget_source_map(filename: str) -> None:
    """Drops what `register_source_map` recorded for an emitted file that is no longer loaded."""
    _SOURCE_MAPS.pop(filename, None)


def is_emitted(filename: str) -> bool:
    """Whether `filename` is an emitted file with a source map."""
    return filename in _SOURCE_MAPS


def user_location(filename: str, line: int) -> Location | None:
    """The user's file and line behind a line of a file: through the maps of emitted files, to any order."""
    for _ in range(16):
        line_map = _SOURCE_MAPS.get(filename)
        if line_map is None:
            return filename, line
        origin = line_map[line - 1] if 0 < line <= len(line_map) else None
        if origin is None or origin == (filename, line):
            return None
        filename, line = origin
    return None
