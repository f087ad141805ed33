"""check_grads: derivatives of any order against differences, and the two modes against each other."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from s2s.codegen.reading.source import function_from_string
from s2s.derivatives import jvp, vjp
from s2s.runtime import support, tree
from s2s.transformed import has_float, is_float, run

# Step of differences and tolerances, by the size of the coarsest dtype in bytes.
_STEPS = {2: 1e-1, 4: 1e-2, 8: 1e-5}
_TOLERANCES = {2: 1e-1, 4: 2e-2, 8: 1e-5}


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Checks derivatives of `f` at `args` along random directions against central differences.

    Args:
        f: a Python function over NumPy or s2s arrays, or containers of these; one with rules of its own, for example.
        args: its arguments; integers and the like are not differentiated.
        order: up to which order: derivatives are differentiated again, in each mode.
        modes: "fwd" for jvp, "rev" for vjp. With both, the dot products ⟨jvp(v), u⟩ and ⟨v, vjp(u)⟩ are compared, too,
            which do not suffer from differences.
        atol, rtol, eps: tolerances, and the step of differences; by the dtypes of the arguments where not given.

    Raises:
        AssertionError: a derivative is wrong; the message says of which order, in which mode, and by how much.
    """
    args = tuple(args)
    if unknown := set(modes) - {"fwd", "rev"}:
        raise ValueError(f"modes are 'fwd' and 'rev', not {sorted(unknown)}")
    size = min((np.result_type(x).itemsize for x in tree.leaves(args) if is_float(x)), default=8)
    tolerances = (_TOLERANCES[size] if atol is None else atol), (_TOLERANCES[size] if rtol is None else rtol)
    _check(f, args, order, tuple(modes), tolerances, _STEPS[size] if eps is None else eps, "f")


def _check(
    f: Any, args: tuple, order: int, modes: tuple, tolerances: tuple[float, float], eps: float, name: str
) -> None:
    rng = np.random.default_rng(0)
    direction = tuple(_random(x, rng) for x in args)
    out, slope = run(f, *args), _difference(f, args, direction, eps)
    bar = _random(out, rng)
    expected = _dot(slope, bar)
    found: dict[str, float] = {}
    if "fwd" in modes:
        found["fwd"] = _dot(jvp(f, args, direction)[1], bar)
    if "rev" in modes:
        found["rev"] = _dot(vjp(f, *args)[1](bar), direction)
    for mode, value in found.items():
        _compare(value, expected, tolerances, f"{name} in mode {mode!r}: the derivative along a random direction is")
    if len(found) == 2:
        exact = (tolerances[0] * 1e-3, tolerances[1] * 1e-3)
        _compare(found["fwd"], found["rev"], exact, f"{name}: by forward and reverse mode the derivative is")
    for mode in modes if order > 1 else ():
        derivative = _derivative(f, mode, len(args), direction if mode == "fwd" else bar)
        _check(derivative, args, order - 1, modes, tolerances, eps, f"the {mode!r} derivative of {name}")


def _derivative(f: Any, mode: str, count: int, along: Any) -> Any:
    """The derivative as a function of the arguments."""
    names = ", ".join(f"x{i}" for i in range(count))
    body = {"fwd": f"return jvp(f, ({names},), along)[1]", "rev": f"return vjp(f, {names})[1](along)"}[mode]
    text = f"def derivative({names}):\n    {body}\n"
    return function_from_string(text, {"f": f, "along": along, "jvp": jvp, "vjp": vjp})


def _difference(f: Any, args: tuple, direction: tuple, eps: float) -> Any:
    ahead, behind = (run(f, *_moved(args, direction, step)) for step in (eps, -eps))
    return _map(lambda a, b: (np.asarray(a) - np.asarray(b)) / (2 * eps) if is_float(a) else None, ahead, behind)


def _moved(args: Any, direction: Any, step: float) -> Any:
    return _map(lambda x, d: (x + step * d) if is_float(x) else x, args, direction)


def _random(value: Any, rng: Any) -> Any:
    """A random direction; zeros for what is not differentiated."""
    return _map(lambda x: _like(x, rng.normal(size=np.shape(x))) if is_float(x) else support.zeros_like(x), value)


def _like(x: Any, values: Any) -> Any:
    return values.astype(x.dtype) if hasattr(x, "dtype") else float(values)


def _map(function: Callable[..., Any], value: Any, *others: Any) -> Any:
    """`function` of the leaves of containers of the same structure."""
    if isinstance(value, dict):
        return {k: _map(function, v, *[o[k] for o in others]) for k, v in value.items()}
    if isinstance(value, list | tuple):
        parts = [_map(function, *items) for items in zip(value, *others, strict=True)]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return function(value, *others)


def _dot(left: Any, right: Any) -> float:
    """The inner product of the floats of two containers."""
    return float(sum(_products(left, right)))


def _products(left: Any, right: Any) -> Iterable[Any]:
    if isinstance(right, dict):
        return (p for k in right for p in _products(left[k], right[k]))
    if isinstance(right, list | tuple):
        return (p for pair in zip(left, right, strict=True) for p in _products(*pair))
    return [np.sum(np.asarray(left, float) * np.asarray(right, float))] if has_float(right) else []


def _compare(found: float, expected: float, tolerances: tuple[float, float], what: str) -> None:
    atol, rtol = tolerances
    if not abs(found - expected) <= atol + rtol * abs(expected):
        raise AssertionError(f"check_grads: {what} {found!r}, expected {expected!r} (atol={atol}, rtol={rtol})")
