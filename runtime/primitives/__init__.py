"""Every primitive, declared on import."""

from s2s.runtime.primitives import (
    arithmetic,
    comparison,
    creation,
    cumulative,
    elementwise,
    indexing,
    linalg,
    linalg_support,
    products,
    random_bits,
    reductions,
    shapes,
    sorting,
    support_rules,
    table,
)

__all__ = [
    "arithmetic",
    "comparison",
    "creation",
    "cumulative",
    "elementwise",
    "indexing",
    "linalg",
    "linalg_support",
    "products",
    "random_bits",
    "reductions",
    "shapes",
    "sorting",
    "support_rules",
    "table",
]
