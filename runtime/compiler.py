"""From a Python function and abstract arguments to a StableHLO module, and from there to a compiled call."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from s2s.runtime import adapter, array, dtypes, errors, executable, selections, staged_lists, staging, tree
from s2s.runtime.adapter import ir
from s2s.runtime.array import Array
from s2s.runtime.aval import Aval
from s2s.runtime.host_calls import HostCalls, result_or_raised
from s2s.runtime.host_values import Text
from s2s.runtime.result_leaves import refuse_hidden
from s2s.runtime.staging import Scope, Staged
from s2s.runtime.static_keys import static_key


class Known:
    """A leaf of the arguments or results that is no array of the program: its value is part of the program.

    Equal, and so the same program, where type and value are (1, 1.0 and True differ). TypeError if not hashable.
    """

    __slots__ = ("value", "key", "hash")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.key = static_key(value)
        self.hash = hash(self.key)

    def __hash__(self) -> int:
        return self.hash

    def __eq__(self, other: object) -> bool:
        return type(other) is Known and self.key == other.key


class Constant(NamedTuple):
    """A leaf of the results that is not staged: it comes out as it was."""

    value: Any


class Program(NamedTuple):
    """A staged function.

    Attributes:
        module: the StableHLO module; its `main` takes the dynamic leaves, then `captured`.
        treedef: of the results.
        outputs: per leaf of the results, its `Aval`, or `Constant`.
        captured: device arrays that the function used from outside, passed at every call.
        sharding: placement of all arrays; None is the default device.
        host: what the program calls on the host; None if nothing.
        flags: XLA's options for it.
    """

    module: ir.Module
    treedef: Any
    outputs: list[Aval | Constant]
    captured: list[Array]
    sharding: Any
    host: HostCalls | None = None
    flags: tuple[tuple[str, Any], ...] = ()

    def text(self) -> str:
        """The module as StableHLO text."""
        return str(self.module)


def stage_function(
    function: Callable[..., Any],
    treedef: Any,
    leaves: Sequence[Aval | Known],
    *,
    names: Mapping[int, str],
    scalars: frozenset[int] = frozenset(),
    donated: frozenset[int] = frozenset(),
    program_name: str = "main",
) -> Program:
    """Runs `function` once on staged arrays.

    Args:
        function: takes what `treedef` makes of the leaves, a pair (args, kwargs).
        leaves: per leaf, what is known of it: an `Aval`, or its value.
        names: the leaves as the user would write them, for messages.
        scalars: leaves that are Python scalars at the call.
        donated: leaves whose memory results may take over.
        program_name: how the program is called in profiles.

    Raises:
        ConcretizationError: the function needs a value that is not known while staging.
    """
    avals = [leaf for leaf in leaves if type(leaf) is Aval]
    location = ir.Location.unknown(adapter.context())
    with adapter.context(), location:
        module, block = staging.new_module(avals)
        module.operation.attributes["sym_name"] = ir.StringAttr.get(_identifier(program_name))
        scope = Scope(module, block, capture=True)
        with staging.building(scope, location):
            values = _arguments(scope, leaves, names, scalars)
            args, kwargs = treedef.unflatten(values)
            returned = staged_lists.as_plain(result_or_raised(lambda: function(*args, **kwargs)))
            selections.refuse_result(returned)
            results, result_tree = tree.flatten(returned)
            staged = [_result(value) for value in results]
            finals = [s for s in staged if type(s) is Staged]
            staging.finish(module, block, [s.value for s in finals])
        outputs = [s.aval if type(s) is Staged else Constant(s) for s in staged]
        _donate(block, [i for i, leaf in enumerate(leaves) if type(leaf) is Aval], donated, [s.aval for s in finals])
    flags = tuple(scope.flags.items())
    return Program(module, result_tree, outputs, scope.captured or [], _sharding(avals), scope.host, flags)


def _identifier(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in f"jit_{name}")


def _sharding(avals: Sequence[Aval]) -> Any:
    """Where the program runs: where its arguments lie."""
    found = {aval.sharding for aval in avals}
    if len(found) > 1:
        raise ValueError(f"arguments lie on different devices{errors.at_user_line()}; use s2s.device_put(x, device)")
    return next(iter(found), None)


def _arguments(
    scope: Scope, leaves: Sequence[Aval | Known], names: Mapping[int, str], scalars: frozenset[int]
) -> list[Any]:
    """The values that the function gets for its leaves."""
    values: list[Any] = []
    blocks = iter(scope.block.arguments)
    for index, leaf in enumerate(leaves):
        if type(leaf) is Known:
            values.append(leaf.value)
            continue
        origin = frozenset((index,)) if index in scalars else None
        value = Staged(next(blocks), leaf.unplaced(), scope, origin=origin)  # type: ignore[union-attr]
        if origin is None:
            scope.arguments[id(value)] = (value, names.get(index, "?"))
        values.append(value)
    scope.names.update({i: names.get(i, "?") for i in scalars})
    return values


def _result(value: Any) -> Any:
    """A leaf of the results: staged, a device array, or a Python value that comes out as it was."""
    if type(value) is Staged:
        return staging.read(value)
    if type(value) is Text:
        raise TypeError(
            "a compiled function gives back a text made of the values of arrays, which it cannot hold; "
            "give back the arrays, and make the text of them outside"
        )
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufcV":
        return array.from_host(value)
    refuse_hidden(value)
    return value


def _donate(block: Any, positions: Sequence[int], donated: frozenset[int], results: Sequence[Aval]) -> None:
    """Marks donated arguments: each is aliased to a result of its shape and dtype, or else freed for reuse."""
    if not donated:
        return
    free = list(range(len(results)))
    attributes = []
    for argument, position in zip(block.arguments, [*positions, *[-1] * len(block.arguments)], strict=False):
        attributes.append(_donation(argument, free, results) if position in donated else ir.DictAttr.get({}))
    block.owner.attributes["arg_attrs"] = ir.ArrayAttr.get(attributes)


def _donation(argument: Any, free: list[int], results: Sequence[Aval]) -> Any:
    for number in free:
        if dtypes.tensor_type(results[number].shape, results[number].dtype) == argument.type:
            free.remove(number)
            return ir.DictAttr.get({"tf.aliasing_output": ir.IntegerAttr.get(ir.IntegerType.get_signless(32), number)})
    return ir.DictAttr.get({"jax.buffer_donor": ir.BoolAttr.get(True)})


class CompiledProgram:
    """A compiled staged function: device buffers in, the function's result out.

    Attributes:
        executable: the `Executable`; `run` is its bound `execute_sharded`, with `handlers` for the results.
        avals: of the results that are arrays of the program.
        captured: buffers passed after those of the arguments.
        single: the result's aval, where it is one array and nothing is captured; else None.
        direct: whether a call is nothing but `run` on the buffers of the arguments.
    """

    __slots__ = (
        *("program", "executable", "run", "handlers", "avals", "treedef", "captured", "outputs", "single"),
        "direct",
    )

    def __init__(self, program: Program, *, persistent: bool = False) -> None:
        self.program = program
        avals = [output for output in program.outputs if type(output) is Aval]
        functions = () if program.host is None else program.host.functions
        self.executable = executable.compile_module(
            program.module, avals, program.sharding, persistent=persistent, flags=program.flags, host_calls=functions
        )
        self.run = self.executable.run
        self.handlers = self.executable.handlers
        self.avals = self.executable.avals
        self.treedef = program.treedef
        self.captured = [a._buffer for a in program.captured]
        # None where all leaves of the result are arrays.
        self.outputs = program.outputs if len(avals) != len(program.outputs) else None
        self.direct = not self.captured and program.host is None
        plain = self.outputs is None and not self.captured and _is_leaf(program.treedef)
        self.single = self.avals[0] if plain else None

    def __call__(self, buffers: list[Any]) -> Any:
        try:
            results = self.run(buffers + self.captured if self.captured else buffers).consume_with_handlers(
                self.handlers
            )
        except (RuntimeError, ValueError) as error:
            raise explained(error, buffers) from None
        return Array(results[0], self.single) if self.single is not None else self.rebuild(results)

    def rebuild(self, results: Sequence[Any]) -> Any:
        """What the function gave, of the buffers of its arrays."""
        arrays = list(map(Array, results, self.avals))
        return self.treedef.unflatten(arrays if self.outputs is None else self._with_constants(arrays))

    def _with_constants(self, arrays: list[Array]) -> list[Any]:
        rest = iter(arrays)
        return [output.value if type(output) is Constant else next(rest) for output in self.outputs or ()]


class CallingProgram(CompiledProgram):
    """A compiled function that calls the host: a call of it returns when it is done, and raises what those calls do."""

    __slots__ = ()

    def __call__(self, buffers: list[Any]) -> Any:
        host = self.program.host
        assert host is not None
        try:
            return self.rebuild(adapter.run_and_wait(self.executable.loaded, buffers + self.captured, self.handlers))
        except (RuntimeError, ValueError) as error:
            raise host.failure() or explained(error, buffers) from None


def compiled(program: Program) -> CompiledProgram:
    """A program, compiled."""
    return CompiledProgram(program) if program.host is None else CallingProgram(program)


def _is_leaf(treedef: Any) -> bool:
    return treedef.num_nodes == 1 and treedef.num_leaves == 1


def explained(error: Exception, buffers: Sequence[Any]) -> Exception:
    """The error to raise for a failed call: one of our own where an argument had been donated before."""
    if not any(buffer.is_deleted() for buffer in buffers):
        return error
    return RuntimeError(
        f"an argument was deleted, or donated to a compiled function before{errors.at_user_line()}; "
        "use that function's result instead"
    )
