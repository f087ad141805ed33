"""Functions of neural networks whose derivatives read better than those of their parts."""

from s2s.runtime.helpers import neural as support
from s2s.runtime.primitives.table import elementwise, general

elementwise("relu", "x", functions=(support.relu,), lower=support.rectified, partials={"x": "(out > 0)"})

elementwise(
    "softplus",
    "x",
    functions=(support.softplus,),
    lower=support.log_one_plus_exp,
    # exp(-out) is 1 - sigmoid(x)
    partials={"x": "-np.expm1(-out)"},
)

general(
    "softmax",
    "x, axis=-1",
    functions=(support.softmax,),
    lower=support.normalised_exponentials,
    vjp="x_bar = out * (out_bar - np.sum(out * out_bar, axis=axis, keepdims=True))",
    jvp={"x": "out * (x_dot - np.sum(out * x_dot, axis=axis, keepdims=True))"},
)

general(
    "log_softmax",
    "x, axis=-1",
    functions=(support.log_softmax,),
    lower=support.normalised_logits,
    vjp="x_bar = out_bar - np.exp(out) * np.sum(out_bar, axis=axis, keepdims=True)",
    jvp={"x": "x_dot - np.sum(np.exp(out) * x_dot, axis=axis, keepdims=True)"},
)
