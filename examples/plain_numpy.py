"""Trains the plain-NumPy model of two_moons.py as it stands: `python examples/plain_numpy.py`."""

import numpy as np
from two_moons import loss, make_moons, make_params, predict

import s2s

STEP = 0.5


@s2s.jit
def update(params, x, label):
    value, grads = s2s.value_and_grad(loss)(params, x, label)
    return value, s2s.tree.map(lambda p, g: p - STEP * g, params, grads)


def main(steps: int = 500) -> float:
    x, label = make_moons(400)
    params = make_params()
    for step in range(steps):
        value, params = update(params, x, label)
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: loss {float(value):.4f}")
    held_out, truth = make_moons(200, seed=1)
    accuracy = float(np.mean((np.asarray(predict(params, held_out)) > 0) == truth))
    print(f"accuracy on new points: {accuracy:.1%}")
    return accuracy


if __name__ == "__main__":
    print("The gradient of loss, as s2s writes it:\n")
    print(s2s.grad(loss).source)
    main()
