"""Every primitive, declared on import."""

from s2s.runtime.primitives import (
    arithmetic,
    comparison,
    creation,
    elementwise,
    indexing,
    products,
    reductions,
    shapes,
    support_rules,
    table,
)

__all__ = [
    "arithmetic",
    "comparison",
    "creation",
    "elementwise",
    "indexing",
    "products",
    "reductions",
    "shapes",
    "support_rules",
    "table",
]
