"""Floating-point warnings of batched code: rows also go through branches that they do not take.

Statements of such branches that may warn stand under `with np.errstate(all="ignore")`; all others warn as ever, so that
the two kinds are not nested into each other.
"""

from collections.abc import Callable
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.derivatives.rules import RuleWriter

# What a statement computes, and what is nested into that.
Expressions = Callable[[gast.AST], list[gast.AST]]
_OPERATORS = (gast.Div, gast.FloorDiv, gast.Mod, gast.Pow)
_FUNCTIONS = frozenset(
    """
    divide true_divide floor_divide remainder mod fmod power float_power reciprocal sqrt cbrt log log2 log10 log1p
    logaddexp logaddexp2 exp exp2 expm1 sinh cosh arcsin arccos arccosh arctanh tan logit divide_or_zero log_or_zero
    power_partial mean var std solve inv slogdet gammaln digamma norm
    """.split()
)


def mark(function: core.Function, statements: list[gast.AST]) -> None:
    """Notes that not all rows need what these statements compute."""
    inside = core.walk(statements)
    if not any(_may_warn(s) for s in inside):
        return
    function.has_unneeded_rows = True  # type: ignore[attr-defined]
    for statement in inside:
        if type(statement) is gast.Assign and _computes(statement.value):
            statement.is_masked = True


def may_nest(function: core.Function, statement: gast.AST, user: gast.AST, expressions: Expressions) -> bool:
    """May the statement be nested into its user without that warnings appear, or go?"""
    if not getattr(function, "has_unneeded_rows", False):
        return True
    masked = is_masked(statement)
    if masked == is_masked(user):
        return True
    if masked:
        if any(map(_warns_inside, expressions(user))) or type(user) is not gast.Assign:
            return False
        user.is_masked = True
        return True
    return not any(map(_warns_inside, expressions(statement)))


def is_masked(statement: gast.AST) -> bool:
    return statement.__dict__.get("is_masked", False)


def _may_warn(statement: gast.AST) -> bool:
    expression = core.header(statement)
    return expression is not None and _warns_inside(expression)


def _warns_inside(expression: gast.AST) -> bool:
    return any(map(_warns, gast.walk(expression)))


def _warns(node: gast.AST) -> bool:
    if isinstance(node, gast.BinOp):
        return isinstance(node.op, _OPERATORS)
    return isinstance(node, gast.Call) and (core.dotted(node.func) or "").rpartition(".")[2] in _FUNCTIONS


def _computes(value: gast.AST) -> bool:
    """Is anything computed that infinities of operations before could make warn?"""
    return any(isinstance(n, gast.BinOp) or _warns(n) for n in gast.walk(value))


def insert(function: core.Function, body: list[gast.AST]) -> list[gast.AST]:
    """The body, finished otherwise, with masked statements under `np.errstate`."""
    return _block(function, body) if getattr(function, "has_unneeded_rows", False) else body


def _block(function: core.Function, body: list[gast.AST]) -> list[gast.AST]:
    done: list[gast.AST] = []
    for statement in body:
        for attribute in ("body", "orelse"):
            if getattr(statement, attribute, None):
                setattr(statement, attribute, _block(function, getattr(statement, attribute)))
        if not is_masked(statement):
            done.append(statement)
        elif done and isinstance(done[-1], gast.With):
            done[-1].body.append(statement)
        elif len(done) > 1 and isinstance(done[-2], gast.With) and _is_neutral(done[-1]):
            done[-2].body += [done.pop(), statement]
        else:
            done.append(_ignoring(function, statement))
    return done


def _is_neutral(statement: gast.AST) -> bool:
    return type(statement) is gast.Assign and not _may_warn(statement)


def _ignoring(function: core.Function, statement: gast.AST) -> Any:
    call = core.call_of(
        RuleWriter(function, None).numpy("errstate"), [], [gast.keyword("all", core.constant("ignore"))]
    )
    return core.from_statement(gast.With([gast.withitem(call, None)], [statement], None), statement)
