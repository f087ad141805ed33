"""Rows of the tables that benchmarks print."""

from rich.table import Table


def add_ratio(table: Table, what: str, ours: float, other: float, target: float) -> None:
    """A row with two times in seconds and their ratio, which should be at most the target."""
    colour = "green" if ours <= target * other else "red"
    ratio = f"[{colour}]{ours / other:.3g}[/]"
    table.add_row(what, f"{ours * 1e3:.3g} ms", f"{other * 1e3:.3g} ms", ratio, f"<= {target:g}")
