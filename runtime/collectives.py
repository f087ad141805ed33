"""Collectives over a named batch axis.

`s2s.vmap(f, axis_name=...)` writes them as operations along that axis; outside of it there is no axis of the name.

`x` is an array, or a container of arrays; `axis_name` a name, or for sums, means and extremes a tuple of names.
"""

from typing import Any, NoReturn

Array = Any


def psum(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """The sum over the named axis, the same for all of its rows. NameError outside of it."""
    unbound(axis_name)


def pmean(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """The mean over the named axis. NameError outside of it."""
    unbound(axis_name)


def pmax(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """The maximum over the named axis. NameError outside of it."""
    unbound(axis_name)


def pmin(x: Any, axis_name: Any, *, axis_index_groups: Any = None) -> Any:
    """The minimum over the named axis. NameError outside of it."""
    unbound(axis_name)


def all_gather(x: Any, axis_name: Any, *, axis_index_groups: Any = None, axis: int = 0, tiled: bool = False) -> Any:
    """All rows of x, stacked along a new `axis`, or with `tiled` joined along an old one. NameError outside of it."""
    unbound(axis_name)


def ppermute(x: Any, axis_name: Any, perm: Any) -> Any:
    """Row `d` gets x of row `s` for each (s, d) in `perm`; others get zeros. NameError outside of the axis."""
    unbound(axis_name)


def all_to_all(
    x: Any, axis_name: Any, split_axis: int, concat_axis: int, *, axis_index_groups: Any = None, tiled: bool = False
) -> Any:
    """x is cut along `split_axis` into as many parts as there are rows; row i gets part i of every row.

    The parts are stacked along a new `concat_axis`, or with `tiled` joined along an old one. NameError outside of the
    named axis.
    """
    unbound(axis_name)


def axis_index(axis_name: Any) -> Any:
    """The number of the row along the named axis. NameError outside of it."""
    unbound(axis_name)


def axis_size(axis_name: Any) -> Any:
    """How many rows the named axis has. NameError outside of it."""
    unbound(axis_name)


def unbound(axis_name: Any) -> NoReturn:
    raise NameError(
        f"unbound axis name: {axis_name!r}; collectives stand in a function that s2s.vmap(f, axis_name={axis_name!r}) "
        "batches"
    )
