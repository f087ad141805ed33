"""grad, value_and_grad, vjp, jvp, linearize: derivatives as readable source."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s.codegen import transform
from s2s.codegen.core.names import Namer
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.functions import nested
from s2s.codegen.inference import kinds
from s2s.codegen.inference.kinds import Kind, Numeric
from s2s.codegen.reading.source import FunctionSource, source_from_string
from s2s.runtime import support
from s2s.transformed import Transformed, fill, has_float, refuse_shared, run, signature_source, transforming
from s2s.undifferentiated import refuse_objects, refuse_tangents

Argnums = int | str | Sequence[int | str]


class Differentiated(Transformed):
    """A derivative with respect to chosen arguments."""

    def __init__(self, function: Callable[..., Any], argnums: Argnums, has_aux: bool):
        super().__init__(function)
        self.argnums = argnums
        self.has_aux = has_aux

    def wrt(self, names: list[str]) -> list[str]:
        """The differentiated parameters, in the order asked for."""
        asked = [self.argnums] if isinstance(self.argnums, int | str) else list(self.argnums)
        return [_parameter(a, names, self.function) for a in asked]

    def differentiated(self, names: list[str], values: Any) -> set[str]:
        return set(self.wrt(names))

    def require_float(self, bound: dict[str, Any]) -> None:
        for name in self.wrt(self.names()):
            _require_float(self, name, bound)


class Gradient(Differentiated):
    """The gradient of a function that returns one number."""

    def __init__(self, function: Callable[..., Any], argnums: Argnums, has_aux: bool, with_value: bool):
        super().__init__(function, argnums, has_aux)
        self.with_value = with_value
        self.transformation = "value_and_grad" if with_value else "grad"

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        wrt = self.wrt(self.names())
        as_tuple = not isinstance(self.argnums, int | str)
        return transform.gradient(source, arguments, wrt, self.with_value, self.has_aux, shapes, as_tuple)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.variant(len(args), kwargs).call(args, kwargs)

    def call(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        bound = self.bind(args, kwargs)
        wrt = self.wrt(self.names())
        self.require_float(bound)
        result = self.result_for(self.kinds_of(bound), bound)
        refuse_shared(result, bound)
        out = run(result.function, *self.with_bound(args), **kwargs)
        if all(type(bound[n]) in _PLAIN for n in wrt):
            return out
        return self._filled(out, [bound[n] for n in wrt])

    def _filled(self, out: Any, values: list[Any]) -> Any:
        """Gradients in the dtypes of their arguments; containers get zeros where they hold what has no derivative."""
        first, second = out if self.with_value or self.has_aux else (None, out)
        gradient: Any = second if self.with_value or not self.has_aux else first
        many = not isinstance(self.argnums, int | str)
        if many:
            gradient = tuple(fill(b, v) for b, v in zip(gradient, values, strict=True))
        else:
            gradient = fill(gradient, values[0])
        if self.with_value:
            return first, gradient
        return (gradient, second) if self.has_aux else gradient


_PLAIN = (float, complex)


def _parameter(asked: int | str, names: list[str], function: Any) -> str:
    if isinstance(asked, str):
        if asked not in names:
            raise ValueError(f"{_name(function)}() has no parameter {asked!r}; it has {', '.join(names)}")
        return asked
    if not -len(names) <= asked < len(names):
        raise ValueError(f"argnums {asked} is out of range: {_name(function)}() has {len(names)} parameters")
    return names[asked]


def _name(function: Any) -> str:
    return getattr(function, "__name__", repr(function))


def _require_float(transformed: Differentiated, name: str, bound: dict[str, Any]) -> None:
    source = signature_source(transformed.function)
    place = f"{source.filename}:{source.tree.lineno}"
    if name not in bound:
        raise TypeError(f"{place}: {transformed!r} needs the argument {name!r}, which it differentiates")
    value = bound[name]
    if has_float(value) or (isinstance(value, list | tuple | dict) and not value):
        return
    what = f"dtype {value.dtype}" if hasattr(value, "dtype") else f"type {type(value).__name__}"
    raise TypeError(
        f"{place}: the gradient with respect to {name!r} needs a floating-point value, but it has {what}; "
        f"pass a float, for example float({name}) or {name}.astype(float), or choose other argnums"
    )


class Tangent(Transformed):
    """`f_jvp`: values and tangents in, value and tangent out."""

    transformation = "jvp"

    def differentiated(self, names: list[str], values: Any) -> set[str]:
        return {n for n in names if n not in values or has_float(values[n])}

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        return transform.tangent(source, arguments, shapes)

    def signature(self) -> FunctionSource:
        return PACKED

    def emitted_source(self, arguments: dict[str, Kind], bound: Any = None) -> FunctionSource:
        """`f_jvp` as it is called: with a tuple of arguments and one of tangents."""
        if call_arguments.is_variadic(signature_source(self.function)):
            count = len(kinds.parts(arguments["primals"])) if bound is None else len(bound["primals"])
            return self.variant(count, ()).emitted_source(arguments, bound)
        names = self.names()
        if bound is None:
            primals = kinds.parts(kinds.with_activity(arguments["primals"], True)) or (Numeric(True),) * len(names)
            primal_kinds = self.all_kinds(dict(zip(names, primals, strict=False)))
            result = self.result_for(primal_kinds, None)
        else:
            inner = self.bind(tuple(bound["primals"]), {})
            primal_kinds = self.kinds_of(inner)
            result = self.result_for(primal_kinds, inner)
        return self._packed(result, primal_kinds)

    def _packed(self, result: transform.Result, arguments: dict[str, Kind]) -> FunctionSource:
        if result.packed is None:
            result.packed = source_from_string(_packing(self, result.entry, arguments), result.namespace)
        return result.packed

    def __call__(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Returns `(out, out_dot)` at `primals` along `tangents` (both tuples, one entry an argument)."""
        _check_tangents(primals, tangents)
        return self.variant(len(primals), ()).call(tuple(primals), tuple(tangents))

    def call(self, primals: tuple, tangents: tuple) -> Any:
        bound = self.bind(primals, {})
        arguments = self.kinds_of(bound)
        dots = [t for n, t in zip(self.names(), tangents, strict=False) if kinds.is_active(arguments[n])]
        source = signature_source(self.function)
        values = [bound[n] if n in bound else source.defaults[n] for n in arguments]
        result = self.result_for(arguments, bound)
        refuse_shared(result, bound)
        out, out_dot = run(result.function, *values, *dots)
        return out, fill(out_dot, out)


PACKED = source_from_string("def jvp(primals, tangents):\n    return None")


def _packing(tangent: Tangent, entry: str, arguments: dict[str, Kind]) -> str:
    """The text of a function that takes the arguments as one tuple and the tangents as another."""
    names = tangent.names()
    namer = Namer([*names, entry, "primals", "tangents"])
    dots = {n: namer.fresh(f"{n}_dot") for n in names}
    active = [dots[n] for n in names if kinds.is_active(arguments[n])]
    unpack = [f"    {', '.join(names)}, = primals", f"    {', '.join(dots.values())}, = tangents"]
    head = f"def {namer.fresh(f'{entry}_packed')}(primals, tangents):"
    return "\n".join([head, *unpack, f"    return {entry}({', '.join([*names, *active])})"])


def _check_tangents(primals: Any, tangents: Any) -> None:
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError("jvp takes the primals and the tangents each as a tuple with one entry an argument")
    if len(primals) != len(tangents):
        raise TypeError(f"jvp got {len(primals)} primals but {len(tangents)} tangents")
    refuse_tangents(primals, tangents)


class Pullback(Transformed):
    """`f_fwd` and `f_bwd`: called, it returns the value and the function that pulls cotangents back."""

    transformation = "vjp"

    def __init__(self, function: Callable[..., Any], has_aux: bool = False):
        super().__init__(function)
        self.has_aux = has_aux

    def differentiated(self, names: list[str], values: Any) -> set[str]:
        return {n for n in names if n not in values or has_float(values[n])}

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        return transform.pair(source, arguments, self.has_aux, shapes)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.variant(len(args), kwargs).call(args, kwargs)

    def call(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        bound = self.bind(args, kwargs)
        refuse_objects(bound)
        arguments = self.kinds_of(bound)
        result = self.result_for(arguments, bound)
        refuse_shared(result, bound)
        out, saved = run(result.function, *self.with_bound(args), **kwargs)
        active = [n for n, k in arguments.items() if kinds.is_active(k)]
        values = {n: bound[n] for n in self.names() if n in bound}
        back = PulledBack(result.namespace[result.backward], saved, active, values, out[0] if self.has_aux else out)
        return (out[0], back, out[1]) if self.has_aux else (out, back)


class PulledBack:
    """The function that vjp returns: cotangents of the result in, cotangents of all arguments out."""

    def __init__(self, backward: Any, saved: Any, active: list[str], values: dict[str, Any], out: Any):
        self.backward = backward
        self.saved = saved
        self.active = active
        self.values = values
        self.out = out

    def __call__(self, out_bar: Any) -> tuple[Any, ...]:
        _check_structure(self.out, out_bar)
        if not self.active:
            return tuple(support.zeros_like(v) for v in self.values.values())
        bars = run(self.backward, self.saved, out_bar)
        by_name = {self.active[0]: bars} if len(self.active) == 1 else dict(zip(self.active, bars, strict=True))
        return tuple(fill(by_name.get(n), v) for n, v in self.values.items())

    def own_source(self) -> FunctionSource:
        """The function as text, for transformations: of a cotangent; what was saved is a constant."""
        parts = ["bars"] if len(self.active) == 1 else [f"bars[{i}]" for i in range(len(self.active))]
        known = dict(zip(self.active, parts, strict=True))
        zeros = {f"zeros_{n}": support.zeros_like(v) for n, v in self.values.items() if n not in known}
        results = ", ".join(known.get(n, f"zeros_{n}") for n in self.values)
        text = f"""
            def pulled_back(out_bar):
                bars = backward(saved, out_bar)
                return ({results},)
        """
        return source_from_string(text, {"backward": self.backward, "saved": self.saved, **zeros})


def _check_structure(out: Any, out_bar: Any) -> None:
    """Refuses a cotangent that is not shaped like the result."""
    if isinstance(out, dict):
        if not isinstance(out_bar, dict) or set(out) != set(out_bar):
            raise TypeError(f"the cotangent of a dict result needs the keys {sorted(map(str, out))}")
        for key in out:
            _check_structure(out[key], out_bar[key])
    elif isinstance(out, list | tuple):
        if not isinstance(out_bar, list | tuple) or len(out) != len(out_bar):
            raise TypeError(f"the cotangent of this result needs to be a {type(out).__name__} of {len(out)} entries")
        for value, bar in zip(out, out_bar, strict=True):
            _check_structure(value, bar)
    elif has_float(out) and out_bar is not None:
        shape, given = np.shape(out), np.shape(out_bar)
        if shape != given:
            raise TypeError(f"the cotangent has shape {given}, but the result has shape {shape}")


def grad(
    fun: Callable[..., Any] | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    show_source: bool = False,
) -> Any:
    """The gradient of `fun`, a function that returns one floating-point number, as emitted source.

    Args:
        fun: a Python function over NumPy or s2s arrays. Without it, a decorator is returned.
        argnums: position or name of the argument to differentiate with respect to, or a sequence of such.
        has_aux: whether `fun` returns `(loss, aux)`; then the result is `(gradient, aux)`.
        show_source: print the emitted source at once.

    Returns:
        A function of the same arguments. Gradients have the shapes and dtypes of the arguments they belong to; a tuple
        of them if `argnums` is a sequence. `.source` is the emitted file.

    Raises:
        UnsupportedError: `fun` holds constructs that cannot be differentiated; all are listed.
        TypeError: at the call, if the result is not one number or an argument is not floating-point.
    """
    return _gradient(fun, argnums, has_aux, False, show_source)


def value_and_grad(
    fun: Callable[..., Any] | None = None,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    show_source: bool = False,
) -> Any:
    """Like `grad`, but gives `(value, gradient)`; the value is `(loss, aux)` with `has_aux`."""
    return _gradient(fun, argnums, has_aux, True, show_source)


def _gradient(fun: Any, argnums: Argnums, has_aux: bool, with_value: bool, show_source: bool) -> Any:
    return transforming(lambda f: Gradient(f, argnums, has_aux, with_value), fun, show_source)


def vjp(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `fun` at `primals`, and the function that maps a cotangent of it to those of the arguments.

    Returns:
        `(out, pullback)`, or `(out, pullback, aux)` with `has_aux`. `pullback(out_bar)` returns a tuple with one
        cotangent an argument, zeros for those without a derivative. Without primals: the transformed function itself,
        whose `.source` can be read.
    """
    pullback = pullback_of(fun, has_aux)
    return pullback(*primals) if primals else pullback


def jvp(fun: Callable[..., Any], primals: Sequence[Any] | None = None, tangents: Sequence[Any] | None = None) -> Any:
    """The value of `fun` at `primals` and its derivative along `tangents`: `(out, out_dot)`.

    Without primals: the transformed function itself, whose `.source` can be read.
    """
    tangent = _tangent_of(fun)
    return tangent if primals is None else tangent(primals, tangents or ())


def linearize(fun: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of `fun` at `primals` and its derivative there as a linear function of the tangents."""
    tangent = _tangent_of(fun)
    out = run(fun, *primals) if not isinstance(fun, Transformed) else fun(*primals)

    def linear(*tangents: Any) -> Any:
        return tangent(primals, tangents)[1]

    return out, linear


_pullbacks: dict[Any, Any] = {}
_tangents: dict[Any, Any] = {}


def pullback_of(fun: Callable[..., Any], has_aux: bool) -> Pullback:
    return remembered(_pullbacks, fun, has_aux, lambda: Pullback(fun, has_aux))


def _tangent_of(fun: Callable[..., Any]) -> Tangent:
    return remembered(_tangents, fun, None, lambda: Tangent(fun))


_REMEMBERED = 1024


def remembered(memory: dict[Any, Any], fun: Any, extra: Any, make: Callable[[], Any]) -> Any:
    """One transformed function for each function, so that emitted code is found again; the oldest are dropped."""
    key = (id(fun), extra)
    found = memory.get(key)
    if found is None or found.function is not fun:
        if len(memory) >= _REMEMBERED:
            memory.pop(next(iter(memory)), None)
        found = memory[key] = make()
    return found


nested.MAKERS.update({grad, value_and_grad})
nested.APPLIED[jvp] = _tangent_of
nested.PULLED[vjp] = pullback_of
