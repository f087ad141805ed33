"""Transformed functions: what a transformation returns, with its emitted source."""

import copy
import functools
import types
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from s2s.codegen import transform
from s2s.codegen.desugaring import call_arguments
from s2s.codegen.desugaring.call_arguments import parameters
from s2s.codegen.diagnostics import UnsupportedError
from s2s.codegen.emission.tracebacks import with_user_line
from s2s.codegen.functions import custom_rules
from s2s.codegen.functions.calling import source_of_callable
from s2s.codegen.inference import kinds
from s2s.codegen.inference.assumptions import kinds_of_parameters
from s2s.codegen.inference.kinds import Kind
from s2s.codegen.reading.belongings import Belongings
from s2s.codegen.reading.source import FunctionSource, function_source
from s2s.codegen.simplifying import ranks
from s2s.codegen.staging.stage import stage_function
from s2s.runtime import config, support
from s2s.runtime.checkpointing import Checkpointed
from s2s.runtime.helpers import trees
from s2s.runtime.jit import Jit
from s2s.runtime.nan_checks import NanError, checked
from s2s.runtime.primitives import table
from s2s.runtime.staged_iterables import is_container
from s2s.runtime.staging import Staged


class Transformed:
    """A transformed function: call it, or read `.source` and `.source_for(*args)`.

    Every pattern of argument kinds (which are arrays, which containers, which are differentiated) gets an emitted file
    of its own, written when it is first needed.
    """

    transformation = "transform"
    captured: tuple[str, ...] = ()  # parameters that stand for what a closure captures

    def __init__(self, function: Callable[..., Any]):
        me: Any = self
        functools.update_wrapper(me, function, updated=())
        self.function = function
        self._emitted: dict[Any, Any] = {}
        self._variants: dict[Any, Any] = {}
        self._needs_ranks: set[Any] = set()  # kinds of arguments for which the text depends on their ranks

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        me: Any = self
        return me if instance is None else functools.partial(me, instance)

    def __repr__(self) -> str:
        return f"<s2s.{self.transformation} of {getattr(self.function, '__qualname__', self.function)}>"

    # What subclasses say -----------------------------------------------------------------------------------------

    assumption = staticmethod(kinds_of_parameters)  # of arguments that are not known

    def differentiated(self, names: list[str], values: Mapping[str, Any]) -> set[str]:
        """The parameters that derivatives are taken of."""
        return set(names)

    def write(self, source: FunctionSource, arguments: dict[str, Kind], shapes: Any = None) -> transform.Result:
        """The emitted file for these kinds of arguments."""
        raise NotImplementedError(self.transformation)

    # Starred parameters ------------------------------------------------------------------------------------------

    def variant(self, count: int, keywords: Iterable[str]) -> Any:
        """The transformation for so many positional arguments and these keywords, where the function takes stars."""
        source = signature_source(self.function)
        if not call_arguments.is_variadic(source):
            return self
        key = (count, tuple(sorted(keywords)))
        if key not in self._variants:
            self._variants[key] = self._varied(function=specialised_function(self.function, *key))
        return self._variants[key]

    def _varied(self, **attributes: Any) -> Any:
        """A copy with these attributes, and emitted code of its own."""
        varied = copy.copy(self)
        vars(varied).update({"_emitted": {}, "_variants": {}, "_needs_ranks": set(), **attributes})
        return varied

    # Source ------------------------------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The whole emitted file, for arguments that are arrays or numbers unless the code says otherwise."""
        return self.assumed().text

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The emitted file, simplified with the kinds and shapes of these arguments."""
        me = self.variant(len(args), kwargs)
        bound = me.bind(args, kwargs)
        arguments = me.kinds_of(bound)
        source = source_of(me.function, bound, arguments)
        return me._refining(arguments, bound, lambda kinds: me.write(source, kinds, shapes=bound)).text

    def assumed(self) -> transform.Result:
        """The emitted file for arguments that are arrays or numbers."""
        arguments = self._assumed_kinds(signature_source(self.function))
        return self.result_for(arguments, None)

    def result_for(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None) -> transform.Result:
        """The emitted file for these kinds; written anew if a function that it was resolved to has been rebound."""
        source = source_of(self.function, bound, arguments)
        return self._refining(arguments, bound, lambda kinds: self._result(source, kinds))

    def _refining(
        self,
        arguments: dict[str, Kind],
        bound: Mapping[str, Any] | None,
        write: Callable[[dict[str, Kind]], transform.Result],
    ) -> transform.Result:
        """What is written for these kinds, or else for kinds that say the ranks of the arguments, too.

        Where ranks decide what is a view, a text for any ranks asks at run time, and can write less in place.
        """
        key = tuple(arguments.items())
        if key not in self._needs_ranks:
            try:
                found = write(arguments)
                if not found.asks_ranks or self.with_ranks(arguments, bound) == arguments:
                    return found
            except UnsupportedError:
                if self.with_ranks(arguments, bound) == arguments:
                    raise
        found = write(self.with_ranks(arguments, bound))
        self._needs_ranks.add(key)
        return found

    def _result(self, source: FunctionSource, arguments: dict[str, Kind]) -> transform.Result:
        key = tuple(arguments.items())
        written_from, found = self._emitted.get(key, (None, None))
        if found is None or written_from is not source or not found.holds():
            found = self.write(source, arguments)
            self._emitted[key] = source, found
        return found

    def with_ranks(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None) -> dict[str, Kind]:
        """The kinds with the ranks of these arguments, for functions that can only be transformed for certain ones."""
        values = bound or {}
        return {n: ranks.of_value(k, values[n]) if n in values else k for n, k in arguments.items()}

    def signature(self) -> FunctionSource:
        """The source whose parameters it takes."""
        return signature_source(self.function)

    def emitted_source(self, arguments: dict[str, Kind], bound: Mapping[str, Any] | None = None) -> FunctionSource:
        """Its emitted entry function, as the source of further transformations."""
        if bound is None:
            wrt = self.differentiated(self.names(), {})
            arguments = {n: kinds.with_activity(k, n in wrt) for n, k in arguments.items()}
        else:
            arguments = self.kinds_of(bound)
        return cached_source(self.result_for(arguments, bound).function)

    def names(self) -> list[str]:
        """The parameters that a caller passes: without the object that a method is bound to."""
        source = signature_source(self.function)
        return parameters(source)[1:] if source.bound is not None else parameters(source)

    def with_bound(self, args: tuple) -> tuple:
        """The arguments of the emitted function: a method's object comes first."""
        source = signature_source(self.function)
        return args if source.bound is None else (source.bound, *args)

    def _assumed_kinds(self, source: FunctionSource) -> dict[str, Kind]:
        names = parameters(source)
        wrt = self.differentiated(self.names(), {})
        given = {n: kinds.of_value(source.defaults[n], active=False) for n in names if n in source.defaults}
        return self.assumption(source, names, wrt, given)

    # Calls -------------------------------------------------------------------------------------------------------

    def bind(self, args: tuple, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Parameter to value, for the arguments that are given."""
        source = signature_source(self.function)
        if source.bound is not None:
            args = (source.bound, *args)
        names = parameters(source)
        if len(args) > len(names):
            raise TypeError(f"{source.name}() takes {len(names)} arguments but {len(args)} were given")
        bound = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in names or name in bound:
                raise TypeError(f"{source.name}() got an unexpected or repeated argument {name!r}")
            bound[name] = value
        missing = [n for n in names if n not in bound and n not in source.defaults]
        if missing:
            raise TypeError(f"{source.name}() is missing the argument {missing[0]!r}")
        return bound

    def kinds_of(self, bound: Mapping[str, Any]) -> dict[str, Kind]:
        """Parameter to kind, defaults included."""
        wrt = self.differentiated(self.names(), bound)
        _refuse_complex({n: v for n, v in bound.items() if n in wrt})
        return self.all_kinds({n: kinds.of_value(v, active=n in wrt) for n, v in bound.items()})

    def all_kinds(self, given: Mapping[str, Kind]) -> dict[str, Kind]:
        """The given kinds, with those of defaults and of a method's object."""
        source = signature_source(self.function)
        values = dict(source.defaults)
        if source.bound is not None:
            values[parameters(source)[0]] = source.bound
        missing = {n: kinds.of_value(v, active=False) for n, v in values.items() if n not in given}
        return {n: given[n] if n in given else missing[n] for n in parameters(source)}


def refuse_shared(result: transform.Result, bound: Mapping[str, Any]) -> None:
    """Refuses one array as two arguments where the function writes one of them: the other would see it."""
    for name in result.written:
        value = bound.get(name)
        for other, seen in bound.items():
            if other != name and isinstance(value, np.ndarray) and isinstance(seen, np.ndarray):
                if np.may_share_memory(value, seen):
                    raise ValueError(
                        f"the arguments {name!r} and {other!r} are one array (or views of one), and {name!r} is "
                        "written in place; pass a copy of one of them"
                    )


def transforming(make: Callable[[Any], Any], function: Any, show_source: bool) -> Any:
    """`make(function)`, whose source is printed if that is asked for; without a function, the decorator for one."""
    if function is None:
        return lambda f: transforming(make, f, show_source)
    transformed = make(function)
    if show_source:
        print(transformed.source, end="")
    return transformed


def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls an emitted function, staged if an argument is; errors name the user's line."""
    try:
        if any_staged(args) or any_staged(kwargs.values()):
            function = stage_function(function, containers=_containers(function, args, kwargs))
        return checked(function, *args, **kwargs) if config.debug_nans else function(*args, **kwargs)
    except NanError as error:
        raise error.with_traceback(None) from None
    except Exception as error:
        raise with_user_line(error) from error.__cause__


def _containers(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> set[str]:
    """The parameters that get lists or tuples of Python's own."""
    code = getattr(function, "__code__", None)
    names = () if code is None else code.co_varnames[: code.co_argcount]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return {name for name, value in given.items() if is_container(value)}


def any_staged(values: Iterable[Any]) -> bool:
    for value in values:
        if isinstance(value, Staged):
            return True
        if hasattr(value, "stacked"):  # a list that staged loops may grow
            return True
        if isinstance(value, list | tuple) and any_staged(value):
            return True
        if isinstance(value, dict) and any_staged(value.values()):
            return True
    return False


def signature_source(function: Any) -> FunctionSource:
    """The source whose parameters a (possibly transformed or compiled) function takes."""
    function = without_jit(function)
    if isinstance(function, FunctionSource):
        return function
    return function.signature() if isinstance(function, Transformed) else cached_source(function)


def specialised_function(function: Any, count: int, keywords: tuple[str, ...]) -> Any:
    """A function with starred parameters for one number of arguments; TypeError if it doesn't take them."""
    function = without_jit(function)
    if isinstance(function, Transformed):
        return function.variant(count, keywords)
    source = signature_source(function)
    try:
        return call_arguments.specialised(source, count + (source.bound is not None), keywords)
    except ValueError as error:
        raise TypeError(str(error)) from None


def source_of(function: Any, bound: Mapping[str, Any] | None, arguments: dict[str, Kind]) -> FunctionSource:
    """The source to transform: that of a plain function, or the emitted one of a transformed function."""
    function = without_jit(function)
    if not isinstance(function, Transformed):
        return cached_source(function)
    return function.emitted_source(arguments, bound)


def without_jit(function: Any) -> Any:
    """The function that a compiled or checkpointed function runs: that doesn't change what its derivatives are."""
    while isinstance(function, Jit | Checkpointed):
        function = function.__wrapped__
    return function


_sources: Belongings[FunctionSource] = Belongings("source")
_sources_of_objects: "weakref.WeakKeyDictionary[Any, FunctionSource]" = weakref.WeakKeyDictionary()
_method_sources: dict[Any, FunctionSource] = {}
_MOST_METHODS = 256
_primitive_sources: dict[Any, FunctionSource] = {}


def cached_source(function: Any) -> FunctionSource:
    if isinstance(function, FunctionSource):
        return function
    if (rule := custom_rules.rule_of(function)) is not None:
        return _calling_source(function, rule)
    if isinstance(function, types.MethodType):
        return _source_of_method(function)
    if isinstance(function, types.FunctionType):
        found = _sources.get(function)
        if found is None:
            found = source_of_callable(function)
            _sources.set(function, found)
        return found
    return _source_of_object(function)


def _source_of_object(function: Any) -> FunctionSource:
    try:
        found = _sources_of_objects.get(function)
    except TypeError:  # neither hashable nor weakly referable: NumPy's functions, which stay
        return _source_that_stays(function)
    if found is None:
        has_own = hasattr(type(function), "own_source")
        found = function.own_source() if has_own else source_of_callable(function)
        _sources_of_objects[function] = found
    return found


def _source_that_stays(function: Any) -> FunctionSource:
    if table.lookup(function) is None:
        return source_of_callable(function)
    if function not in _primitive_sources:
        _primitive_sources[function] = source_of_callable(function)
    return _primitive_sources[function]


_calling: "weakref.WeakKeyDictionary[Any, FunctionSource]" = weakref.WeakKeyDictionary()


def _calling_source(function: Any, rule: custom_rules.Rule) -> FunctionSource:
    """One source for each function with rules: of a function that calls it, which is transformed in its place."""
    if function not in _calling:
        _calling[function] = custom_rules.calling_source(function, rule)
    return _calling[function]


def _source_of_method(method: types.MethodType) -> FunctionSource:
    """Method objects come and go; what they are bound to stays, and is kept by the source."""
    key = (id(method.__self__), method.__func__)
    if key not in _method_sources:
        if len(_method_sources) >= _MOST_METHODS:
            del _method_sources[next(iter(_method_sources))]
        _method_sources[key] = function_source(method)
    return _method_sources[key]


def fill(bar: Any, value: Any) -> Any:
    """A cotangent as the caller gets it: zeros for what has none (integers, strings), in the dtype of the value."""
    if bar is None:
        return support.zeros_like(value)
    if isinstance(value, dict):
        return trees.type_of_dict(value, {k: fill(bar.get(k), v) for k, v in value.items()})
    if isinstance(value, list | tuple):
        return trees.rebuild(value, [fill(b, v) for b, v in zip(bar, value, strict=True)])
    dtype = getattr(value, "dtype", None)
    return bar if dtype is None or getattr(bar, "dtype", None) == dtype else as_dtype(bar, value)


def as_dtype(bar: Any, value: Any) -> Any:
    """A derivative in the dtype of the value that it belongs to, where computing it took a wider one."""
    if not hasattr(bar, "dtype"):  # a Python number
        return np.full_like(value, bar)
    if np.iscomplexobj(bar) and not np.iscomplexobj(value):
        bar = np.real(bar)
    return bar.astype(value.dtype) if kinds.is_inexact(value.dtype) else bar


def _refuse_complex(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if holds_complex(value):
            raise TypeError(
                f"the argument {name!r} is complex; derivatives with respect to complex values are not supported: "
                "pass its real and imaginary parts as two arguments"
            )


def holds_complex(value: Any) -> bool:
    """Is this a complex number or array, or a container with one?"""
    if isinstance(value, dict):
        return any(holds_complex(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(holds_complex(v) for v in value)
    return isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c"


def is_float(value: Any) -> bool:
    """Is this a number or array that has a derivative?"""
    if isinstance(value, float | complex):
        return True
    dtype = getattr(value, "dtype", None)
    return dtype is not None and kinds.is_inexact(dtype)


def has_float(value: Any) -> bool:
    """Does this value, or a container's leaf, have a derivative?"""
    if isinstance(value, dict):
        return any(has_float(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(has_float(v) for v in value)
    return is_float(value)


__all__ = ["Transformed", "any_staged", "fill", "has_float", "is_float", "run"]
