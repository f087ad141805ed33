"""Early returns by nesting, where a branch always returns: `if c: return a` / rest becomes `if c: … else: rest`."""

import copy

import gast

from s2s.codegen.diagnostics import Diagnostics

RESULT = "result"


def single_return(body: list[gast.AST], diagnostics: Diagnostics) -> list[gast.AST]:
    """`body` with at most one return, its last statement; every other return is refused."""
    if not any(_returns_inside(s) for s in body):
        return body
    nested = _assign_result(body)
    if nested is None:
        for node in (n for s in body for n in _own_returns(s)):
            if node is not body[-1]:
                _refuse(diagnostics, node)
        return [s for s in body if not _returns_inside(s)]
    last = gast.Return(gast.Name(RESULT, gast.Load(), None, None))
    return [*nested, gast.copy_location(last, body[-1])]


def _returns_inside(statement: gast.AST) -> bool:
    return not isinstance(statement, gast.Return) and bool(_own_returns(statement))


def _own_returns(statement: gast.AST) -> list[gast.AST]:
    """Return statements of this function, not those of functions defined inside."""
    if isinstance(statement, gast.FunctionDef | gast.AsyncFunctionDef | gast.ClassDef | gast.Lambda):
        return []
    if isinstance(statement, gast.Return):
        return [statement]
    return [found for child in gast.iter_child_nodes(statement) for found in _own_returns(child)]


def _assign_result(body: list[gast.AST]) -> list[gast.AST] | None:
    """The block with its returned value assigned to `result` on every path; None if that takes more than nesting."""
    for i, statement in enumerate(body):
        if isinstance(statement, gast.Return):
            return [*body[:i], _result_is(statement)]
        if not _returns_inside(statement):
            continue
        if not isinstance(statement, gast.If):
            return None
        return _nest(body[:i], statement, body[i + 1 :])
    return None


def _nest(before: list[gast.AST], branch: gast.If, rest: list[gast.AST]) -> list[gast.AST] | None:
    then, otherwise = _assign_result(branch.body), _assign_result(branch.orelse)
    if then is None and otherwise is None:
        return None
    if then is None:
        then = _assign_result([*branch.body, *rest])
    elif otherwise is None:
        otherwise = _assign_result([*branch.orelse, *rest])
    if then is None or otherwise is None:
        return None
    new = copy.copy(branch)
    new.body, new.orelse = then, otherwise
    return [*before, new]


def _result_is(statement: gast.Return) -> gast.AST:
    value = statement.value if statement.value is not None else gast.Constant(None, None)
    return gast.copy_location(gast.Assign([gast.Name(RESULT, gast.Store(), None, None)], value, None), statement)


def _refuse(diagnostics: Diagnostics, node: gast.AST) -> None:
    diagnostics.report(
        node,
        "return before the end of the function, where the code around it does not always return",
        "assign the value to a variable and return it at the end",
    )
