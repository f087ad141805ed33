"""The helpers that emitted code imports: plain Python over NumPy functions.

They run alike on Python numbers, NumPy arrays, device arrays and staged arrays, because `np.*` functions dispatch on
their arguments. Each one has a derivative rule of its own (`primitives/support_rules.py`), so emitted code can be
differentiated again. Shapes, axes and the structure of an index are static; arguments called `g` or `t` are cotangents
or tangents and enter linearly.
"""


__all__ = [name for name in dir() if not name.startswith("_")]
