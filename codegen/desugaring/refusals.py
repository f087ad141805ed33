"""What Core does not hold yet: for each construct, the cause and a rewrite, in one table."""

import builtins
from collections.abc import Callable, Iterable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.diagnostics import Diagnostics
from s2s.codegen.reading.guards import UNRESOLVED

HIDDEN_READS = ("eval", "exec", "locals", "vars")
# gast class to (cause, what to write instead).
STATEMENTS = {
    "Break": ("break is not supported yet", "put the condition into the loop's test, or compute with np.where"),
    "Continue": ("continue is not supported yet", "put the rest of the loop body into an `if`"),
    "FunctionDef": ("a function defined inside a function is not supported yet", "define it at module level"),
    "AsyncFunctionDef": ("async functions have no derivative", "write a plain function"),
    "ClassDef": ("a class defined inside a function is not supported", "define the class at module level"),
    "Try": ("try around differentiated code is not supported", "test for the condition with `if` before computing"),
    "TryStar": ("try around differentiated code is not supported", "test for the condition with `if`"),
    "With": ("with is not supported yet", "move the context manager outside of the transformed function"),
    "Global": ("writing a global variable is a side effect", "return the value and assign it outside"),
    "Nonlocal": ("writing a nonlocal variable is a side effect", "return the value and assign it outside"),
    "Delete": ("del is not supported", "leave the variable alone, or give the new value a new name"),
    "Raise": ("raise is not supported yet", "use assert"),
    "AugAssign": ("in-place writes are not supported yet", "build a new array with np.where, np.concatenate, np.stack"),
    "Subscript": ("in-place writes are not supported yet", "build a new array with np.where, np.concatenate, np.stack"),
    "Attribute": ("writing an attribute is not supported yet", "keep the value in a local variable"),
    "Match": ("match is not supported yet", "use if and elif"),
    "Import": ("import inside a function is not supported", "import at the top of the file"),
    "ImportFrom": ("import inside a function is not supported", "import at the top of the file"),
    "For": ("else on a loop is not supported yet", "move the else block behind an `if` after the loop"),
    "While": ("else on a loop is not supported yet", "move the else block behind an `if` after the loop"),
}
EXPRESSIONS = {
    "Yield": ("yield makes this a generator, which has no derivative", "return a list or an array"),
    "YieldFrom": ("yield makes this a generator, which has no derivative", "return a list or an array"),
    "Await": ("async code has no derivative", "write a plain function"),
    "NamedExpr": (
        "an assignment inside an expression that is evaluated never or many times is not supported yet",
        "assign on a line of its own",
    ),
    "Dict": ("** inside a dict display is not supported yet", "name the keys"),
}


def refuse_statement(diagnostics: Diagnostics, statement: gast.AST, part: str | None = None) -> None:
    name = type(statement).__name__
    cause, rewrite = STATEMENTS.get(name, (f"{name.lower()} is not supported here", "rewrite this statement"))
    diagnostics.report(statement, cause, rewrite)


def refuse_expression(diagnostics: Diagnostics, expression: gast.AST) -> None:
    name = type(expression).__name__
    cause, rewrite = EXPRESSIONS.get(name, (f"{name.lower()} is not supported here", "rewrite this expression"))
    diagnostics.report(expression, cause, rewrite)


def refuse_outside_write(diagnostics: Diagnostics, target: gast.AST) -> None:
    cause = f"writing {target.id!r}, a global or nonlocal variable, is a side effect"
    diagnostics.report(target, cause, "return the value and assign it outside")


def refuse_outside_element(diagnostics: Diagnostics, target: gast.AST, name: str) -> None:
    cause = f"writing into {name!r}, which is made outside of the function, is a side effect"
    diagnostics.report(target, cause, f"take a copy, `own = {name}.copy()`, write into that, and return it")


def refuse_integer_result(inference: Any, statement: gast.AST, operation: Any, active: tuple[str, ...]) -> None:
    """`np.sum(x, dtype=int)` cuts fractions off, which the rule of the sum does not know."""
    node = operation.binding.get("dtype")
    found = inference.global_object(node) if node is not None and active else None
    if found is None or operation.primitive.name in ("astype", "array", "asarray"):
        return
    if found is not UNRESOLVED and np.issubdtype(np.dtype(found), np.inexact):
        return
    cause = f"the dtype of {operation.primitive.name} is not a floating-point one, which has no derivative"
    inference.refuse(statement, cause, "leave dtype out, or convert the result with .astype")


def gives_integers(inference: Any, operation: Any) -> bool:
    """Whether an operation casts to integers or bools, which do not depend on anything smoothly."""
    node = operation.binding.get("dtype")
    if node is None or operation.primitive.name not in ("astype", "array", "asarray"):
        return False
    found = core.literal(node) if core.is_literal(node) else inference.global_object(node)
    is_dtype = isinstance(found, str | np.dtype) or (isinstance(found, type) and found is not object)
    return is_dtype and np.dtype(found).kind in "biu"


def refuse_static_operands(inference: Any, statement: gast.AST, primitive: Any, active: tuple[str, ...]) -> None:
    for parameter in active:
        if parameter not in (*primitive.operands, *primitive.shape_only, "index"):
            cause = f"the argument {parameter!r} of {primitive.name} depends on a differentiated value"
            inference.refuse(statement, cause, "compute it from values that are not differentiated")


def refuse_hidden_reads(calls: Iterable[gast.Call], resolve: Callable[[str], Any], diagnostics: Diagnostics) -> None:
    """Refuses calls that read variables which the text does not name: their derivatives would be lost."""
    for node in calls:
        if type(node.func) is gast.Name and node.func.id in HIDDEN_READS:
            is_builtin = resolve(node.func.id) is getattr(builtins, node.func.id)
            if is_builtin and not (node.func.id == "vars" and node.args):
                cause = f"{node.func.id}() reads variables by names that are known at run time only"
                diagnostics.report(node, cause, "name the variables")
