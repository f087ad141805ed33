"""What readings of functions found, kept as long as those functions live."""

import builtins
import types
import weakref
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from s2s.codegen.reading.belongings import Belongings
from s2s.codegen.staging.rewrite import Rewriter
from s2s.runtime.by_code import ByCode


class Form(NamedTuple):
    """A rewritten function: its code (None if nothing changed), and its free variables that are not the user's."""

    code: types.CodeType | None
    extra: dict[str, Any]


@dataclass(eq=False)
class Scan:
    """What one reading of a function found.

    Attributes:
        function: the function that was read; others with the same code share the scan.
        resolved: dotted names to the objects that they stood for; the scan holds as long as they still do.
        changed: whether the function needs rewriting on its own account.
        callees: user functions that it calls by name.
        forms: rewritten forms by whether it was an entry, and by which callees needed staging then.
        first: what the reading rewrote: the form of a function that is no entry and whose callees need no staging.
        wary: whether its arguments may be NumPy arrays that staged indices select from, or lists of staged lengths.
        containers: parameters that have to be lists or tuples of Python's own for the scan to hold.
    """

    function: types.FunctionType
    resolved: dict[str, Any]
    changed: bool
    callees: list[types.FunctionType]
    forms: dict[tuple[bool, ...], Form] = field(default_factory=dict)
    first: tuple[Rewriter, Any] | None = None
    wary: bool = False
    containers: frozenset[str] = frozenset()

    def holds_for(self, function: types.FunctionType, containers: Collection[str]) -> bool:
        """Whether a reading of the function would find the same."""
        given = self.containers.issubset(containers)
        return given and all(lookup(function, name) is value for name, value in self.resolved.items())


# The scans of a function and the last staged function made of it, which keeps its scan: all go with the function.
_SCANS: Belongings[list[Scan]] = Belongings("scans")
_INSTANCES: Belongings[types.FunctionType] = Belongings("staged")
_ORIGINS: Belongings[Scan] = Belongings("staged_from")
# All scans of a code object, and the scan that a staged code object was made from, while there are any.
_SCANS_OF_CODE: "ByCode[weakref.WeakSet[Scan]]" = ByCode()
_STAGED_CODES: "ByCode[weakref.ref[Scan]]" = ByCode()
_MOST_SCANS = 8  # of one function: what it names may be bound anew again and again


MISSING = object()


def lookup(function: types.FunctionType, path: str) -> Any:
    """The object that a dotted name in the function stands for now."""
    first, *rest = path.split(".")
    value = lookup_name(function, first)
    for attribute in rest:
        value = getattr(value, attribute, MISSING)
    return value


def lookup_name(function: types.FunctionType, name: str) -> Any:
    if name in function.__code__.co_freevars:
        cell = (function.__closure__ or ())[function.__code__.co_freevars.index(name)]
        try:
            return cell.cell_contents
        except ValueError:
            return MISSING
    try:
        return function.__globals__[name]
    except KeyError:
        return getattr(builtins, name, MISSING)


def known_scan(function: types.FunctionType, containers: Collection[str]) -> Scan | None:
    """A scan of the function, or of another one with its code, that still holds."""
    for scan in _SCANS.get(function) or []:
        if scan.holds_for(function, containers):
            return scan
    shared = () if is_staged(function) else scans_of(function.__code__)
    found = next((scan for scan in shared if scan.holds_for(function, containers)), None)
    if found is not None:
        _keep(function, found)
    return found


def remember(function: types.FunctionType, scan: Scan) -> None:
    """Keeps a new scan of the function, and of all that have its code."""
    shared = _SCANS_OF_CODE.get(function.__code__)
    if shared is None:
        shared = _SCANS_OF_CODE.set(function.__code__, weakref.WeakSet())
    shared.add(scan)
    _keep(function, scan)


def _keep(function: types.FunctionType, scan: Scan) -> None:
    own = _SCANS.get(function) or []
    _SCANS.set(function, [*own[1 - _MOST_SCANS :], scan])


def remember_staged(codes: Iterable[types.CodeType], scan: Scan) -> None:
    """Notes that code objects belong to a staged form that was made from a scan."""
    for code in codes:
        _STAGED_CODES.set(code, weakref.ref(scan))


def remember_instance(function: types.FunctionType, made: types.FunctionType, scan: Scan) -> None:
    """Keeps the staged function made of `function`; as long as that lives, so does the scan."""
    _INSTANCES.set(function, made)
    _ORIGINS.set(made, scan)


def instance(function: types.FunctionType, code: types.CodeType) -> types.FunctionType | None:
    """The staged function last made of `function`, if it runs this code."""
    found = _INSTANCES.get(function)
    return found if found is not None and found.__code__ is code else None


def scans_of(code: types.CodeType) -> list[Scan]:
    """The scans of all functions with this code; of code of a staged form, what that was made from."""
    staged = _STAGED_CODES.get(code)
    if staged is None:
        return list(_SCANS_OF_CODE.get(code) or ())
    scan = staged()
    return [] if scan is None else [scan]


def is_staged(function: types.FunctionType) -> bool:
    """Whether a function is the staged form of another."""
    return function.__code__ in _STAGED_CODES
