"""Settings of the process. Set them as attributes: `config.default_float = "float32"`."""

default_float: str = "float64"
"""The float dtype of Python floats standing alone, and of floats made from integers: "float64" or "float32"."""
