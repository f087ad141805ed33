"""The headers of `for` loops: what they iterate, and targets that mirror its `zip` and `enumerate`."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.desugaring import consumed_generators

HEADER_CALLS = ("zip", "enumerate", "reversed")


def iterable(desugarer: Any, expression: gast.AST) -> gast.AST:
    """A loop's iterable: `zip`, `enumerate` and `reversed` stay in the header, over atoms."""
    name = expression.func.id if isinstance(expression, gast.Call) and core.is_name(expression.func) else None
    plain = name is not None and name not in desugarer.locals and _only_strict(name, expression.keywords)
    started = expression.keywords if name == "enumerate" else []
    if name in HEADER_CALLS and plain and not any(isinstance(a, gast.Starred) for a in expression.args):
        desugarer.flattener().atom(expression.func)
        parts = [iterable(desugarer, expression.args[0]), *expression.args[1:], *[k.value for k in started]]
        if name == "zip":
            parts = [iterable(desugarer, a) for a in expression.args]
        elif name == "enumerate":
            parts = [parts[0], *[desugarer.atom(a) for a in parts[1:]]]
        call = core.call(name, *parts)
        call.keywords = [] if started else expression.keywords
        return call
    if name == "range" and plain:
        desugarer.flattener().atom(expression.func)
        return core.call("range", *[desugarer.atom(a) for a in expression.args])
    return desugarer.atom(consumed_generators.as_list(expression))


def target(desugarer: Any, written: gast.AST, iterator: gast.AST) -> tuple[gast.AST, list[gast.AST]]:
    """Targets that mirror the iterator's zip/enumerate structure; deeper patterns are unpacked in the body."""
    if isinstance(written, gast.Name):
        return _fresh_target(desugarer, written.id, iterator)
    parts = _iterator_parts(iterator)
    if parts is None or len(parts) != len(written.elts) or any(isinstance(e, gast.Starred) for e in written.elts):
        item = desugarer.function.fresh("item")
        desugarer.environment[item] = item
        desugarer.locals.add(item)
        return core.stored(item), [_user_assign(desugarer, written, item)]
    done = [target(desugarer, t, p) for t, p in zip(written.elts, parts, strict=True)]
    return gast.Tuple([t for t, _ in done], gast.Store()), [s for _, p in done for s in p]


def _fresh_target(desugarer: Any, identifier: str, iterator: gast.AST) -> tuple[gast.AST, list[gast.AST]]:
    parts = _iterator_parts(iterator)
    if parts is not None:
        names = [desugarer.function.fresh(f"{identifier}_{i}") for i in range(len(parts))]
        desugarer.environment.update({n: n for n in names})
        desugarer.locals.update(names)
        done = [target(desugarer, core.stored(n), p) for n, p in zip(names, parts, strict=True)]
        build = gast.Assign([core.stored(identifier)], core.tuple_of(core.name(n) for n in names), None)
        inner = [s for _, p in done for s in p]
        return gast.Tuple([t for t, _ in done], gast.Store()), [*inner, _placed(desugarer, build)]
    version = desugarer.function.fresh(identifier)
    desugarer.environment[identifier] = version
    return core.stored(version), []


def _user_assign(desugarer: Any, target: gast.AST, item: str) -> gast.AST:
    return _placed(desugarer, gast.Assign([target], core.name(item), None))


def _placed(desugarer: Any, statement: gast.AST) -> gast.AST:
    statement.lineno = desugarer.origin.origin[1] if desugarer.origin is not None else 0
    return core.from_statement(statement, desugarer.origin)


def _only_strict(name: str, keywords: list[gast.AST]) -> bool:
    """Are there no keywords but a literal `strict` of zip, and the start of enumerate?"""
    if name == "enumerate":
        return all(k.arg == "start" for k in keywords)
    return all(name == "zip" and k.arg == "strict" and isinstance(k.value, gast.Constant) for k in keywords)


def _iterator_parts(iterator: gast.AST) -> list[gast.AST] | None:
    """The parts that `zip` or `enumerate` yields, None for a plain iterable."""
    name = iterator.func.id if isinstance(iterator, gast.Call) and core.is_name(iterator.func) else None
    if name == "zip":
        return list(iterator.args)
    if name == "enumerate":
        return [core.call("range"), iterator.args[0]]
    if name == "reversed":
        return _iterator_parts(iterator.args[0])
    return None
