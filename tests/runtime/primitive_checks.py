"""Runs the rules of a primitive as the text that they are, and compares them with differences of its values."""

import ast
import copy
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import support
from s2s.runtime.primitives.table import Primitive

STEP = 1e-6


def bind(primitive: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call by name; a variadic one holds a tuple."""
    values = {**primitive.defaults, **kwargs}
    for place, name in enumerate(primitive.parameters):
        if name.startswith("*"):
            values[name[1:]] = args[place:]
        elif place < len(args):
            values[name] = args[place]
    return values


def is_active(x: Any) -> bool:
    """Whether a value holds floats: then it has tangents and cotangents."""
    if isinstance(x, (list, tuple)):
        return any(map(is_active, x))
    return x is not None and not isinstance(x, slice) and np.asarray(x).dtype.kind == "f"


def map_floats(function: Callable[..., Any], *trees: Any) -> Any:
    """`function` of every float leaf; other leaves stay as they are in the first tree."""
    first = trees[0]
    if isinstance(first, (list, tuple)):
        return type(first)([map_floats(function, *parts) for parts in zip(*trees, strict=True)])
    return function(*trees) if is_active(first) else first


def flat(tree: Any) -> list[np.ndarray]:
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in flat(part)]
    return [np.asarray(tree)]


def inner_product(a: Any, b: Any) -> float:
    pairs = zip(flat(a), flat(b), strict=True)
    return sum(float(np.sum(x * np.asarray(y))) for x, y in pairs if x.dtype.kind == "f")


def active_operands(primitive: Primitive, values: dict[str, Any]) -> list[str]:
    """Operands that hold floats and that the rules differentiate by."""
    if primitive.category == "elementwise":
        ruled = {name for name, text in primitive.partials.items() if text != "0"}
    elif primitive.category == "linear":
        ruled = set(primitive.operands)
    else:
        ruled = set(primitive.jvp)
    return [name for name in primitive.operands if name in ruled and is_active(values[name])]


def namespace(values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"np": np, **{name: getattr(support, name) for name in support.__all__}, **values, **more}


def run_jvp(
    primitive: Primitive, call: Callable[..., Any], values: dict[str, Any], dots: dict[str, Any], out: Any
) -> Any:
    """The tangent of the result by the rules."""
    if primitive.category == "linear":
        return call({**values, **dots})
    scope = namespace(values, out=out, **{f"{name}_dot": dot for name, dot in dots.items()})
    if primitive.category == "elementwise":
        parts = [dots[n] * eval(primitive.partials[n], scope) for n in dots]  # noqa: S307
        return sum(np.broadcast_to(part, np.shape(out)) for part in parts)
    total = None
    for name in dots:
        for text_scope in _per_operand(primitive, name, values, scope):
            total = support.acc(total, eval(f"({primitive.jvp[name].strip()})", text_scope))  # noqa: S307
    return total


def _per_operand(
    primitive: Primitive, name: str, values: dict[str, Any], scope: dict[str, Any]
) -> list[dict[str, Any]]:
    if f"*{name}" not in primitive.parameters:
        return [scope]
    return [{**scope, "k": k} for k, x in enumerate(values[name]) if is_active(x)]


def run_vjp(primitive: Primitive, values: dict[str, Any], out: Any, out_bar: Any, active: list[str]) -> dict[str, Any]:
    """The cotangents of the active operands by the rules."""
    scope = namespace(values, out=out, out_bar=out_bar)
    if primitive.category == "elementwise":
        texts = {n: f"sum_to(out_bar * ({primitive.partials[n]}), np.shape({n}))" for n in active}
        return {n: eval(text, scope) for n, text in texts.items()}  # noqa: S307
    for name in active:
        if f"*{name}" in primitive.parameters:
            scope[f"{name}_bar"] = [support.zeros_like(x) for x in values[name]]
    for statement in _statements(primitive.vjp):
        target = re.match(r"(\w+)_bar(\[k\])?\s*=", statement)
        if target is None or target[1] in active:
            for each in _per_operand(primitive, target[1], values, scope) if target and target[2] else [scope]:
                exec(statement, each)  # noqa: S102 - `x_bar[k] = ...` writes into a list that the scopes share
    return {n: scope[f"{n}_bar"] for n in active}


def _statements(text: str) -> list[str]:
    return [ast.unparse(node) for node in ast.parse(text).body]


def check_rules(
    primitive: Primitive, call: Callable[[dict[str, Any]], Any], values: dict[str, Any], tolerance: float
) -> None:
    """Forward rule against central differences, reverse rule against the forward one."""
    active = active_operands(primitive, values)
    if not active:
        return
    rng = np.random.default_rng(1)
    dots = {n: map_floats(lambda x: rng.normal(size=np.shape(x)), values[n]) for n in active}
    out = call(values)
    high, low = (
        call({**values, **{n: map_floats(lambda x, d, s=s: x + s * d, values[n], dots[n]) for n in active}})
        for s in (STEP, -STEP)
    )
    out_dot = run_jvp(primitive, call, values, dots, out)
    for dot, up, down, value in zip(flat(out_dot), flat(high), flat(low), flat(out), strict=True):
        assert np.shape(dot) == np.shape(value), f"tangent of shape {np.shape(dot)}, value of shape {np.shape(value)}"
        if value.dtype.kind == "f" and value.dtype.itemsize == 8:
            np.testing.assert_allclose(dot, (up - down) / (2 * STEP), rtol=tolerance, atol=tolerance)
    out_bar = map_floats(lambda x: rng.normal(size=np.shape(x)), out)
    bars = run_vjp(primitive, values, out, out_bar, active)
    for name in active:
        shapes = [np.shape(x) for x in flat(values[name])]
        assert [np.shape(b) for b in flat(bars[name])] == shapes, f"cotangent of {name}"
    forward = inner_product(out_dot, out_bar)
    backward = sum(inner_product(map_floats(np.asarray, dots[n]), bars[n]) for n in active)
    np.testing.assert_allclose(forward, backward, rtol=1e-5 if _single(out) else 1e-9, atol=1e-9)


def _single(tree: Any) -> bool:
    return any(leaf.dtype == np.float32 for leaf in flat(tree))


def check_same_on(
    convert: Callable[..., Any], primitive: Primitive, call: Callable[[dict[str, Any]], Any], values: dict[str, Any]
) -> None:
    """The rules on arrays made by `convert` against the rules on NumPy arrays."""
    active = active_operands(primitive, values)
    rng = np.random.default_rng(2)
    out = call(copy.deepcopy(values))
    out_bar = map_floats(lambda x: rng.normal(size=np.shape(x)), out)
    dots = {n: map_floats(lambda x: rng.normal(size=np.shape(x)), values[n]) for n in active}
    there = {n: map_floats(convert, v) if n in active else v for n, v in values.items()}
    want = run_vjp(primitive, copy.deepcopy(values), out, out_bar, active)
    got = run_vjp(primitive, there, map_floats(convert, out), map_floats(convert, out_bar), active)
    for name in active:
        _same(got[name], want[name])
    if primitive.category != "linear":
        on_device = {n: map_floats(convert, d) for n, d in dots.items()}
        _same(
            run_jvp(primitive, call, there, on_device, map_floats(convert, out)),
            run_jvp(primitive, call, copy.deepcopy(values), dots, out),
        )


def _same(got: Any, want: Any) -> None:
    for a, b in zip(flat(got), flat(want), strict=True):
        assert a.shape == b.shape
        single = np.float32 in (a.dtype, b.dtype)
        np.testing.assert_allclose(a, b, rtol=1e-5 if single else 1e-9, atol=1e-6 if single else 1e-12)
