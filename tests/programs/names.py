"""User variables called like what emitted code would like to call its own."""

import numpy
import numpy as xp

_rng = numpy.random.default_rng(15)
V, W = _rng.normal(size=4), _rng.normal(size=4)


def bars(x, x_bar, out_bar):
    y_bar = x * x_bar
    x_bar = y_bar * out_bar
    x_dot = x_bar + x
    return x_dot * y_bar


def np_is_a_variable(np):
    d = np * 2.0
    return d * np + xp.sin(d)


def saved_and_out(saved, out):
    for _ in range(3):
        saved = saved * out
        out = out + saved
    return saved - out


def builtins_shadowed(sum, list, reversed, range=2.0):
    zip = sum * list
    len = zip + reversed
    return len * range * zip


def support_names(sum_to, acc, zeros_like):
    from_items = sum_to * acc
    for _ in range(3):
        from_items = from_items * zeros_like
        unreduce = from_items + sum_to
    return unreduce * xp.sum(acc)


def result_and_choice(result, choice):
    product = result if result > 0 else choice
    if product > 1:
        return product * choice
    total = product + result
    return total * choice


def versions(x, x_1, x_2):
    x = x * x_1
    x = x + x_2
    x_1 = x * x_1
    return x * x_1 * x_2


def item_and_test(item, test):
    if test > 0:
        part = item * test
    else:
        part = item
    for saved in (part, test):
        item = item + saved
    return item * part


def loss_grad(loss):
    aux = loss * loss
    return aux * loss


def keyword_like(f, f_bar, f_fwd):
    f_bwd = f * f_bar
    return f_bwd * f_fwd


CASES = {
    "bars": (0.5, 1.5, -0.7),
    "np_is_a_variable": (V,),
    "saved_and_out": (0.5, 1.2),
    "builtins_shadowed": (0.5, 1.2, 0.8),
    "support_names": (V, W, 0.3),
    "result_and_choice": (0.9, 1.4),
    "versions": (0.5, 1.2, 0.8),
    "item_and_test": (0.5, 1.2),
    "loss_grad": (0.6,),
    "keyword_like": (0.5, 1.2, 0.8),
}
