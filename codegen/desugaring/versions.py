"""Which variables stand for one object, and what they show after it is written.

The desugarer's environment maps a variable to its current version. Variables with one version are names of one object,
so a write through any of them gives all of them the new version. A version that is `base[index]` may be a view of its
base: a write to it is written to the base, too (`put_view`), and what was read from the base is read again after the
base is written (`reread`). Both helpers ask at run time whether NumPy makes a view there, which ranks decide.

A parameter that the caller goes on to see has a hidden variable of its own, its *final*, that is never rebound.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter, as_argument


def open_finals(desugarer: Any) -> None:
    """Hidden variables for the parameters whose writes reach the caller."""
    for parameter in desugarer.facts.written:
        if parameter in desugarer.function.source.rebinds:
            desugarer.finals.append(parameter)
            continue
        final = desugarer.function.namer.fresh(f"{parameter}_final")
        desugarer.finals.append(final)
        desugarer.environment[final] = parameter


def return_finals(desugarer: Any) -> None:
    """`return result` becomes `return (result, *finals)`."""
    if not desugarer.finals:
        return
    body = desugarer.function.body
    last = body[-1]
    finals = [core.name(desugarer.environment[f]) for f in desugarer.finals]
    name = desugarer.function.fresh("results")
    built = core.assign(name, core.tuple_of([last.value, *finals]), last)
    body[-1:] = [built, core.from_statement(gast.Return(core.name(name)), last)]


def record(desugarer: Any, statement: gast.AST) -> None:
    """Remembers what defines a version, and what it may be a view of."""
    if type(statement) is not gast.Assign or type(statement.targets[0]) is not gast.Name:
        return
    version, value = statement.targets[0].id, statement.value
    desugarer.definitions[version] = statement
    if type(value) not in (gast.Subscript, gast.Attribute) or type(value.value) is not gast.Name:
        return
    if value.value.id in desugarer.function.bases:
        if type(value) is gast.Subscript:
            desugarer.views[version] = (value.value.id, value.slice)
        else:
            desugarer.homes[version] = (value.value.id, value.attr)


def live_after(desugarer: Any, statement: gast.AST) -> set[str]:
    """Variables that this statement or a later one reads."""
    later: set[str] = getattr(statement, "live_after", set())
    return later.union(desugarer.finals, core.reads(statement))


def rename_marks(statement: gast.AST, mapping: Mapping[str, gast.AST]) -> None:
    """Renames the versions in what is noted of a write, where the statement has been given names of its own."""
    marks = statement.__dict__
    if "writes" in marks:
        statement.writes = [(_renamed(old, mapping), _renamed(new, mapping)) for old, new in statement.writes]
    if "handled" in marks:
        statement.handled = {_renamed(n, mapping) for n in statement.handled}


def _renamed(name: str, mapping: Mapping[str, gast.AST]) -> str:
    found = mapping.get(name)
    return found.id if isinstance(found, gast.Name) else name


# Branches and loops ----------------------------------------------------------------------------------------------


def _in_order(desugarer: Any, variables: Iterable[str]) -> list[str]:
    """Sorted, the user's before the hidden ones: the first of a group gives the version its name."""
    return sorted(variables, key=lambda v: (v in desugarer.finals, v))


def joined(desugarer: Any, changed: Iterable[str], arms: list[dict[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Variable to its version after a branch, and one variable for each new version."""
    made: dict[Any, str] = {}
    chosen, leaders = {}, []
    for variable in _in_order(desugarer, changed):
        key = tuple(env.get(variable) for env in arms)
        if key not in made:
            made[key] = desugarer.function.fresh(variable)
            leaders.append(variable)
        chosen[variable] = made[key]
    return chosen, leaders


def carried(desugarer: Any, live: Iterable[str], rebound: set[str]) -> tuple[dict[str, str], list[str]]:
    """Variable to its version at the head of a loop, and one variable for each; names of one object stay that."""
    made: dict[str, str] = {}
    chosen, leaders = {}, []
    for variable in _in_order(desugarer, live):
        old = desugarer.environment.get(variable)
        if old is None or variable in rebound or old not in made:
            version = desugarer.function.fresh(variable)
            leaders.append(variable)
            if old is not None and variable not in rebound:
                made[old] = version
        chosen[variable] = version if variable in rebound or old is None else made[old]
    for old, new in made.items():
        if old in desugarer.homes:
            owner, attribute = desugarer.homes[old]
            desugarer.homes[new] = (made.get(owner, owner), attribute)
        base, index = desugarer.views.get(old, (None, None))
        if base is not None:
            desugarer.views[new] = (made.get(base, base), index)
    return chosen, leaders


def rebound(desugarer: Any, body: list[gast.AST]) -> set[str]:
    """Variables that statements bind to other objects."""
    nodes = [n for statement in body for n in core.nodes(statement)]
    written = {id(n.target) for n in nodes if isinstance(n, gast.AugAssign) and desugarer.facts.at("augmented", n)}
    stored = [n for n in nodes if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)]
    return {n.id for n in stored if id(n) not in written}


def written_in_loop(desugarer: Any, statement: gast.AST, bound: set[str]) -> set[str]:
    """Variables that a loop binds or whose objects it writes, under whatever name."""
    bound = bound | set(desugarer.facts.at("loop", statement) or ())
    environment = desugarer.environment
    written = {environment[v] for v in bound - rebound(desugarer, statement.body) if v in environment}
    return bound | {v for v, version in environment.items() if _is_part_of(desugarer, version, written)}


def _is_part_of(desugarer: Any, version: str, written: set[str]) -> bool:
    """Is a version one of these, or a view of one?"""
    while version not in written and version in desugarer.views:
        version = desugarer.views[version][0]
    return version in written


def note_written(desugarer: Any, statement: gast.AST, before: dict[str, str], carried: dict[str, str]) -> None:
    """Notes the variables whose objects the loop turned out to write: they have to be carried."""
    reach = statement.live_at_head.union(desugarer.finals)
    after = desugarer.environment
    found = {v for v in reach if v in before and v not in carried and after.get(v) != before[v]}
    if not found:
        return
    known = set(desugarer.facts.at("loop", statement) or ())
    if not desugarer.facts.note("loop", statement, frozenset(known | found)):
        cause = f"the loop writes {sorted(found)[0]!r} under another name"
        desugarer.diagnostics.report(statement, cause, "write it under the name that it was given first")


# Writes ----------------------------------------------------------------------------------------------------------


def same_object(desugarer: Any, version: str) -> list[str]:
    """The variables that stand for the object of a version."""
    return [v for v, current in desugarer.environment.items() if current == version]


def write(desugarer: Any, old: str, new: str, number_too: bool = False, handled: set[str] | None = None) -> None:
    """The object that was version `old` has been written and is version `new`.

    Args:
        number_too: the "object" may be a number, which is not written: what else stood for it keeps the old value.
        handled: the set of the versions that the write has made stale, and that have been replaced; it grows.
    """
    if handled is None:
        handled = desugarer.definitions[new].__dict__.setdefault("handled", set())
    base = base_of(desugarer, old)
    live = desugarer.live if number_too else frozenset()
    others = [v for v in same_object(desugarer, old) if v in live]
    handled.add(old)
    for variable in same_object(desugarer, old):
        if not number_too:
            desugarer.environment[variable] = new
    if number_too and others:
        _follow_if_array(desugarer, others, old, new)
    _reread_views(desugarer, old, new, handled)
    if base is not None:
        _write_base(desugarer, *base, new, handled)
    if (home := desugarer.homes.get(old)) is not None:
        _store_back(desugarer, home[0], home[1], new)


def _store_back(desugarer: Any, owner: str, attribute: str, new: str) -> None:
    """What was read from an attribute has been written: the attribute holds it as it is now."""
    base = desugarer.function.bases.get(owner, owner)
    version = desugarer.function.fresh(f"{base}_{attribute}")
    desugarer.emit(core.assign(version, core.name(new)))
    desugarer.body[-1].stores, desugarer.body[-1].stores_back = (core.name(owner), attribute), True
    desugarer.homes[new] = (owner, attribute)


def _follow_if_array(desugarer: Any, variables: list[str], old: str, new: str) -> None:
    """Other names of what `new` was made of in place: they show it if it is an array."""
    version = _emit(desugarer, desugarer.function.bases.get(old, old), "as_written", core.name(old), core.name(new))
    for variable in variables:
        desugarer.environment[variable] = version


def base_of(desugarer: Any, version: str) -> tuple[str, gast.AST] | None:
    """The version that this one may be a view of, and the index, if the base can still be read."""
    base, index = desugarer.views.get(version, (None, None))
    if base is None or not _is_reachable(desugarer, base):
        return None
    return base, index


def _is_reachable(desugarer: Any, version: str) -> bool:
    is_known = bool(same_object(desugarer, version)) or version in desugarer.homes
    return is_known or base_of(desugarer, version) is not None


def _write_base(desugarer: Any, base: str, index: gast.AST, new: str, handled: set[str]) -> None:
    """The base of a view that was written: the same write, which has been checked there."""
    written = _update(desugarer, base, "put_view", index, new)
    desugarer.views[new] = (written, index)
    desugarer.definitions[written].follows, desugarer.definitions[written].handled = True, handled
    write(desugarer, base, written, handled=handled)


def _reread_views(desugarer: Any, old: str, new: str, handled: set[str]) -> None:
    """Reads again what variables show of an object that was written."""
    for variable, version in list(desugarer.environment.items()):
        base, index = desugarer.views.get(version, (None, None))
        is_current = desugarer.environment[variable] == version
        if base == old and version != new and is_current and variable in desugarer.live:
            handled.add(version)
            _reread(desugarer, version, new, index, handled)


def _reread(desugarer: Any, version: str, new_base: str, index: gast.AST, handled: set[str]) -> None:
    function = desugarer.function
    index_node = as_argument(index, RuleWriter(function, None))
    base = function.bases.get(version, version)
    again = _emit(desugarer, base, "reread", core.name(version), core.name(new_base), index_node)
    desugarer.views[again] = (new_base, index)
    for variable in same_object(desugarer, version):
        desugarer.environment[variable] = again
    _reread_views(desugarer, version, again, handled)


def _update(desugarer: Any, base: str, function: str, index: gast.AST, value: str) -> str:
    index_node = as_argument(index, RuleWriter(desugarer.function, None))
    variable = desugarer.function.bases.get(base, base)
    new = _emit(desugarer, variable, function, core.name(base), index_node, core.name(value))
    desugarer.definitions[new].in_place = True
    return new


def _emit(desugarer: Any, variable: str, helper: str, *arguments: gast.AST) -> str:
    """A new version of a variable, given by a helper."""
    version = desugarer.function.fresh(variable)
    call = core.call(RuleWriter(desugarer.function, None).support(helper), *arguments)
    desugarer.emit(core.assign(version, call))
    return version
