"""The command `s2s`: `s2s convert module.py --grad f`, `s2s demo`.

Exit codes: 0 done; 1 the input cannot be converted (the cause is on stderr, as a compiler prints it); 2 wrong usage.
"""

import argparse
import ast
import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path

from s2s import batch_axes
from s2s.convert import convert
from s2s.demo import run_demo
from s2s.expansion import STAGED, ConversionError, Request


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line `argv` (the process's own by default) and returns its exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.command == "demo":
        return run_demo(epochs=arguments.epochs)
    return _convert(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="s2s", description="A source-to-source compiler for numerical Python.")
    parser.add_argument("--version", action="version", version=f"s2s {importlib.metadata.version('s2s')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_convert(commands.add_parser("convert", help="write out derivatives of a module's functions, and more"))
    _add_demo(commands.add_parser("demo", help="show an emitted gradient, then train a network on handwritten digits"))
    return parser


def _add_convert(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Replaces every definition decorated with @s2s.grad, @s2s.value_and_grad, @s2s.jvp or @s2s.vmap by its "
        "expansion, and writes what is asked for below the functions it belongs to. The module is parsed, never run."
    )
    command.add_argument("module", type=Path, help="the Python file to read")
    for option, transform in (("--grad", "grad"), ("--value-and-grad", "value_and_grad"), ("--jvp", "jvp")):
        text = f"add f_{transform}; repeatable"
        kind = _request(transform)
        command.add_argument(option, dest="requests", action="append", type=kind, metavar="f", help=text)
    text = "add f_vmap; an axis for each argument, None for one that all rows share; repeatable"
    command.add_argument("--vmap", dest="requests", action="append", type=_vmap, metavar="f[:0,None]", help=text)
    text = "add f_staged, the text that jit(f) runs; repeatable"
    kind = _request(STAGED)
    command.add_argument("--stage", dest="requests", action="append", type=kind, metavar="f", help=text)
    command.add_argument("--wrt", type=_names, metavar="name,name", help="arguments to differentiate (default: first)")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write (default: standard output)")


def _add_demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--epochs", type=int, default=80, help="passes over the training set (default: %(default)s)")


def _request(transform: str):
    def parse(function: str) -> Request:
        return Request(transform, _identifier(function))

    return parse


def _vmap(text: str) -> Request:
    """`f`, or `f:0,None` with the batch axes of its arguments: ints, None, or containers of these."""
    function, _, axes = text.partition(":")
    try:
        given = batch_axes.require_axes(ast.literal_eval(f"({axes},)") if axes else (), "in_axes")
    except (SyntaxError, ValueError, TypeError):
        what = "is not a list of axes: integers, None, or containers of these"
        raise argparse.ArgumentTypeError(f"{axes!r} {what}") from None
    return Request("vmap", _identifier(function), (("in_axes", given),))


def _names(text: str) -> tuple[str, ...]:
    return tuple(_identifier(name.strip()) for name in text.split(","))


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not a name")
    return text


def _convert(arguments: argparse.Namespace) -> int:
    try:
        source = arguments.module.read_bytes()
        converted = convert(source, str(arguments.module), arguments.requests or (), arguments.wrt)
        _write(converted, arguments.output)
    except OSError as error:
        print(f"s2s: error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except ConversionError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _write(converted: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(converted)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(converted)
