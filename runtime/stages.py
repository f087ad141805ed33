"""What `jit(f).lower(...)` and its `.compile()` give: a program to look at, and to call."""

from typing import Any

from s2s.runtime import tree
from s2s.runtime.aval import ShapeDtypeStruct
from s2s.runtime.compiler import CompiledProgram, Constant, Program, compiled


class Lowered:
    """A function staged for one signature, not compiled yet."""

    def __init__(self, jitted: Any, key: Any, program: Program) -> None:
        self._jitted = jitted
        self._key = key
        self.program = program

    @property
    def out_tree(self) -> Any:
        return self.program.treedef

    @property
    def out_info(self) -> Any:
        """The results as `ShapeDtypeStruct`s."""
        return result_shapes(self.program)

    def as_text(self, dialect: str = "stablehlo", debug_info: bool = False) -> str:
        """The program as StableHLO; with `debug_info`, with the user's lines."""
        if dialect != "stablehlo":
            raise ValueError(f"dialect {dialect!r} is not supported; compile() gives HLO")
        if not debug_info:
            return self.program.text()
        return str(self.program.module.operation.get_asm(enable_debug_info=True))

    def compile(self) -> "Compiled":
        return Compiled(self._jitted, self._key, compiled(self.program))

    def cost_analysis(self) -> dict[str, float]:
        return self.compile().cost_analysis()


class Compiled:
    """A function compiled for one signature; calling it with another one is an error."""

    def __init__(self, jitted: Any, key: Any, compiled: CompiledProgram) -> None:
        self._jitted = jitted
        self._key = key
        self.compiled = compiled

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key, buffers, _ = self._jitted.signature_of(args, kwargs)
        if key != self._key:
            raise TypeError(f"compiled for {_described(self._key)}, called with {_described(key)}")
        return self.compiled(buffers)

    @property
    def out_tree(self) -> Any:
        return self.compiled.treedef

    def as_text(self) -> str:
        """The optimized HLO."""
        return self.compiled.executable.loaded.hlo_modules()[0].to_string()

    def cost_analysis(self) -> dict[str, float]:
        """XLA's estimate: "flops", "bytes accessed" and others."""
        found = self.compiled.executable.loaded.cost_analysis()
        return dict(found[0] if isinstance(found, list) else found)

    def memory_analysis(self) -> Any:
        """Sizes in bytes: argument_size_in_bytes, output_size_in_bytes, temp_size_in_bytes, ..."""
        return self.compiled.executable.loaded.get_compiled_memory_stats()


def result_shapes(program: Program) -> Any:
    """The tree of a program's results, arrays as `ShapeDtypeStruct`s."""
    leaves = [
        _described_leaf(o.value) if isinstance(o, Constant) else ShapeDtypeStruct(o.shape, o.dtype, o.weak)
        for o in program.outputs
    ]
    return tree.unflatten(program.treedef, leaves)


def _described_leaf(value: Any) -> Any:
    return ShapeDtypeStruct(value.shape, value.dtype) if hasattr(value, "_buffer") else value


def _described(key: Any) -> str:
    leaves = [repr(getattr(leaf, "value", leaf)) for leaf in key[1]]
    return f"({', '.join(leaves)})"
