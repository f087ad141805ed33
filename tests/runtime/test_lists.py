"""Containers that change: each pure form against Python's own method, and its rule as the transpose of it."""

import textwrap
from typing import Any

import numpy as np
import pytest

from s2s.runtime import support
from s2s.runtime.primitives.table import PRIMITIVES

A, B, C = np.array([1.0, -2.0]), np.array([0.5, 3.0]), np.array([4.0, 0.25])
XS = [A, B, C]
D = {"a": A, "b": B, "c": C}

# Primitive (and case) to the expression that it stands for, and its arguments.
SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "list_append": ("append(xs, v)", {"xs": XS, "v": A}),
    "list_pop": ("pop(xs)", {"xs": XS}),
    "list_pop_at": ("pop(xs, i)", {"xs": XS, "i": 1}),
    "list_insert": ("insert(xs, i, v)", {"xs": XS, "i": -1, "v": C}),
    "list_pop_inserted": ("pop_inserted(xs, i)", {"xs": XS, "i": -2}),
    "list_insert_popped": ("insert_popped(xs, i, v)", {"xs": XS, "i": -2, "v": C}),
    "join_tuples": ("join_tuples(xs, ys)", {"xs": (A, B), "ys": (B, A)}),
    "list_extend": ("extend(xs, ys)", {"xs": XS, "ys": (B, A)}),
    "list_split_last": ("split_last(xs, count)", {"xs": XS, "count": 2}),
    "list_repeat": ("repeat_items(xs, n)", {"xs": XS, "n": 3}),
    "list_repeat_bar": ("repeat_items_bar(g, xs)", {"g": XS * 2, "xs": XS}),
    "list_reordered": ("reordered(xs, order)", {"xs": XS, "order": [2, 0, 1]}),
    "list_sum": ("sum(xs)", {"xs": XS}),
    "list_sum_from": ("sum(xs, start)", {"xs": XS, "start": A}),
    "list_sum_bar": ("sum_items_bar(g, xs)", {"g": A, "xs": [1.0, A, B]}),
    "list_sum_of_bar": ("sum_of_items_bar(bars, g)", {"bars": XS, "g": A}),
    "entry_set": ("set_at(c, index, v)", {"c": D, "index": "b", "v": C}),
    "entry_new": ("set_at(c, index, v)", {"c": D, "index": "new", "v": C}),
    "entry_added": ("add_at(c, index, v)", {"c": XS, "index": 1, "v": C}),
    "entry_removed": ("without(d, key)", {"d": D, "key": "b"}),
    "entry_restored": ("with_zeros_at(g, d, key)", {"g": {"a": A, "c": C}, "d": D, "key": "b"}),
    "dict_copied": ("copied_dict(d)", {"d": D}),
    "entry_put": ("put_entry(d, key, v, old)", {"d": D, "key": "b", "v": C, "old": B}),
    "entry_put, a new one": ("put_entry(d, key, v, old)", {"d": D, "key": "new", "v": C, "old": None}),
    "entry_before_put": ("before_put(g, key, old)", {"g": D, "key": "b", "old": B}),
    "entry_before_put, a new one": ("before_put(g, key, old)", {"g": D, "key": "b", "old": None}),
    "entry_before_put_bar": ("before_put_bar(g, like, key, old)", {"g": D, "like": D, "key": "b", "old": B}),
    "entry_before_put_bar, a new one": (
        "before_put_bar(g, like, key, old)",
        {"g": {"a": A, "c": C}, "like": D, "key": "b", "old": None},
    ),
    "acc": ("acc(a, b)", {"a": XS, "b": [C, A, B]}),
    "items": ("items(c)", {"c": D}),
    "from_items": ("from_items(like, xs)", {"like": D, "xs": XS}),
}
STATIC = {"dict_keys", "emptied", "entry_prior", "inverse_order", "repetitions", "reversed_order", "sorting_order"}


def test_all_are_sampled() -> None:
    ours = {
        p.name for p in PRIMITIVES.values() if any(str(f.__module__).endswith("support_lists") for f in p.functions)
    }
    assert ours <= {sample.partition(",")[0] for sample in SAMPLES} | STATIC


def inner(a: Any, b: Any) -> float:
    if isinstance(a, dict):
        return sum(inner(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return sum(inner(x, y) for x, y in zip(a, b, strict=True))
    return float(np.sum(a * b))


def random_like(tree: Any, rng: Any) -> Any:
    if isinstance(tree, dict):
        return {k: random_like(v, rng) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(random_like(v, rng) for v in tree)
    return rng.normal(size=np.shape(tree))


@pytest.mark.parametrize("sample", SAMPLES)
def test_rule_is_the_transpose(sample: str) -> None:
    text, values = SAMPLES[sample]
    primitive, rng = PRIMITIVES[sample.partition(",")[0]], np.random.default_rng(0)
    namespace = {**vars(support), "np": np, "sum": sum, "len": len}
    out = eval(text, {**namespace, **values})
    dots = {p: random_like(values[p], rng) for p in primitive.operands}
    out_dot = eval(text, {**namespace, **values, **dots})
    out_bar = random_like(out, rng)
    results = {**namespace, **values, "out": out, "out_bar": out_bar}
    exec(textwrap.dedent(primitive.vjp), results)
    backward = sum(inner(results[f"{p}_bar"], dots[p]) for p in primitive.operands)
    np.testing.assert_allclose(backward, inner(out_bar, out_dot), rtol=1e-12)


CHANGES = [
    ("append", (9,)), ("extend", ([8, 9],)), ("insert", (1, 9)), ("insert", (-1, 9)), ("insert", (-9, 9)),
    ("insert", (9, 9)), ("pop", ()), ("pop", (0,)), ("pop", (-2,)),
]  # fmt: skip


@pytest.mark.parametrize("method, arguments", CHANGES)
def test_as_the_methods_of_lists(method: str, arguments: tuple[Any, ...]) -> None:
    xs = [1, 2, 3]
    expected = xs.copy()
    returned = getattr(expected, method)(*arguments)
    made = getattr(support, method)(xs, *arguments)
    assert made == ((expected, returned) if method == "pop" else expected)
    assert support.changed(xs, method, *arguments) == (expected, returned)
    assert xs == [1, 2, 3]


def test_entries_of_dicts_whose_keys_are_known_late() -> None:
    assert support.keys_of(D) == ["a", "b", "c"]
    assert support.prior(D, "b") is B
    assert support.prior(D, "new") is None


def test_order() -> None:
    xs = [3.0, 1.0, 2.0, 1.0]
    for reverse in (False, True):
        order = support.sorting_order(xs, reverse)
        assert support.reordered(xs, order) == sorted(xs, reverse=reverse)
        assert support.reordered(support.reordered(xs, order), support.inverse_order(order)) == xs
    assert support.reordered(xs, support.reversed_order(xs)) == xs[::-1]


def test_an_element_that_is_an_array_is_not_changed_in_place() -> None:
    support.require_immutable(1.0)
    support.require_immutable(np.float64(1.0))
    with pytest.raises(TypeError, match="changes the array itself"):
        support.require_immutable(np.ones(2))
