"""What is not there yet."""

from typing import Any

import numpy as np

from s2s.runtime import errors


def attribute(module: str, name: str) -> AttributeError:
    """The error for a name that a module does not have; it says so if that is a function still to come."""
    if not name.startswith("_") and _in_numpy(module, name):
        return AttributeError(f"{module}.{name} is not supported yet{errors.at_user_line()}")
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def _in_numpy(module: str, name: str) -> bool:
    """Whether NumPy's module of the same name has it (`s2s.numpy.linalg` stands for `numpy.linalg`)."""
    known: Any = np
    for part in module.split(".")[2:]:
        known = getattr(known, part, None)
    return module.startswith("s2s.numpy") and hasattr(known, name)
