"""Imports follow the layers: runtime/ below codegen/ below s2s/, each outside package confined to its layer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("runtime", "codegen", "s2s")

# Loaded at first use for a reason that the module states: plugins that may be absent, and SciPy's LAPACK (100 ms).
LAZY_IMPORTS = {("runtime", "jaxlib"), ("runtime", "scipy")}

FORBIDDEN_OUTSIDE = {"jaxlib": {"runtime"}, "gast": {"codegen"}, "astor": {"codegen"}, "jax": set()}


def modules() -> list[Path]:
    return sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def layer_imported(name: str) -> str | None:
    parts = name.split(".")
    if parts[0] != "s2s":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "s2s"


def of_module(path: Path) -> list[tuple[int, str]]:
    tree = ast.parse(path.read_text())
    return [(node.lineno, name) for node in ast.walk(tree) for name in imported(node)]


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(), ids=label)
def test_outside_packages_stay_in_their_layer(path):
    for line, name in of_module(path):
        allowed = FORBIDDEN_OUTSIDE.get(name.split(".")[0])
        assert allowed is None or layer_of(path) in allowed, f"{label(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_no_upward_import(path):
    here = LAYERS.index(layer_of(path))
    package_itself = {"s2s"}  # `from s2s import x` is listed under "s2s" and "s2s.x"; the latter decides
    for line, name in of_module(path):
        target = layer_imported(name)
        if target is not None and name not in package_itself:
            assert LAYERS.index(target) <= here, f"{label(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_no_import_inside_a_function(path):
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            for name in imported(node):
                lazy = (layer_of(path), name.split(".")[0]) in LAZY_IMPORTS
                assert lazy, f"{label(path)}:{node.lineno} imports {name} inside {function.name}"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_imports_are_absolute(path):
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.ImportFrom) or not node.level, f"{label(path)}:{node.lineno}: relative import"
