"""Containers that change: their pure forms (`s2s.runtime.helpers.lists`) are derivatives of one another.

Both what users write as `xs.append(v)` and what reverse mode saves come down to these.
"""

import builtins

from s2s.runtime import support
from s2s.runtime.primitives.table import linear, nondifferentiable, recognise

# Lists.
linear("list_append", "xs, v", functions=(support.append,), vjp="xs_bar, v_bar = pop(out_bar)")
linear(
    "list_pop",
    "xs",
    functions=(support.pop,),
    vjp="xs_bar = append(out_bar[0], out_bar[1])",
)
linear(
    "list_pop_at",
    "xs, i",
    operands=("xs",),
    vjp="xs_bar = insert_popped(out_bar[0], i, out_bar[1])",
)
recognise(support.pop, "list_pop_at", count=2)
linear(
    "list_insert",
    "xs, i, v",
    operands=("xs", "v"),
    functions=(support.insert,),
    vjp="xs_bar, v_bar = pop_inserted(out_bar, i)",
)
linear(
    "list_pop_inserted",
    "xs, i",
    operands=("xs",),
    functions=(support.pop_inserted,),
    vjp="xs_bar = insert(out_bar[0], i, out_bar[1])",
)
linear(
    "list_insert_popped",
    "xs, i, v",
    operands=("xs", "v"),
    functions=(support.insert_popped,),
    vjp="xs_bar, v_bar = pop(out_bar, i)",
)
linear(
    "list_extend",
    "xs, ys",
    functions=(support.extend,),
    vjp="""
        xs_bar, rest_bar = split_last(out_bar, len(ys))
        ys_bar = from_items(ys, rest_bar)
    """,
)
linear(
    "join_tuples",
    "xs, ys",
    functions=(support.join_tuples,),
    vjp="""
        xs_bar, rest_bar = split_last(out_bar, len(ys))
        ys_bar = from_items(ys, rest_bar)
    """,
)
linear(
    "list_split_last",
    "xs, count",
    operands=("xs",),
    functions=(support.split_last,),
    vjp="xs_bar = extend(out_bar[0], out_bar[1])",
)
linear(
    "list_repeat",
    "xs, n",
    operands=("xs",),
    functions=(support.repeat_items,),
    vjp="xs_bar = repeat_items_bar(out_bar, xs)",
)
linear(
    "list_repeat_bar",
    "g, xs",
    operands=("g",),
    shape_only=("xs",),
    functions=(support.repeat_items_bar,),
    vjp="g_bar = repeat_items(out_bar, repetitions(g, xs))",
)
linear(
    "list_reordered",
    "xs, order",
    operands=("xs",),
    functions=(support.reordered,),
    vjp="xs_bar = reordered(out_bar, inverse_order(order))",
)
for _static in (support.sorting_order, support.reversed_order, support.inverse_order, support.repetitions):
    nondifferentiable(_static.__name__, "*values", operands=(), functions=(_static,), result_kind="static")

nondifferentiable("emptied", "c", functions=(support.emptied,))

# Sums.
linear(
    "list_sum",
    "xs",
    functions=(builtins.sum,),
    vjp="xs_bar = sum_items_bar(out_bar, xs)",
)
linear(
    "list_sum_from",
    "xs, start",
    vjp="""
        xs_bar = sum_items_bar(out_bar, xs)
        start_bar = sum_to(out_bar, np.shape(start))
    """,
)
recognise(builtins.sum, "list_sum_from", count=2)
linear(
    "list_sum_bar",
    "g, xs",
    operands=("g",),
    shape_only=("xs",),
    functions=(support.sum_items_bar,),
    vjp="g_bar = sum_of_items_bar(out_bar, g)",
)
linear(
    "list_sum_of_bar",
    "bars, g",
    operands=("bars",),
    shape_only=("g",),
    functions=(support.sum_of_items_bar,),
    vjp="bars_bar = from_items(bars, [out_bar] * len(bars))",
)

# Entries. Written as `set_at(c, index, v)` (or `add_at`, of cotangents) of a list or dict instead of an array.
linear(
    "entry_set",
    "c, index, v",
    operands=("c", "v"),
    vjp="""
        c_bar = set_at(out_bar, index, zeros_like(c[index]))
        v_bar = out_bar[index]
    """,
)
linear(
    "entry_new",
    "c, index, v",
    operands=("c", "v"),
    vjp="""
        c_bar = without(out_bar, index)
        v_bar = out_bar[index]
    """,
)
linear(
    "entry_added",
    "c, index, v",
    operands=("c", "v"),
    vjp="""
        c_bar = out_bar
        v_bar = out_bar[index]
    """,
)
linear(
    "entry_removed",
    "d, key",
    operands=("d",),
    functions=(support.without,),
    vjp="d_bar = with_zeros_at(out_bar, d, key)",
)
linear(
    "entry_restored",
    "g, d, key",
    operands=("g",),
    shape_only=("d",),
    functions=(support.with_zeros_at,),
    vjp="g_bar = without(out_bar, key)",
)

# Of dicts whose keys are known at run time only: the entry may be a new one.
nondifferentiable("dict_keys", "d", operands=(), functions=(support.keys_of,))
linear("dict_copied", "d", functions=(support.copied_dict,), vjp="d_bar = out_bar")
nondifferentiable("entry_prior", "d, key", operands=(), functions=(support.prior,), result_kind="static")
linear(
    "entry_put",
    "d, key, v, old",
    operands=("d", "v"),
    shape_only=("old",),
    functions=(support.put_entry,),
    vjp="""
        d_bar = before_put(out_bar, key, old)
        v_bar = out_bar[key]
    """,
)
linear(
    "entry_before_put",
    "g, key, old",
    operands=("g",),
    shape_only=("old",),
    functions=(support.before_put,),
    vjp="g_bar = before_put_bar(out_bar, g, key, old)",
)
linear(
    "entry_before_put_bar",
    "g, like, key, old",
    operands=("g",),
    shape_only=("like", "old"),
    functions=(support.before_put_bar,),
    vjp="g_bar = before_put(out_bar, key, old)",
)

# Trees of cotangents.
linear(
    "acc",
    "a, b",
    functions=(support.acc,),
    vjp="""
        a_bar = out_bar
        b_bar = out_bar
    """,
)
linear("again", "x, after", operands=("x",), functions=(support.again,), shape_only=("after",), vjp="x_bar = out_bar")
linear("items", "c", functions=(support.items,), vjp="c_bar = from_items(c, out_bar)")
linear(
    "from_items",
    "like, xs",
    operands=("xs",),
    shape_only=("like",),
    functions=(support.from_items,),
    vjp="xs_bar = from_items(xs, items(out_bar))",
)
