"""Reading and writing elements: `c[index]`, its pure updates, take, select, slices at a run-time position."""

import numpy as np

from s2s.runtime import support
from s2s.runtime.primitives.table import general, nondifferentiable, recognise

getitem = general(
    "getitem",
    "c, index",
    functions=(support.getitem,),
    result_kind="tree",
    vjp="c_bar = getitem_bar(c, index, out_bar)",
    jvp={"c": "c_dot[index]"},
)
_SET = {
    "vjp": """
        c_bar = set_at(out_bar, index, 0)
        v_bar = set_at_bar(out_bar, index, v)
    """,
    "jvp": {
        "c": "set_at(c_dot, index, zeros_like(v))",
        "v": "set_at(zeros_like(c), index, v_dot)",
    },
}
_ADD = {
    "vjp": """
        c_bar = out_bar
        v_bar = sum_to(out_bar[index], np.shape(v))
    """,
    "jvp": {"c": "c_dot", "v": "add_at(zeros_like(c), index, v_dot)"},
}
set_at = general("set_at", "c, index, v", functions=(support.set_at,), result_kind="tree", **_SET)
put = general("put", "c, index, v", functions=(support.put,), result_kind="tree", **_SET)
add_at = general("add_at", "c, index, v", functions=(support.add_at,), result_kind="tree", **_ADD)
put_add = general("put_add", "c, index, v", functions=(support.put_add,), result_kind="tree", **_ADD)

take = general(
    "take",
    "a, indices, axis=None",
    operands=("a", "indices"),
    functions=(np.take,),
    method="take",
    vjp="a_bar = take_bar(out_bar, a, indices, axis)",
    jvp={"a": "np.take(a_dot, indices, axis)"},
)
take_along_axis = general(
    "take_along_axis",
    "arr, indices, axis=-1",
    operands=("arr", "indices"),
    functions=(np.take_along_axis,),
    vjp="arr_bar = take_along_axis_bar(out_bar, arr, indices, axis)",
    jvp={"arr": "np.take_along_axis(arr_dot, indices, axis)"},
)
select = general(
    "select",
    "condlist, choicelist, default=0",
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
    operands=("operand", "start_indices"),
    functions=(support.dynamic_slice,),
    vjp="operand_bar = dynamic_update_slice(np.zeros_like(operand), out_bar, start_indices)",
    jvp={"operand": "dynamic_slice(operand_dot, start_indices, slice_sizes)"},
)
dynamic_update_slice = general(
    "dynamic_update_slice",
    "operand, update, start_indices",
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

nonzero = nondifferentiable("nonzero", "a", functions=(np.nonzero,), method="nonzero", result_kind="tuple")
recognise(np.where, "where")
recognise(np.where, "nonzero", count=1)
argwhere = nondifferentiable("argwhere", "a", functions=(np.argwhere,))
flatnonzero = nondifferentiable("flatnonzero", "a", functions=(np.flatnonzero,))
