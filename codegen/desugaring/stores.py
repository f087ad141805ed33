"""Writes as pure updates: `x[i] = v` makes a new version of x (`set_at`, `add_at`), and so does `xs.append(v)`."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter, as_argument
from s2s.codegen.desugaring import versions
from s2s.codegen.desugaring.refusals import refuse_outside_element, refuse_statement


def store(desugarer: Any, target: gast.Subscript, value: gast.AST) -> None:
    """`owner[index] = value`, for any expression `owner`: what it is a view or an element of is written, too."""
    value = desugarer.as_atom(value)
    owner = part_of(desugarer, target.value)
    if owner is None:
        _refuse_owner(desugarer, target)
        return
    index = desugarer.flattener().index(target.slice)
    _update(desugarer, target, owner, "set_at", index, value)


def store_augmented(desugarer: Any, statement: gast.AugAssign) -> None:
    """`owner[index] op= value`; a sum over plain slices is an addition, all else is read, changed and written."""
    target = statement.target
    owner = part_of(desugarer, target.value)
    if owner is None:
        _refuse_owner(desugarer, target)
        return
    index = desugarer.flattener().index(target.slice)
    followed = _follow(desugarer, owner)
    value = desugarer.atom(statement.value)
    owner = desugarer.environment.pop(followed)
    if isinstance(statement.op, gast.Add) and _selects_once(index):
        _update(desugarer, target, owner, "add_at", index, value)
        return
    item = desugarer.as_atom(core.subscript(core.name(owner), index))
    changed = desugarer.as_atom(core.located(gast.BinOp(item, statement.op, value), statement))
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


def augment_variable(desugarer: Any, statement: gast.AugAssign) -> None:
    """`x op= value` binds x to a new value; where x is known to be an array, that array is written."""
    target = statement.target
    old = desugarer.atom(gast.Name(target.id, gast.Load(), None, None))
    value = gast.BinOp(old, statement.op, desugarer.atom(statement.value))
    desugarer.assign(target, core.located(value, statement))
    written = desugarer.body[-1]
    written.in_place, written.augmented = True, statement
    if core.is_name(old) and desugarer.facts.at("augmented", statement):
        versions.write(desugarer, old.id, desugarer.environment[target.id], number_too=True)


def assign_each(desugarer: Any, targets: list[gast.AST], values: list[gast.AST]) -> None:
    """`a, b[i] = values`, one after the other: a write can change the values still to come that are views."""
    pending = [desugarer.function.namer.fresh("pending") for _ in values]
    local = [
        (p, v) for p, v in zip(pending, values, strict=True) if core.is_name(v) and v.id in desugarer.function.bases
    ]
    desugarer.environment.update({p: v.id for p, v in local})
    desugarer.kept_live.update(pending)
    for target, variable, value in zip(targets, pending, values, strict=True):
        version = desugarer.environment.pop(variable, None)
        desugarer.assign(target, core.name(version) if version is not None else value)


def name_after(desugarer: Any, targets: list[gast.AST], values: list[gast.AST]) -> None:
    """The temporaries of `a, b = x + y, x * y` are variables of the user's, a and b; not those of `a, b = b, a + b`."""
    pairs = zip(targets, values, strict=True)
    wanted = {v.id: t.id for t, v in pairs if core.is_name(t) and core.is_name(v)}
    if any(t in desugarer.environment for t in wanted.values()):
        return
    for statement in reversed(desugarer.body):
        if not getattr(statement, "temporary", False):
            return
        name = core.targets(statement)[0]
        if name in wanted:
            desugarer.function.bases[name] = wanted.pop(name)
            statement.temporary = False


def change(desugarer: Any, node: gast.Call, made: gast.Call) -> gast.AST:
    """`xs.append(v)`, over atoms in `made`: a new version of what `xs` is; returns what the method returned."""
    function, owner = desugarer.function, made.func.value.id
    if isinstance(node.func.value, gast.Name):
        owner = desugarer.environment[node.func.value.id]  # the arguments may have changed it
    variable = function.bases.get(owner, owner)
    given = [core.name(owner), core.constant(node.func.attr), *made.args]
    call = core.call_of(RuleWriter(function, None).support("changed"), given, made.keywords)
    version, result = function.fresh(variable), function.fresh(f"{variable}_item")
    desugarer.emit(core.unpack([version, result], gast.copy_location(call, node)))
    statement = desugarer.body[-1]
    statement.change, statement.writes = node.func.attr, [(owner, version)]
    desugarer.definitions[version] = statement
    versions.write(desugarer, owner, version)
    return core.name(result)


def change_part(desugarer: Any, node: gast.Call) -> gast.AST | None:
    """`g[k].append(v)`, `state.items.append(v)`: what the method returned; None where it is called on a variable."""
    if isinstance(node.func.value, gast.Name):
        return None
    owner = part_of(desugarer, node.func.value)
    if owner is None:
        return None
    flattener, followed = desugarer.flattener(), _follow(desugarer, owner)
    arguments = [flattener.argument(a) for a in node.args]
    keywords = [gast.keyword(k.arg, flattener.atom(k.value)) for k in node.keywords]
    method = core.attribute(core.name(desugarer.environment.pop(followed)), node.func.attr)
    return change(desugarer, node, core.call_of(method, arguments, keywords))


def _follow(desugarer: Any, version: str) -> str:
    """A hidden variable that stands for the object of a version, while what is evaluated next may write it."""
    variable: str = desugarer.function.namer.fresh("part")
    desugarer.environment[variable] = version
    desugarer.kept_live.add(variable)
    return variable


def part_of(desugarer: Any, expression: gast.AST) -> str | None:
    """The current version of a variable, or of a part of one, that is to be written; None if it is neither."""
    root = expression
    while isinstance(root, gast.Subscript | gast.Attribute):
        root = root.value
    if not (isinstance(root, gast.Name) and root.id in desugarer.environment):
        return None
    part = desugarer.atom(expression)
    return part.id if core.is_name(part) else None


def _refuse_owner(desugarer: Any, target: gast.Subscript) -> None:
    root = target.value
    while isinstance(root, gast.Subscript | gast.Attribute):
        root = root.value
    if isinstance(root, gast.Name) and root.id not in desugarer.function.parameters:
        desugarer.declared_outside.add(root.id)
        refuse_outside_element(desugarer.diagnostics, target, root.id)
    else:
        refuse_statement(desugarer.diagnostics, target)


def _selects_once(index: gast.AST) -> bool:
    """Can this index name no element twice? Slices and literals cannot, arrays of positions can."""
    parts = index.elts if isinstance(index, gast.Tuple) else [index]
    return all(isinstance(p, gast.Slice) or core.is_literal(p) for p in parts)


def _update(
    desugarer: Any, target: gast.Subscript, owner: str, function: str, index: gast.AST, value: gast.AST
) -> None:
    writer = RuleWriter(desugarer.function, None)
    call = core.call(writer.support(function), core.name(owner), as_argument(index, writer), value)
    write_with(desugarer, owner, gast.copy_location(call, target))


def write_with(desugarer: Any, owner: str, pure: gast.AST) -> str:
    """Writes the object of a version: `pure`, an operation on it, is its new value. Returns the new version."""
    new = desugarer.function.fresh(desugarer.function.bases.get(owner, owner))
    desugarer.emit(core.assign(new, pure))
    desugarer.body[-1].in_place = True
    versions.write(desugarer, owner, new)
    return new
