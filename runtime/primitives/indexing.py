"""Reading and writing elements: `c[index]`, its pure updates, take, select, slices at a run-time position."""

from typing import Any

import numpy as np

from s2s.runtime import support
from s2s.runtime.primitives import index_lowering as lowering
from s2s.runtime.primitives.table import general, nondifferentiable, recognise

getitem = general(
    "getitem",
    "c, index",
    lower=lowering.getitem,
    functions=(support.getitem,),
    result_kind="tree",
    vjp="c_bar = getitem_bar(c, index, out_bar)",
    jvp={"c": "c_dot[index]"},
)
_WRITE_OUT = "this update has no derivative rule yet; write x.at[i].set(f(x[i], v))"
_SET: dict[str, Any] = {
    "vjp": """
        v_bar = set_at_bar(out_bar, index, v)
        c_bar = set_at(out_bar, index, 0)
    """,
    "jvp": {
        "c": "set_at(c_dot, index, zeros_like(v))",
        "v": "set_at(zeros_like(c), index, v_dot)",
        "c v": "set_at(c_dot, index, v_dot)",
    },
}
_ADD: dict[str, Any] = {
    "vjp": """
        c_bar = out_bar
        v_bar = sum_to(out_bar[index], np.shape(v))
    """,
    "jvp": {"c": "c_dot", "v": "add_at(zeros_like(c), index, v_dot)", "c v": "add_at(c_dot, index, v_dot)"},
}
set_at = general(
    "set_at", "c, index, v", lower=lowering.updating("set"), functions=(support.set_at,), result_kind="tree", **_SET
)
put = general(
    "put", "c, index, v", lower=lowering.updating("set"), functions=(support.put,), result_kind="tree", **_SET
)
add_at = general(
    "add_at", "c, index, v", lower=lowering.updating("add"), functions=(support.add_at,), result_kind="tree", **_ADD
)
put_add = general(
    "put_add", "c, index, v", lower=lowering.updating("add"), functions=(support.put_add,), result_kind="tree", **_ADD
)

# Other updates, of `.at`; an element that is written through repeated indices accumulates.
for _name, _kind in (("min_at", "min"), ("max_at", "max")):
    nondifferentiable(_name, "c, index, v", lower=lowering.updating(_kind), why_not=_WRITE_OUT)
nondifferentiable("divide_at", "c, index, v", lower=lowering.divide_at, why_not=_WRITE_OUT)
nondifferentiable("power_at", "c, index, v", lower=lowering.power_at, why_not=_WRITE_OUT)

take = general(
    "take",
    "a, indices, axis=None",
    lower=lowering.take,
    operands=("a", "indices"),
    functions=(np.take,),
    method="take",
    vjp="a_bar = take_bar(out_bar, a, indices, axis)",
    jvp={"a": "np.take(a_dot, indices, axis)"},
)
take_along_axis = general(
    "take_along_axis",
    "arr, indices, axis=-1",
    lower=lowering.take_along_axis,
    operands=("arr", "indices"),
    functions=(np.take_along_axis,),
    vjp="arr_bar = take_along_axis_bar(out_bar, arr, indices, axis)",
    jvp={"arr": "np.take_along_axis(arr_dot, indices, axis)"},
)
select = general(
    "select",
    "condlist, choicelist, default=0",
    lower=lowering.select,
    operands=("condlist", "choicelist", "default"),
    functions=(np.select,),
    vjp="""
        choicelist_bar = select_bar(out_bar, condlist, choicelist)
        default_bar = sum_to(np.select(condlist, [0] * len(condlist), out_bar), np.shape(default))
    """,
    jvp={
        "choicelist": "np.select(condlist, instantiate(choicelist_dot, choicelist), np.zeros_like(default))",
        "default": "np.select(condlist, zeros_like(choicelist), default_dot)",
    },
)
dynamic_slice = general(
    "dynamic_slice",
    "operand, start_indices, slice_sizes",
    lower=lowering.dynamic_slice,
    operands=("operand", "start_indices"),
    functions=(support.dynamic_slice,),
    vjp="operand_bar = dynamic_update_slice(np.zeros_like(operand), out_bar, start_indices)",
    jvp={"operand": "dynamic_slice(operand_dot, start_indices, slice_sizes)"},
)
dynamic_update_slice = general(
    "dynamic_update_slice",
    "operand, update, start_indices",
    lower=lowering.dynamic_update_slice,
    functions=(support.dynamic_update_slice,),
    vjp="""
        operand_bar = dynamic_update_slice(out_bar, np.zeros_like(update), start_indices)
        update_bar = dynamic_slice(out_bar, start_indices, np.shape(update))
    """,
    jvp={
        "operand": "dynamic_update_slice(operand_dot, np.zeros_like(update), start_indices)",
        "update": "dynamic_update_slice(np.zeros_like(operand), update_dot, start_indices)",
    },
)

nonzero = nondifferentiable(
    "nonzero",
    "a",
    lower=lowering.depends_on_values("nonzero"),
    functions=(np.nonzero,),
    method="nonzero",
    result_kind="tuple",
)
recognise(np.where, "where")
recognise(np.where, "nonzero", count=1)
argwhere = nondifferentiable("argwhere", "a", lower=lowering.depends_on_values("argwhere"), functions=(np.argwhere,))
flatnonzero = nondifferentiable(
    "flatnonzero", "a", lower=lowering.depends_on_values("flatnonzero"), functions=(np.flatnonzero,)
)
