"""jacfwd, jacrev, jacobian, hessian, hvp: compositions of derivatives and vmap, as readable source."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2s.codegen import transform
from s2s.codegen.derivatives import jacobians
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.functions import nested
from s2s.codegen.inference import kinds
from s2s.codegen.inference.assumptions import kinds_of_batches
from s2s.codegen.inference.kinds import Kind, Numeric
from s2s.codegen.reading.source import FunctionSource
from s2s.derivatives import Argnums, Differentiated, grad, jvp, remembered
from s2s.runtime.errors import S2SError
from s2s.transformed import refuse_shared, run, signature_source, source_of, transforming


class Jacobian(Differentiated):
    """The Jacobian of a function of arrays, or of containers of arrays."""

    assumption = staticmethod(kinds_of_batches)  # an argument that the code takes apart counts as an array, too

    def __init__(self, function: Callable[..., Any], argnums: Argnums, has_aux: bool, transformation: str):
        super().__init__(function, argnums, has_aux)
        self.transformation = transformation

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        write = jacobians.forward if self.transformation == "jacfwd" else jacobians.reverse
        as_tuple = not isinstance(self.argnums, int | str)
        return write(source, arguments, self.wrt(self.names()), as_tuple, self.has_aux, shapes)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.variant(len(args), kwargs).call(args, kwargs)

    def call(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        bound = self.bind(args, kwargs)
        self.require_float(bound)
        result = self.result_for(self.kinds_of(bound), bound)
        refuse_shared(result, bound)
        return run(result.function, *self.with_bound(args), **kwargs)


class Hessian(Jacobian):
    """The Jacobian of the Jacobian; of the gradient, where the function is known to return one number."""

    def __init__(self, function: Callable[..., Any], argnums: Argnums, has_aux: bool):
        super().__init__(jacrev(function, argnums, has_aux), argnums, has_aux, "jacfwd")
        self.differentiated_function = function
        self.of_gradient = Jacobian(grad(function, argnums, has_aux), argnums, has_aux, "jacfwd")
        self._numbers: dict[Any, bool] = {}

    def result_for(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None) -> transform.Result:
        if self._returns_a_number(arguments, bound):
            return self.of_gradient.result_for(arguments, bound)
        return super().result_for(arguments, bound)

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        bound = self.bind(args, kwargs)
        if self._returns_a_number(self.kinds_of(bound), bound):
            return self.of_gradient.source_for(*args, **kwargs)
        return super().source_for(*args, **kwargs)

    def _returns_a_number(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None) -> bool:
        """Do the kinds of the arguments, and their ranks, tell that there is one number to differentiate?"""
        if call_arguments.is_variadic(signature_source(self.differentiated_function)):
            return False
        ranked = self.with_ranks(arguments, bound)
        key = tuple(ranked.items())
        if key not in self._numbers:
            source = source_of(self.differentiated_function, bound, arguments)
            self._numbers[key] = _is_number(source, ranked, self.has_aux)
        return self._numbers[key]


def _is_number(source: FunctionSource, arguments: dict[str, Kind], has_aux: bool) -> bool:
    try:
        kind = transform.result_kind(source, arguments)
    except S2SError:
        return False
    kind = kinds.parts(kind)[0] if has_aux and kinds.parts(kind) else kind
    return isinstance(kind, Numeric) and (kind.scalar or kind.rank == 0)


def jacfwd(
    fun: Callable[..., Any] | None = None, argnums: Argnums = 0, has_aux: bool = False, *, show_source: bool = False
) -> Any:
    """The Jacobian of `fun` by forward mode, all columns at once: for functions of few numbers.

    Args:
        fun: a Python function over NumPy or s2s arrays, or containers of these. Without it, a decorator is returned.
        argnums: position or name of the argument to differentiate with respect to, or a sequence of such.
        has_aux: whether `fun` returns `(out, aux)`; then the result is `(jacobian, aux)`.
        show_source: print the emitted source at once.

    Returns:
        A function of the same arguments. For arrays `out` and `x` the Jacobian has the shape
        `np.shape(out) + np.shape(x)`; where the result is a container, there is one like it of the Jacobians of its
        arrays, each of these a container like the argument (a tuple of such if `argnums` is a sequence).

    Raises:
        UnsupportedError: `fun` holds constructs that cannot be differentiated, or its result has no known structure.
        TypeError: at the call, if an argument is not floating-point.
    """
    return _jacobian(fun, argnums, has_aux, "jacfwd", show_source)


def jacrev(
    fun: Callable[..., Any] | None = None, argnums: Argnums = 0, has_aux: bool = False, *, show_source: bool = False
) -> Any:
    """The Jacobian of `fun` by reverse mode, all rows at once: for functions that return few numbers. See `jacfwd`."""
    return _jacobian(fun, argnums, has_aux, "jacrev", show_source)


def hessian(
    fun: Callable[..., Any] | None = None, argnums: Argnums = 0, has_aux: bool = False, *, show_source: bool = False
) -> Any:
    """The Hessian of `fun`: `jacfwd(jacrev(fun))`, nested like these for containers. See `jacfwd`."""
    return transforming(lambda f: Hessian(f, argnums, has_aux), fun, show_source)


def hvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], argnums: Argnums = 0) -> Any:
    """The Hessian of `fun`, a function that returns one number, times a vector, without computing the Hessian.

    Args:
        primals: where the Hessian is taken, a tuple with one entry an argument.
        tangents: the direction, likewise.
        argnums: the arguments that `fun` is differentiated by first; the result is structured like these.
    """
    return jvp(_gradient_of(fun, argnums), primals, tangents)[1]


_gradients: dict[Any, Any] = {}


def _gradient_of(fun: Callable[..., Any], argnums: Argnums) -> Any:
    wrt = argnums if isinstance(argnums, int | str) else tuple(argnums)
    return remembered(_gradients, fun, wrt, lambda: grad(fun, argnums))


def _jacobian(fun: Any, argnums: Argnums, has_aux: bool, transformation: str, show_source: bool) -> Any:
    return transforming(lambda f: Jacobian(f, argnums, has_aux, transformation), fun, show_source)


jacobian = jacrev
nested.MAKERS.update({jacfwd, jacrev, hessian})
