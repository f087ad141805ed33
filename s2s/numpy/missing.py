"""What is not there yet."""

import numpy as np

from s2s.runtime import errors


def attribute(module: str, name: str) -> AttributeError:
    """The error for a name that a module does not have; it says so if that is a function still to come."""
    known = np
    for part in module.split(".")[2:]:
        known = getattr(known, part)
    if hasattr(known, name) and not name.startswith("_"):
        return AttributeError(f"{module}.{name} is not supported yet{errors.at_user_line()}")
    return AttributeError(f"module {module!r} has no attribute {name!r}")
