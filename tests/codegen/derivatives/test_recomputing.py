"""What loops and pairs save: nothing that people would write again on the way back."""

import numpy as np

import s2s


def body_of(source, name):
    """The lines of an emitted function, without comments."""
    lines = source[source.index(f"def {name}(") :].split("\n\n")[0].splitlines()[1:]
    return [line.strip() for line in lines if not line.strip().startswith(("#", "assert"))]


def elements(x, y):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            total += x[i] * y[i]
        elif y[i] > 0:
            total -= y[i] ** 2
    return total


def test_elements_of_unchanged_arrays_and_tests_on_them_are_read_again():
    x, y = np.array([1.0, -2.0, 3.0, -1.0]), np.array([0.5, 2.0, -1.0, -2.0])
    source = s2s.grad(elements, argnums=(0, 1)).source_for(x, y)
    assert "saved" not in source and "for i in reversed(range(len(x))):" in source
    assert "if x[i] > 0:" in source and "elif y[i] > 0:" in source
    x_bar, y_bar = s2s.grad(elements, argnums=(0, 1))(x, y)
    assert np.allclose(x_bar, [0.5, 0, -1, 0]) and np.allclose(y_bar, [1, -4, 3, 0])


def scaled_steps(x, rate):
    for _ in range(4):
        x = x + 0.5 * (rate * x) * (1.0 - x)
    return np.sum(x)


def test_one_variable_is_saved_in_place_of_what_is_computed_from_it():
    x = np.array([0.2, 0.7])
    source = s2s.grad(scaled_steps).source_for(x, 1.5)
    assert "x_saved.append(x)" in source
    step = 1e-6 * np.array([1.0, 0.0])
    slope = (scaled_steps(x + step, 1.5) - scaled_steps(x - step, 1.5)) / 2e-6
    assert np.isclose(s2s.grad(scaled_steps)(x, 1.5)[0], slope)


def rows(layers, x):
    for layer in layers:
        x = np.tanh(x @ layer["w"]) + layer["b"]
    return np.sum(x)


def test_entries_of_a_saved_container_are_read_from_it():
    rng = np.random.default_rng(0)
    layers = [{"w": rng.normal(size=(2, 2)), "b": rng.normal(size=2)} for _ in range(3)]
    source = s2s.grad(rows).source_for(layers, rng.normal(size=(3, 2)))
    assert "saved.append((layer, x, tanh))" in source
    assert '{"w": x.T @ product_bar, "b": np.sum(x_bar, axis=0)}' in source


def predator_prey(y, a, b):
    return np.stack([a * y[0] - b * y[0] * y[1], b * y[0] * y[1] - y[1]])


def twice(y, a, b):
    k = predator_prey(y, a, b)
    return np.sum(predator_prey(y + 0.1 * k, a, b) ** 2)


def test_a_pair_saves_parameters_in_their_order_and_several_calls_are_told_apart():
    source = s2s.grad(twice, argnums=(0, 1, 2)).source_for(np.array([0.5, 0.8]), 0.7, 0.9)
    assert body_of(source, "predator_prey_fwd")[-1].endswith("]), (y, a, b)")
    assert body_of(source, "predator_prey_bwd")[0] == "y, a, b = saved"
    assert "k, k_saved = predator_prey_fwd(y, a, b)" in source


def nested(x):
    total = 0.0
    for i in range(3):
        y = np.sin(x[i])
        for j in range(i + 1):
            y = y * np.cos(x[j] * y)
        total += y
    return total


def test_lists_of_loops_inside_are_not_called_what_they_are_taken_from():
    source = s2s.grad(nested).source_for(np.array([0.3, 0.6, 0.9]))
    loops = [line.split(" in ") for line in body_of(source, "nested_grad") if line.startswith("for")]
    assert all("saved_steps" not in target for target, _ in loops)
    slopes = np.diag([1e-6] * 3)
    numeric = [(nested(np.array([0.3, 0.6, 0.9]) + s) - nested(np.array([0.3, 0.6, 0.9]) - s)) / 2e-6 for s in slopes]
    assert np.allclose(s2s.grad(nested)(np.array([0.3, 0.6, 0.9])), numeric)


def pairs_of(x, edges):
    total = 0.0
    for i, j in edges:
        total += np.sqrt(x[i] * x[j])
    return total


def test_loops_unpack_in_their_headers():
    source = s2s.grad(pairs_of).source_for(np.array([1.0, 2.0, 3.0]), [(0, 1), (1, 2)])
    assert "for i, j in reversed(edges):" in source or "for i, j in edges:" in source


def back_substitution(x):
    n = 2
    solution = [0.0] * n
    for i in range(n - 1, -1, -1):
        s = x[i]
        for j in range(i + 1, n):
            s -= x[j] * solution[j]
        solution[i] = s / x[i + 1]
    return solution[0] + 2 * solution[1]


def test_an_inner_loop_over_a_range_of_the_outer_one_runs_over_it_again():
    """Its bounds are those of each iteration of the loop around, not of the last."""
    x = np.array([0.5, 1.2, -0.3, 0.8])
    steps = 1e-6 * np.eye(4)
    differences = [(back_substitution(x + h) - back_substitution(x - h)) / 2e-6 for h in steps]
    np.testing.assert_allclose(s2s.grad(back_substitution)(x), differences, rtol=1e-6, atol=1e-8)


def visited(x):
    seen, total = set(), 0.0
    for i in [0, 1, 1, 2, 0]:
        seen.add(i)
        total += x[i] * len(seen)
    return total


def test_what_methods_change_is_not_asked_again_afterwards():
    np.testing.assert_allclose(s2s.grad(visited)(np.ones(3)), [1.0 + 3.0, 2.0 + 2.0, 3.0])


def sums_of_squares(ws):
    total = 0.0
    for w in ws:
        total += np.sum(w**2)
    return total


def test_a_forward_loop_that_nothing_is_left_of_goes():
    ws = [np.ones(2), np.arange(3.0)]
    text = s2s.grad(sums_of_squares).source_for(ws)
    assert text.count("for w in") == 1 and "for w in reversed(ws):\n        ws_bar.append(2 * w)" in text
    for found, w in zip(s2s.grad(sums_of_squares)(ws), ws, strict=True):
        np.testing.assert_allclose(found, 2 * w)


def windows(img, k):
    h, w = img.shape
    kh, kw = k.shape
    out = np.zeros((h - kh + 1, w - kw + 1))
    for di in range(kh):
        last = di + h - kh + 1
        for dj in range(kw):
            out = np.sin(out) + k[di, dj] * img[di:last, dj : dj + w - kw + 1]
    return np.sum(out)


def strided(x, y):
    total = 0.0
    for i, scale in enumerate(y):
        if scale > 0:
            first = 2 * i + len(y) - 3
            for j in range(2):
                end = first - i - j + 3
                total = np.sin(total + scale * np.sum(x[end - 2 : end] * x[end // 2 : end // 2 + 2]))
    return total


def test_arithmetic_on_indices_and_sizes_is_computed_again_at_any_depth():
    rng = np.random.default_rng(1)
    cases = [
        (windows, (rng.normal(size=(5, 6)), rng.normal(size=(2, 3)))),
        (strided, (rng.normal(size=8), np.array([1, -1, 0.5]))),
    ]
    for f, args in cases:
        gradient = s2s.grad(f, argnums=(0, 1))
        bars = gradient(*args)
        pairs = s2s.jit(lambda *a, f=f: s2s.vjp(f, *a)[1](1.0))(*args)
        for i, (bar, pair) in enumerate(zip(bars, pairs, strict=True)):
            step = [1e-6 * rng.normal(size=a.shape) if i == k else 0.0 for k, a in enumerate(args)]
            ends = [f(*[a + sign * d for a, d in zip(args, step, strict=True)]) for sign in (1, -1)]
            np.testing.assert_allclose(np.sum(bar * step[i]), (ends[0] - ends[1]) / 2, rtol=1e-5, atol=1e-12)
            np.testing.assert_allclose(np.asarray(pair), bar, rtol=1e-10, atol=1e-14)
    backward = body_of(s2s.vjp(windows).source, "windows_bwd")
    assert "last = di + h - kh + 1" in backward
    assert "img_bar = add_at(img_bar, np.s_[di:last, dj:dj + w - kw + 1], img_item_bar)" in backward


def sizes_that_change(x):
    items, total = [x[0]], 0.0
    for i in range(3):
        items.append(x[i] * 2.0)
        at = len(items) - i - 1
        for j in range(2):
            total = total + np.sin(total) * x[at - j] * items[i + j]
    return total


def test_sizes_of_what_a_loop_changes_are_saved():
    x = np.array([0.3, 0.7, -0.4])
    gradient = s2s.grad(sizes_that_change)(x)
    steps = 1e-6 * np.eye(3)
    slopes = [(sizes_that_change(x + d) - sizes_that_change(x - d)) / 2e-6 for d in steps]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-9)
