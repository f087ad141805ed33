"""What is not there yet."""

from s2s.runtime import errors


def attribute(module: str, name: str) -> AttributeError:
    """The error for a name that a module does not have, at the user's line."""
    if name.startswith("__"):  # asked for by Python itself
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    return AttributeError(f"{module}.{name} is not supported{errors.at_user_line()}; dir({module}) lists what is")
