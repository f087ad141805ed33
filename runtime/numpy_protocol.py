"""NumPy's functions called on our arrays: `np.sin(x)`, `np.add.reduce(x)`, `np.linalg.norm(x)`.

`IMPLEMENTATIONS` maps a NumPy function object to ours, for functions that are no primitive; primitives are found
through their table. What neither knows is refused by name, never run on a converted copy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from s2s.runtime import dtypes, errors, selected_items, selections
from s2s.runtime.primitives import table

IMPLEMENTATIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
# NumPy function to the function of ours, written over NumPy calls, whose source stands for it in derivatives.
COMPOSITIONS: dict[Callable[..., Any], Callable[..., Any]] = {}

IMPLEMENTATIONS[np.shape] = lambda a: a.shape
IMPLEMENTATIONS[np.ndim] = lambda a: a.ndim
IMPLEMENTATIONS[np.size] = lambda a, axis=None: a.size if axis is None else a.shape[axis]
IMPLEMENTATIONS[np.iscomplexobj] = lambda x: x.dtype.kind == "c"
IMPLEMENTATIONS[np.isrealobj] = lambda x: x.dtype.kind != "c"
IMPLEMENTATIONS[np.result_type] = lambda *operands: dtypes.result_type(*map(dtypes.as_operand, operands))[0]

# `np.add.reduce(x)` and the like, whose default axis is 0.
_REDUCTIONS: dict[Any, str] = {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "max",
    np.minimum: "min",
    np.logical_and: "all",
    np.logical_or: "any",
    np.logaddexp: "logsumexp",
}
_ACCUMULATIONS: dict[Any, str] = {
    np.add: "cumsum",
    np.multiply: "cumprod",
    np.maximum: "cummax",
    np.minimum: "cummin",
    np.logaddexp: "logcumsumexp",
}
# `np.<ufunc>.at(x, i, v)` to the method of `.at[i]`.
_UPDATES: dict[Any, str] = {
    np.add: "add",
    np.subtract: "add",
    np.multiply: "multiply",
    np.divide: "divide",
    np.minimum: "min",
    np.maximum: "max",
    np.power: "power",
}


def function_name(function: Callable[..., Any]) -> str:
    """`numpy.linalg.norm` for messages."""
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module}.{getattr(function, '__name__', repr(function))}"


def find(function: Callable[..., Any]) -> Any:
    """Our function or `Primitive` for a NumPy function; TypeError, naming it, where there is none."""
    ours: Any = IMPLEMENTATIONS.get(function)
    if ours is None:
        ours = table.lookup(function)
    if ours is None:
        name = function_name(function)
        raise TypeError(
            f"{name} is not supported on s2s arrays{errors.at_user_line()}; write it with supported functions, "
            "or convert with np.asarray(x) where no derivative and no staging is needed"
        )
    return ours


def find_method(name: str) -> Any:
    """Our function or `Primitive` for the array method `name`; AttributeError where there is none."""
    ours: Any = table.METHODS.get(name) or table.PRIMITIVES.get(name)
    if ours is None:
        ours = IMPLEMENTATIONS.get(getattr(np, name, None))  # type: ignore[arg-type]
    if ours is None:
        raise AttributeError(f"the array method .{name} is not supported{errors.at_user_line()}")
    return ours


def call_ufunc(call: Callable[..., Any], ufunc: np.ufunc, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """The body of `__array_ufunc__`; `call(ours, args, kwargs)` applies what `find` found."""
    outs = kwargs.pop("out", None)
    if method not in _UFUNC_METHODS:
        return _refuse(ufunc, method)
    mask = kwargs.pop("where", True) if outs is not None and method == "__call__" else True
    result = _UFUNC_METHODS[method](call, ufunc, inputs, kwargs)
    result = result if mask is True else np.where(mask, result, outs[0])
    return result if outs is None else write_out(ufunc, outs, result)


def call_function(call: Callable[..., Any], function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """The body of `__array_function__`."""
    if args and hasattr(args[0], "stacked"):
        found = _of_entries(function, args, kwargs)
        if found is not NotImplemented:
            return found
    if function is np.broadcast_to and selections.is_shape(shape := (*args, *kwargs.values())[-1]):
        return selections.spread(args[0], shape)
    if function is np.where and len(args) == 1 and not kwargs:
        function = np.nonzero
    if function in (np.nonzero, np.flatnonzero) and selections.is_mask(args[0]):
        return selected_items.places(function, args[0])
    if kwargs.get("where", True) is not True and function in _MASKED:
        return _MASKED[function](args[0], kwargs.pop("where"), *args[1:], **kwargs)
    out = kwargs.get("out")
    if out is None:
        return call(find(function), args, kwargs)
    kwargs = {name: value for name, value in kwargs.items() if name != "out"}
    return write_out(function, (out,), call(find(function), args, kwargs))


def _masked_mean(a: Any, where: Any, *args: Any, **options: Any) -> Any:
    count = np.sum(np.broadcast_to(where, np.shape(a)), *args, **options)
    return np.sum(np.where(where, a, 0), *args, **options) / count


# Reductions of the elements that `where=` selects.
_MASKED: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: lambda a, where, *args, **options: np.sum(np.where(where, a, 0), *args, **options),
    np.prod: lambda a, where, *args, **options: np.prod(np.where(where, a, 1), *args, **options),
    np.mean: _masked_mean,
}


def _of_entries(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A call on a staged list whose entries lie in one array already; NotImplemented for others."""
    axis = kwargs.get("axis", 0)
    if function not in (np.stack, np.concatenate) or len(args) > 1 or kwargs.keys() - {"axis"} or type(axis) is not int:
        return NotImplemented
    whole = args[0].stacked()
    if whole is None or (function is np.concatenate and (axis != 0 or whole.ndim < 2)):
        return NotImplemented
    return np.moveaxis(whole, 0, axis) if function is np.stack else whole.reshape(-1, *whole.shape[2:])


def write_out(function: Callable[..., Any], outs: tuple[Any, ...], result: Any) -> Any:
    """Writes a result into NumPy arrays given as `out=`, by NumPy's own casting rule; other targets are refused."""
    results = result if isinstance(result, tuple) else (result,)
    for out, value in zip(outs, results, strict=True):
        if out is not None:
            _write(function, out, value)
    return outs if isinstance(result, tuple) else outs[0]


def _write(function: Callable[..., Any], out: Any, value: Any) -> None:
    name = function_name(function)
    if hasattr(out, "replace"):  # a staged array
        out.replace(value)
        return
    if type(out) is not np.ndarray:
        raise TypeError(
            f"{name}(..., out=x) cannot write into x{errors.at_user_line()}, because s2s arrays are immutable; "
            f"write x = {name}(...), or x = x.at[...].set(...)"
        )
    if not hasattr(value, "_buffer"):
        raise TypeError(
            f"a staged array cannot be written into a NumPy array{errors.at_user_line()} "
            f"(an in-place operator such as +=, or out=); write x = {name}(x, ...) without out="
        )
    np.copyto(out, np.asarray(value), casting="same_kind")


def _call_plain(call: Any, ufunc: np.ufunc, inputs: Any, kwargs: dict[str, Any]) -> Any:
    if kwargs.get("where", True) is not True:
        raise TypeError(f"{function_name(ufunc)}(..., where=m) is not supported; write np.where(m, f(x), otherwise)")
    kwargs.pop("where", None)
    if kwargs.get("casting") == "same_kind":
        kwargs.pop("casting")
    return call(find(ufunc), inputs, kwargs)


def _reduce_with(names: dict[Any, str], method: str) -> Callable[..., Any]:
    def reduce(call: Any, ufunc: np.ufunc, inputs: Any, kwargs: dict[str, Any]) -> Any:
        if ufunc not in names:
            return _refuse(ufunc, method)
        array, *rest = inputs
        kwargs = dict(zip(("axis", "dtype", "keepdims"), rest, strict=False)) | kwargs
        return call(find_method(names[ufunc]), (array,), {"axis": 0} | kwargs)

    return reduce


def _outer(call: Any, ufunc: np.ufunc, inputs: Any, kwargs: dict[str, Any]) -> Any:
    left, right = inputs
    left = call(find_method("reshape"), (left, np.shape(left) + (1,) * np.ndim(right)), {})
    return call(find(ufunc), (left, right), kwargs)


def _update_at(call: Any, ufunc: np.ufunc, inputs: Any, kwargs: dict[str, Any]) -> Any:
    update = _UPDATES.get(ufunc)
    if update is not None and hasattr(inputs[0], "replace"):  # a staged array
        target, index, *value = inputs
        negated = [-v for v in value] if ufunc is np.subtract else value
        return target.replace(getattr(target.at[index], update)(*negated))
    sign = "-" if ufunc is np.subtract else ""
    rewrite = f"; write x = x.at[i].{update}({sign}v)" if update is not None else ""
    raise TypeError(
        f"{function_name(ufunc)}.at writes into its argument{errors.at_user_line()}, "
        f"but s2s arrays are immutable{rewrite}"
    )


def _refuse(ufunc: np.ufunc, method: str) -> Any:
    raise TypeError(f"{function_name(ufunc)}.{method} is not supported on s2s arrays{errors.at_user_line()}")


_UFUNC_METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _call_plain,
    "reduce": _reduce_with(_REDUCTIONS, "reduce"),
    "accumulate": _reduce_with(_ACCUMULATIONS, "accumulate"),
    "outer": _outer,
    "at": _update_at,
}
