"""Derivatives against central differences along random directions, and the two modes against each other."""

import copy
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import s2s
from s2s.codegen.reading.source import function_from_string

STEP = 1e-6
Function = Callable[..., Any]


def programs(*names: str) -> list[tuple[str, str, str]]:
    """(file, function, which table of arguments) for the cases of the files of `tests/programs`."""
    found = []
    for name in names:
        module = importlib.import_module(f"tests.programs.{name}")
        for table in ("CASES", "EXTRA"):
            found += [(name, case, table) for case in getattr(module, table, {})]
    return found


def program(file: str, name: str, table: str = "CASES") -> tuple[Function, tuple[Any, ...]]:
    """A function of `tests/programs/<file>.py` and a fresh copy of its arguments."""
    module = importlib.import_module(f"tests.programs.{file}")
    return getattr(module, name), copy.deepcopy(getattr(module, table)[name])


def is_float(x: Any) -> bool:
    return isinstance(x, float) or getattr(getattr(x, "dtype", None), "kind", "") == "f"


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for part in tree.values() for leaf in leaves(part)]
    if isinstance(tree, list | tuple):
        return [leaf for part in tree for leaf in leaves(part)]
    return [tree]


def map_floats(function: Function, tree: Any, *others: Any) -> Any:
    """`function` of every float leaf of `tree` (and what stands there in the others); other leaves as they are."""
    if isinstance(tree, dict):
        return {k: map_floats(function, v, *[o[k] for o in others]) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [map_floats(function, *items) for items in zip(tree, *others, strict=True)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return function(tree, *others) if is_float(tree) else tree


def random_like(tree: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return map_floats(lambda x: _same_type(x, rng.normal(size=np.shape(x))), tree)


def _same_type(x: Any, value: Any) -> Any:
    return float(value) if isinstance(x, float) else np.asarray(value, dtype=x.dtype)


def moved(tree: Any, direction: Any, step: float) -> Any:
    return map_floats(lambda x, d: x + step * d, tree, direction)


def differences(function: Function, args: Any, direction: Any, step: float = STEP) -> list[np.ndarray]:
    """Central differences of every float leaf of the result."""
    high = leaves(function(*copy.deepcopy(moved(args, direction, step))))
    low = leaves(function(*copy.deepcopy(moved(args, direction, -step))))
    return [(np.asarray(h, float) - np.asarray(w, float)) / (2 * step) for h, w in zip(high, low, strict=True)]


def inner_product(a: Any, b: Any) -> float:
    pairs = zip(leaves(a), leaves(b), strict=True)
    return float(sum(np.sum(np.asarray(x, float) * np.asarray(y, float)) for x, y in pairs if is_float(x)))


def same_structure(value: Any, like: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs of leaves; asserts that the containers, shapes and dtypes are the same."""
    if isinstance(like, dict):
        assert type(value) is dict and list(value) == list(like)
        for key in like:
            yield from same_structure(value[key], like[key])
    elif isinstance(like, list | tuple):
        assert type(value) is type(like) and len(value) == len(like), f"{type(value)} for {type(like)}"
        for v, x in zip(value, like, strict=True):
            yield from same_structure(v, x)
    else:
        if is_float(like):
            assert np.shape(value) == np.shape(like), f"shape {np.shape(value)} for {np.shape(like)}"
        yield value, like


def _rebuilt(tree: Any, parts: Iterator[Any]) -> Any:
    """The parts in the containers of `tree`."""
    if isinstance(tree, dict):
        return {k: _rebuilt(v, parts) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        made = [_rebuilt(v, parts) for v in tree]
        return type(tree)(*made) if hasattr(tree, "_fields") else type(tree)(made)
    return next(parts)


def check_forward(function: Function, args: tuple[Any, ...], tolerance: float = 1e-6) -> None:
    """`jvp` against differences, and its value against the function's."""
    direction = random_like(args, 1)
    out, out_dot = s2s.jvp(function, copy.deepcopy(args), direction)
    for value, expected in same_structure(out, function(*copy.deepcopy(args))):
        np.testing.assert_allclose(value, expected, rtol=1e-14)
    list(same_structure(out_dot, out))
    for dot, expected, value in zip(leaves(out_dot), differences(function, args, direction), leaves(out), strict=True):
        if is_float(value):
            np.testing.assert_allclose(dot, expected, rtol=tolerance, atol=tolerance)


def check_reverse(function: Function, args: tuple[Any, ...], tolerance: float = 1e-6) -> None:
    """`vjp` against differences and against `jvp`: the dot-product identity."""
    direction = random_like(args, 1)
    before = copy.deepcopy(args)
    out, back = s2s.vjp(function, *args)
    out_bar = random_like(out, 2)
    bars = back(out_bar)
    for leaf, was in zip(leaves(args), leaves(before), strict=True):
        np.testing.assert_array_equal(leaf, was, err_msg="an argument was written")
    list(same_structure(bars, args))
    backward = inner_product(map_floats(lambda x, bar: bar, args, bars), direction)
    numeric = differences(function, before, direction)
    expected = inner_product(map_floats(lambda o, d: d, out, _rebuilt(out, iter(numeric))), out_bar)
    np.testing.assert_allclose(backward, expected, rtol=tolerance, atol=tolerance)
    _, out_dot = s2s.jvp(function, before, direction)
    forward = inner_product(map_floats(lambda x, dot: dot, out, out_dot), out_bar)
    np.testing.assert_allclose(backward, forward, rtol=1e-10, atol=1e-12)


def scalar_of(function: Function, args: tuple[Any, ...]) -> Function:
    """`sum(weights * f(*args))` as a function of its own, read from text."""
    terms, weights = [], {}
    for path, leaf in _paths(function(*copy.deepcopy(args)), "out"):
        if is_float(leaf):
            weights[f"weight_{len(terms)}"] = np.random.default_rng(len(terms)).normal(size=np.shape(leaf))
            terms.append(f"np.sum(weight_{len(terms)} * {path})")
    names = ", ".join(f"x{i}" for i in range(len(args)))
    text = f"def scalar({names}):\n    out = program({names})\n    return {' + '.join(terms)}"
    return function_from_string(text, {"np": np, "program": function, **weights})


def _paths(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from _paths(part, f"{path}[{key!r}]")
    elif isinstance(tree, list | tuple):
        for i, part in enumerate(tree):
            yield from _paths(part, f"{path}[{i}]")
    else:
        yield path, tree


def check_second(function: Function, args: tuple[Any, ...], tolerance: float = 1e-5) -> None:
    """All four compositions of two modes, for the weighted sum of the results."""
    scalar = scalar_of(function, args)
    first, second = random_like(args, 3), random_like(args, 4)
    argnums = tuple(i for i, x in enumerate(args) if any(map(is_float, leaves(x))))
    gradient = s2s.grad(scalar, argnums=argnums)
    floats = [first[i] for i in argnums]

    def slope(*point: Any) -> Any:
        return np.float64(inner_product(map_floats(lambda d, g: g, floats, list(gradient(*point))), floats))

    (numeric,) = differences(slope, args, second, 1e-5)
    close = {"rtol": tolerance, "atol": tolerance}
    _, forward = s2s.jvp(gradient, args, second)
    forward = inner_product(map_floats(lambda d, g: g, floats, list(forward)), floats)
    np.testing.assert_allclose(forward, numeric, **close, err_msg="forward over reverse")
    out, back = s2s.vjp(gradient, *args)
    bars = back(map_floats(lambda o, d: d, out, tuple(floats)))
    reverse = inner_product(map_floats(lambda x, b: b, args, bars), second)
    np.testing.assert_allclose(reverse, numeric, **close, err_msg="reverse over reverse")
    still = map_floats(lambda x: x * 0, args)
    (_, dot), (_, dot_dot) = s2s.jvp(s2s.jvp(scalar), (args, first), (second, still))
    np.testing.assert_allclose(dot_dot, numeric, **close, err_msg="forward over forward")
    (_, dot), back = s2s.vjp(s2s.jvp(scalar), args, first)
    bars, _ = back((np.float64(0.0), np.float64(1.0)))
    crossed = inner_product(map_floats(lambda x, b: b, args, bars), second)
    np.testing.assert_allclose(crossed, numeric, **close, err_msg="reverse over forward")
