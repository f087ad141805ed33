"""`with` around code that computes the same without it: floating-point warnings, warnings filters, null contexts."""

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.desugaring import jumps

Resolve = Callable[[str], Any]
# What they do ends with the block, and changes what is printed, not what is computed.
QUIET = ("ignore", "warn", "print", "default", "once", "always", "module")
FILTERS = (warnings.simplefilter, warnings.filterwarnings)


def without_inert(function: Any, resolve: Resolve) -> Any:
    """The function with the bodies of inert `with` statements, and of `try` without handlers, in their place."""
    if not jumps.may_hold(function.body, gast.With) and not jumps.may_hold(function.body, gast.Try):
        return function
    return _Inert(resolve).visit(core.copied(function))


_JUMPS = (gast.Return, gast.Break, gast.Continue, gast.Yield, gast.YieldFrom)


class _Inert(gast.NodeTransformer):
    def __init__(self, resolve: Resolve):
        self.resolve = resolve

    def visit_With(self, node: Any) -> Any:
        self.generic_visit(node)
        entered = [self._entered(item) for item in node.items]
        body = [s for s in node.body if not self._is_quiet_filter(s)]
        filters = any(self._target(n) in FILTERS for s in body for n in gast.walk(s))
        if filters or any(statements is None for statements in entered):
            return node
        first = [gast.copy_location(s, node) for statements in entered for s in statements or ()]
        return [*first, *body] or [gast.copy_location(gast.Pass(), node)]

    def visit_Try(self, node: Any) -> Any:
        """`try: … finally: …`: what ends it goes behind, unless something jumps over it."""
        self.generic_visit(node)
        jumping = any(isinstance(n, _JUMPS) for s in (*node.body, *node.finalbody) for n in gast.walk(s))
        return node if node.handlers or jumping else [*node.body, *node.orelse, *node.finalbody]

    def _entered(self, item: Any) -> list[gast.AST] | None:
        """What entering the manager comes to, None if that is more than nothing or an assignment."""
        call, variable = item.context_expr, item.optional_vars
        manager = self._target(call)
        if manager is contextlib.nullcontext and not call.keywords:
            value = call.args[0] if call.args else core.constant(None)
            return [] if variable is None else [gast.Assign([variable], value, None)]
        given = [*call.args, *[k.value for k in call.keywords]] if isinstance(call, gast.Call) else []
        is_inert = manager is np.printoptions or manager is warnings.catch_warnings and not given
        is_inert = is_inert or manager is np.errstate and all(core.is_literal(v) and v.value in QUIET for v in given)
        return [] if is_inert and variable is None else None

    def _is_quiet_filter(self, statement: gast.AST) -> bool:
        call = statement.value if isinstance(statement, gast.Expr) else None
        if self._target(call) not in FILTERS:
            return False
        return bool(call.args) and core.is_literal(call.args[0]) and core.literal(call.args[0]) in QUIET

    def _target(self, call: Any) -> Any:
        """What a call calls, where that is known."""
        path = core.dotted(call.func) if isinstance(call, gast.Call) else None
        return self.resolve(path) if path is not None else None
