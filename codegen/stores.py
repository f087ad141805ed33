"""Writes to elements of arrays, as pure updates: `x[i] = v` makes a new version of x (`set_at`, `add_at`)."""

from typing import Any

import gast

from s2s.codegen import core
from s2s.codegen.refusals import refuse_statement
from s2s.codegen.rules import RuleWriter, as_argument


def store(desugarer: Any, target: gast.Subscript, value: gast.AST) -> None:
    """`owner[index] = value`."""
    owner = _owner(desugarer, target)
    if owner is None:
        return
    value = desugarer.as_atom(value)
    index = desugarer.flattener().index(target.slice)
    _update(desugarer, target, owner, "set_at", index, value)


def store_augmented(desugarer: Any, statement: gast.AugAssign) -> None:
    """`owner[index] op= value`; a sum over plain slices is an addition, all else is read, changed and written."""
    target = statement.target
    owner = _owner(desugarer, target)
    if owner is None:
        return
    index = desugarer.flattener().index(target.slice)
    value = desugarer.atom(statement.value)
    if isinstance(statement.op, gast.Add) and _selects_once(index):
        _update(desugarer, target, owner, "add_at", index, value)
        return
    item = desugarer.as_atom(core.subscript(core.name(owner), index))
    changed = desugarer.as_atom(gast.BinOp(item, statement.op, value))
    _update(desugarer, target, owner, "set_at", index, changed)


def store_attribute(desugarer: Any, target: gast.Attribute, value: gast.AST) -> None:
    """`owner.attribute = value`: a variable for the attribute, which inference knows to be that of the object."""
    owner = desugarer.atom(target.value)
    base = core.dotted(owner) or "value"
    base = desugarer.function.bases.get(base, base)
    version = desugarer.function.fresh(f"{base}_{target.attr}")
    desugarer.emit(core.located(core.assign(version, value), target))
    desugarer.body[-1].stores = (owner, target.attr)


def store_attribute_augmented(desugarer: Any, statement: gast.AugAssign) -> None:
    """`owner.attribute op= value`."""
    target = statement.target
    owner = desugarer.atom(target.value)
    read = gast.copy_location(gast.Attribute(owner, target.attr, gast.Load()), target)
    left = desugarer.as_atom(read)
    value = gast.BinOp(left, statement.op, desugarer.atom(statement.value))
    store_attribute(desugarer, gast.copy_location(gast.Attribute(owner, target.attr, gast.Store()), target), value)
    desugarer.body[-1].in_place = True


def refuse_several(desugarer: Any, target: gast.Tuple | gast.List) -> None:
    """`x[0], x[1] = …` writes one element before the other, which views of the first can see."""
    written = [e for e in target.elts if isinstance(e, gast.Subscript)]
    if len(written) > 1:
        desugarer.diagnostics.report(
            target,
            "several elements written in one statement are not supported yet",
            "copy the values to variables first, then write one element a statement",
        )


def _owner(desugarer: Any, target: gast.Subscript) -> str | None:
    """The current version of the local variable that is written."""
    if isinstance(target.value, gast.Name) and target.value.id in desugarer.environment:
        return desugarer.environment[target.value.id]
    refuse_statement(desugarer.diagnostics, target)
    return None


def _selects_once(index: gast.AST) -> bool:
    """Can this index name no element twice? Slices and literals cannot, arrays of positions can."""
    parts = index.elts if isinstance(index, gast.Tuple) else [index]
    return all(isinstance(p, gast.Slice) or core.is_literal(p) for p in parts)


def _update(
    desugarer: Any, target: gast.Subscript, owner: str, function: str, index: gast.AST, value: gast.AST
) -> None:
    writer = RuleWriter(desugarer.function, None)
    call = core.call(writer.support(function), core.name(owner), as_argument(index, writer), value)
    desugarer.assign(target.value, gast.copy_location(call, target))
    desugarer.body[-1].in_place = True
