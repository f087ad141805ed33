"""Functions of neural networks, with the names and signatures of `jax.nn`."""

from typing import Any

from s2s import activations, special
from s2s.numpy import compositions, conversion, missing
from s2s.runtime.primitives import table

_WRITTEN = """
    identity relu6 leaky_relu elu celu selu log_sigmoid soft_sign silu gelu hard_tanh hard_sigmoid hard_silu glu
    squareplus mish sparse_plus sparse_sigmoid log1mexp logsumexp logmeanexp softmax log_softmax standardize one_hot
""".split()
_KEEPS_INTEGERS = ("identity", "relu6", "hard_tanh", "one_hot")


def relu(x: Any) -> Any:
    """max(x, 0); its derivative at 0 is 0."""
    return special.relu(conversion.operand(x))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return special.sigmoid(conversion.inexact(x))


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return special.softplus(conversion.inexact(x))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return conversion.call("tanh", conversion.inexact(x))


for _function, _name in ((relu, "relu"), (sigmoid, "expit"), (softplus, "softplus"), (tanh, "tanh")):
    table.recognise(_function, _name)
_made = compositions.made(activations, _WRITTEN, "s2s.nn", floating=set(_WRITTEN) - set(_KEEPS_INTEGERS))
globals().update(_made)
for _name in ("softmax", "log_softmax"):
    table.recognise(_made[_name], _name, count=1)
    table.recognise(_made[_name], _name, count=2)
swish, hard_swish = _made["silu"], _made["hard_silu"]

__all__ = ["hard_swish", "relu", "sigmoid", "softplus", "swish", "tanh", *_WRITTEN]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    raise missing.attribute("s2s.nn", name)
