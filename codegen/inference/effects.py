"""Calls that write into their arguments.

In Core every function is pure: one that writes the objects of some parameters returns what became of them, as
`(result, *finals)`, and a call of it gives the written arguments new versions:

    results = scale_rows(a, s)
    result, a = results

That is an ordinary call of an ordinary pair, to both modes. How it comes about:

1. Inference finds, with the callee's instance, which parameters it writes (`Instance.writes`), and notes the fact at
   the call: the places of these arguments (`note`). The function is then desugared again (`facts.py`).
2. The desugarer, when it meets a call with that fact, writes the two statements above and gives everything that stands
   for the written object its new version (`versions.write`), views and aliases included.
3. Inference asks for the instance that returns these finals (`requested`), desugared with `Facts(written=…)`: each
   written parameter has a hidden variable that follows its object, though the parameter be rebound.

Whatever else can write an object (a method that writes attributes of `self`, a list that is appended to) needs no more
than (a) a Core statement marked `in_place` whose owner, `aliasing.owner_of`, is the version written, made with
`stores.write_with`, and (b) for calls, a place: a position, a keyword, or RECEIVER for what the method is called on.
"""

import builtins
import dis
import functools
import types
from collections.abc import Iterable, Mapping
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter
from s2s.codegen.desugaring import updates, versions
from s2s.codegen.desugaring.facts import note_at_call
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.functions import function_values
from s2s.codegen.inference.kinds import DictOf, Kind, ListOf, MapOf, Numeric, TupleOf, Unknown
from s2s.codegen.inference.operations import Operation
from s2s.codegen.reading.source import FunctionSource
from s2s.runtime import support

# The place of what a method is called on.
RECEIVER = "self"
Place = int | str


WRITING_NAMES = frozenset(
    {*updates.METHODS, "at", "copyto", "put", "place", "putmask", "fill_diagonal", "put_along_axis"}
)
WRITING_INSTRUCTIONS = ("STORE_SUBSCR", "STORE_SLICE", "STORE_ATTR", "DELETE_SUBSCR", "KW_NAMES", "CALL_KW")


# In the desugarer ------------------------------------------------------------------------------------------------


def expression_statement(desugarer: Any, value: gast.AST) -> None:
    """`f(a)` for its effect."""
    if desugarer.facts.at("call", value) is None and not _may_write(value):
        desugarer.emit(gast.Expr(desugarer.opaque(value)))
        return
    result = desugarer.rhs(value)
    if not isinstance(result, gast.Name | gast.Constant):
        desugarer.emit(gast.Expr(result))


def _may_write(expression: gast.AST) -> bool:
    """Is this a call for its effect on its receiver or its arguments?"""
    if not isinstance(expression, gast.Call):
        return False
    name = expression.func.id if core.is_name(expression.func) else "setattr"
    return name == "setattr" or not hasattr(builtins, name)


def call(desugarer: Any, node: gast.AST, made: gast.AST) -> gast.AST:
    """The call `made` of the user's `node`; what is known to write its arguments is followed by their new versions."""
    found = desugarer.facts.at("call", node)
    made = core.located(made, node) if found is not None else made
    if isinstance(found, updates.Update):
        return updates.apply(desugarer, made, found)
    rebound = _rebound(desugarer, node)
    places = _in_order({*(found or ()), *rebound})
    return _called(desugarer, core.located(made, node), places, rebound) if places else made


def has_effects(desugarer: Any, node: gast.AST) -> bool:
    """Is this a call that is known to give variables new versions?"""
    is_call = isinstance(node, gast.Call)
    return is_call and (desugarer.facts.at("call", node) is not None or bool(_rebound(desugarer, node)))


def _rebound(desugarer: Any, node: gast.Call) -> dict[Place, str]:
    """The places of the variables that a function defined inside assigns (`nonlocal`), and these variables."""
    source = desugarer.function.references.get(node.func.id) if core.is_name(node.func) else None
    rebinds = source.rebinds if isinstance(source, FunctionSource) else ()
    if not rebinds:
        return {}
    arguments = source.tree.args
    parameters = [a.id for a in [*arguments.posonlyargs, *arguments.args]]
    named = {i: p for i, p in enumerate(parameters[: len(node.args)])} | {k.arg: k.arg for k in node.keywords}
    return {place: p for place, p in named.items() if p in rebinds}


def _in_order(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda p: (isinstance(p, str), p)))


def _called(desugarer: Any, made: gast.AST, places: tuple[Place, ...], rebound: Mapping[Place, str]) -> gast.AST:
    function = desugarer.function
    both = desugarer.facts.at("written and assigned", made) or ()
    results, result = function.fresh("results"), function.fresh("result")
    desugarer.emit(core.assign(results, made))
    desugarer.body[-1].effects, desugarer.body[-1].temporary = places, True
    nodes = [(p, argument_at(made, p)) for p in places]
    names = [rebound.get(p) or function.bases.get(n.id, n.id) for p, n in nodes if p in rebound or core.is_name(n)]
    finals = [function.fresh(name) for name in names]
    unpacked = core.unpack([result, *finals], core.name(results))
    desugarer.emit(unpacked)
    unpacked.writes = []
    for (place, node), new in zip([(p, n) for p, n in nodes if p in rebound or core.is_name(n)], finals, strict=True):
        desugarer.definitions[new] = unpacked
        if place not in rebound or rebound[place] in both:
            unpacked.writes.append((node.id, new))
            versions.write(desugarer, node.id, new)
        if place in rebound:
            desugarer.environment[rebound[place]] = new
    return core.name(result)


def argument_at(node: gast.Call, place: Place) -> gast.AST:
    if isinstance(place, int):
        return node.args[place]
    if place == RECEIVER and isinstance(node.func, gast.Attribute):
        return node.func.value
    return next(k.value for k in node.keywords if k.arg == place)


# In inference ----------------------------------------------------------------------------------------------------


def places_of(node: gast.Call) -> dict[Place, gast.AST]:
    """Every place of a call's arguments."""
    found: dict[Place, gast.AST] = dict(enumerate(node.args))
    found |= {k.arg: k.value for k in node.keywords if k.arg is not None}
    return found | ({RECEIVER: node.func.value} if isinstance(node.func, gast.Attribute) else {})


def requested(statement: gast.AST, node: gast.Call, bound: dict[str, gast.AST]) -> tuple[str, ...]:
    """The callee's parameters whose finals the statement unpacks, in its order."""
    nodes = [argument_at(node, p) for p in getattr(statement, "effects", ())]
    return tuple(next(p for p, argument in bound.items() if argument is n) for n in nodes)


def note(inference: Any, statement: gast.AST, node: gast.Call, bound: dict[str, gast.AST], writes: Any) -> None:
    """Notes that a call writes the arguments of the parameters `writes`, where it was not known yet."""
    _note_both(inference, node, writes)
    known = set(getattr(statement, "effects", ()))
    if writes and "closure_read" in statement.__dict__:
        cause = (
            f"this call of a function that is used as a value writes into {sorted(writes)[0]!r} of the function around"
        )
        inference.refuse(node, cause, "call the function by its own name")
        return
    by_node = {id(argument): place for place, argument in places_of(node).items()}
    wanted = requested(statement, node, bound)
    missing = [p for p in writes if p not in wanted]
    for parameter in missing:
        argument = bound.get(parameter)
        if argument is None or not core.is_name(argument) or argument.id not in inference.kinds:
            cause = f"the call writes into its argument {parameter!r}, which is no variable of this function"
            inference.refuse(node, cause, "pass an array that is made here")
            return
        known.add(by_node.get(id(argument)))
    places = _in_order(known)
    if missing and not note_at_call(inference, node, places):
        inference.refuse(node, f"this call writes into its argument {missing[0]!r}", "return the new value instead")


def _note_both(inference: Any, node: gast.Call, writes: Any) -> None:
    """Notes the variables around that a function both writes into and assigns anew: `total += v` of an array."""
    source = inference.function.references.get(node.func.id) if core.is_name(node.func) else None
    both = frozenset(p for p in writes if p in source.rebinds) if isinstance(source, FunctionSource) else frozenset()
    if not both:
        return
    plain = sorted(p for p in both if p in _assigned_anew(source.tree))
    if plain or not inference.function.facts.note("written and assigned", node, both):
        cause = f"this call both writes into {(plain or sorted(both))[0]!r} and assigns it another value"
        inference.refuse(node, cause, "return the new value instead")


def _assigned_anew(tree: gast.AST) -> set[str]:
    """Names that a function assigns other than by `+=` and its like."""
    augmented = {id(n.target) for n in gast.walk(tree) if isinstance(n, gast.AugAssign)}
    names = (n for n in gast.walk(tree) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store))
    return {n.id for n in names if id(n) not in augmented}


def of_statement(inference: Any, statement: gast.AST, node: gast.Call) -> bool:
    """Notes what a call for its effect writes; False if it is not known to write anything."""
    target = inference.global_object(node.func)
    if updates.note(inference, node, target):
        return True
    if updates.note_out(inference, node, target):
        return True
    return calls_user_function(inference, node, target) and writes_something(inference, statement, node, target)


def calls_user_function(inference: Any, node: gast.Call, target: Any) -> bool:
    is_function = type(target).__name__ == "function" or isinstance(target, FunctionSource)
    return is_function and type(node.func) in (gast.Name, gast.Attribute)


def writes_something(inference: Any, statement: gast.AST, node: gast.Call, target: Any) -> bool:
    """Infers the callee for what it writes alone; what it cannot be transformed for is no matter then."""
    reported = len(inference.diagnostics.found)
    facts = inference.function.facts
    try:
        inference.program.call(inference, statement, node, target)
    except UnsupportedError:
        if inference.reads_active(node):
            raise
        return False
    refused = len(inference.diagnostics.found) > reported
    del inference.diagnostics.found[reported:]
    return facts.grew and not refused


def of_inactive(inference: Any, statement: gast.AST, node: gast.Call, target: Any) -> Kind | None:
    """Notes what a call on values that are not differentiated writes; its kind where that is known already."""
    if not hasattr(statement, "effects") and type(target).__name__ == "function" and may_write(target):
        writes_something(inference, statement, node, target)
        statement.operation = Operation("inactive")
    return inactive_results(inference, statement, node) if hasattr(statement, "effects") else None


def may_write(function: Any) -> bool:
    """Is there anything in a function, or in one that it calls, that can write an object?"""
    return _code_may_write(function.__code__, function.__globals__, 4)


def _code_may_write(code: types.CodeType, names: Mapping[str, Any], depth: int) -> bool:
    if WRITING_NAMES.intersection(code.co_names) or _has_writing_instruction(code):
        return True
    called = [f for f in map(names.get, code.co_names) if isinstance(f, types.FunctionType)]
    return depth == 0 or any(_code_may_write(f.__code__, f.__globals__, depth - 1) for f in called)


@functools.cache
def _has_writing_instruction(code: types.CodeType) -> bool:
    found = dis.get_instructions(code)
    return any(i.opname in WRITING_INSTRUCTIONS or (i.opname == "BINARY_OP" and i.argrepr.endswith("=")) for i in found)


def inactive_results(inference: Any, statement: gast.AST, node: gast.Call) -> Kind:
    """The kind of `(result, *finals)` where nothing of it is differentiated."""
    return TupleOf((Unknown(), *[inference.kind(argument_at(node, p)) for p in statement.effects]))


def finish(function: core.Function) -> None:
    """Calls with effects as plain Python: on copies of what they write, until a pair or a tangent takes their place."""
    for statement in core.walk(function.body):
        if getattr(statement, "effects", None) and not function_values.needs_plain(statement):
            statement.value = _with_copies(function, statement.value, statement.effects)


def _with_copies(function: core.Function, node: gast.Call, places: tuple[Place, ...]) -> gast.Call:
    helper = core.name(RuleWriter(function, None).alias(support.with_copies, "with_copies"))
    written = core.tuple_of(core.constant(p) for p in places)
    return core.call_of(helper, [node.func, written, *node.args], node.keywords)


def arguments_of(statement: gast.AST) -> list[gast.AST]:
    """The positional arguments of a finished call of a user function."""
    is_wrapped = getattr(statement, "effects", None) and not function_values.needs_plain(statement)
    return statement.value.args[2:] if is_wrapped else statement.value.args


PURE = {support.put: support.set_at, support.put_add: support.add_at}
SPECIAL = (support.with_copies, support.reread, support.put_view, *PURE)


def of_call(inference: Any, statement: gast.AST, node: gast.Call, target: Any) -> Kind | None:
    """The kind of a call of a helper that kinds decide, or with `out=`, which is noted; None for all others."""
    if any(target is helper for helper in SPECIAL):
        return special(inference, statement, node, target)
    return Unknown() if updates.note_out(inference, node, target) else None


def special(inference: Any, statement: gast.AST, node: gast.Call, target: Any) -> Kind | None:
    """Helpers whose meaning kinds decide; None where they are called as they are."""
    if target is support.with_copies:
        statement.value = plain_call(statement, node)
    elif target in PURE:  # whether it may be done in place is asked again once the derivative is written
        helper = core.name(RuleWriter(inference.function, None).alias(PURE[target], PURE[target].__name__))
        statement.value = gast.copy_location(core.call_of(helper, node.args, node.keywords), node)
    elif target is support.reread:
        statement.value = _reread(inference, statement, node)
    else:
        statement.value = _put_view(inference, statement, node)
    kind: Kind | None = inference.expression(statement) if statement.value is not node else None
    return kind


def _reread(inference: Any, statement: gast.AST, node: gast.Call) -> gast.AST:
    """A view is read again, and so is an element of a container in which an element has been written.

    It is still the same object where the container itself was changed, and a number is no view.
    """
    old, base, index = node.args
    if _is_number(inference.kind(old)):
        return old
    if isinstance(inference.kind(base), TupleOf | ListOf | DictOf | MapOf):
        made = inference.definitions.get(base.id)
        if made is None or not made.__dict__.get("follows", False):
            return old
        statement.reread_of = old.id
        return core.subscript(base, index)
    index = _index_of(index)
    return core.subscript(base, index) if _is_view(inference, base, index) else node


def _put_view(inference: Any, statement: gast.AST, node: gast.Call) -> gast.AST:
    base, index, _ = node.args
    holds = isinstance(inference.kind(base), TupleOf | ListOf | DictOf | MapOf)
    if holds and isinstance(_index_of(index), gast.Slice):
        return base  # a slice of a list is a list of its own
    if not holds and not _is_view(inference, base, _index_of(index)):
        return node
    helper = core.name(RuleWriter(inference.function, None).alias(support.set_at, "set_at"))
    return gast.copy_location(core.call_of(helper, node.args, []), statement)


def _index_of(node: gast.AST) -> gast.AST:
    """`i` of an argument `np.s_[i]`, which holds slices."""
    return node.slice if isinstance(node, gast.Subscript) else node


def _is_view(inference: Any, base: gast.AST, index: gast.AST) -> bool:
    """Is it certain that an item of an array is a view? With a slice and, beside it, plain numbers it is."""
    parts = index.elts if isinstance(index, gast.Tuple) else [index]
    plain = all(isinstance(p, gast.Slice) or core.is_literal(p) or _is_number(inference.kind(p)) for p in parts)
    is_array = isinstance(inference.kind(base), Numeric)
    return is_array and plain and any(isinstance(p, gast.Slice) for p in parts)


def _is_number(kind: Kind) -> bool:
    return isinstance(kind, Numeric) and kind.scalar


def plain_call(statement: gast.AST, node: gast.Call) -> gast.Call:
    """The call inside of `with_copies(f, written, …)`, whose effects the statement has from here on."""
    statement.effects = core.literal(node.args[1])
    return gast.copy_location(core.call_of(node.args[0], node.args[2:], node.keywords), node)
