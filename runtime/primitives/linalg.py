"""Linear algebra: factorisations, solves, determinants, norms, and their derivatives.

The rules are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); Murray, "Differentiation of the Cholesky decomposition" (2016); Walter & Lehmann, "Algorithmic
differentiation of linear algebra functions" (2010); de Hoog, Anderssen & Lukas, "Differentiation of matrix functionals
using triangular factorization" (2011); Townsend, "Differentiating the singular value decomposition" (2016).

Functions of a symmetric matrix (`cholesky`, `eigh`, `eigvalsh`) read one triangle, as NumPy's do, and so do their
derivatives: the adjoint is zero in the other triangle. Where the matrix is symmetric by construction, what it was built
from gets the same adjoint as in the convention of symmetric adjoints.

Every summand of a rule of several results is linear in exactly one `out_bar[i]`, so that it drops out with it.
"""

from types import ModuleType

import numpy as np

from s2s.runtime.helpers import linalg as support
from s2s.runtime.primitives import linalg_lowering as lowering
from s2s.runtime.primitives.table import general, recognise

_linalg: ModuleType = np.linalg

# inv(L) a_dot[permutation] inv(U), of the derivative of lu.
_LU_INNER = """np.matrix_transpose(solve_triangular(out[0], np.matrix_transpose(solve_triangular(
                out[0], np.take_along_axis(a_dot, np.expand_dims(out[2], -1), axis=-2), lower=True, unit_diagonal=True
             )), trans=1))"""
# uᵀ a_dot v, of the derivative of svd.
_SVD_INNER = "np.matrix_transpose(out[0]) @ copy_lower_if(a_dot, hermitian) @ np.matrix_transpose(out[2])"

general(
    "cholesky",
    "a, *, upper=False",
    functions=(_linalg.cholesky,),
    lower=lowering.cholesky,
    vjp="""
        phi = copy_lower(transpose_if(out, not upper) @ transpose_if(out_bar, upper))
        phi = solve_triangular(out, phi, trans=not upper, lower=not upper)
        phi = 0.5 * solve_triangular(out, np.matrix_transpose(phi), trans=not upper, lower=not upper)
        a_bar = transpose_if(fold_lower(phi), upper)
    """,
    jvp={
        "a": """
            transpose_if(transpose_if(out, upper) @ lower_half(solve_triangular(out, np.matrix_transpose(
                solve_triangular(out, copy_lower(transpose_if(a_dot, upper)), trans=upper, lower=not upper)
            ), trans=upper, lower=not upper)), upper)
        """
    },
)

# The same with one argument, as it is nearly always written.
general(
    "cholesky_lower",
    "a",
    lower=lowering.cholesky,
    vjp="""
        phi = copy_lower(np.matrix_transpose(out) @ out_bar)
        phi = solve_triangular(out, phi, trans=1, lower=True)
        a_bar = fold_lower(0.5 * solve_triangular(out, np.matrix_transpose(phi), trans=1, lower=True))
    """,
    jvp={
        "a": """
            out @ lower_half(solve_triangular(
                out, np.matrix_transpose(solve_triangular(out, copy_lower(a_dot), lower=True)), lower=True
            ))
        """
    },
)
recognise(_linalg.cholesky, "cholesky_lower", count=1)

general(
    "solve",
    "a, b",
    functions=(_linalg.solve,),
    lower=lowering.solve,
    vjp="""
        columns_bar = np.linalg.solve(np.matrix_transpose(a), as_columns(out_bar, np.ndim(b)))
        a_bar = sum_to(-columns_bar @ np.matrix_transpose(as_columns(out, np.ndim(b))), np.shape(a))
        b_bar = sum_to(from_columns(columns_bar, np.ndim(b)), np.shape(b))
    """,
    jvp={
        "a": "-from_columns(np.linalg.solve(a, a_dot @ as_columns(out, np.ndim(b))), np.ndim(b))",
        "b": "np.linalg.solve(a, b_dot)",
    },
)

general(
    "solve_triangular",
    "a, b, trans=0, lower=False, unit_diagonal=False",
    functions=(support.solve_triangular,),
    lower=lowering.solve_triangular,
    vjp="""
        columns_bar = solve_triangular(a, as_columns(out_bar, np.ndim(b)), 1 - trans, lower, unit_diagonal)
        product = columns_bar @ np.matrix_transpose(as_columns(out, np.ndim(b)))
        a_bar = sum_to(-triangle(transpose_if(product, trans), lower, unit_diagonal), np.shape(a))
        b_bar = sum_to(from_columns(columns_bar, np.ndim(b)), np.shape(b))
    """,
    jvp={
        "a": """
            -from_columns(solve_triangular(
                a, transpose_if(triangle(a_dot, lower, unit_diagonal), trans) @ as_columns(out, np.ndim(b)),
                trans, lower, unit_diagonal
            ), np.ndim(b))
        """,
        "b": "solve_triangular(a, b_dot, trans, lower, unit_diagonal)",
    },
)

general(
    "inv",
    "a",
    functions=(_linalg.inv,),
    lower=lowering.inv,
    vjp="a_bar = -np.matrix_transpose(out) @ out_bar @ np.matrix_transpose(out)",
    jvp={"a": "-out @ a_dot @ out"},
)

general(
    "det",
    "a",
    functions=(_linalg.det,),
    lower=lowering.det,
    vjp="a_bar = np.expand_dims(out_bar, (-2, -1)) * cofactor(a)",
    jvp={"a": "np.sum(cofactor(a) * a_dot, axis=(-2, -1))"},
)

general(
    "cofactor",
    "a",
    functions=(support.cofactor,),
    vjp="""
        inverse = np.matrix_transpose(np.linalg.inv(a))
        a_bar = np.sum(out_bar * out, axis=(-2, -1), keepdims=True) * inverse
        a_bar = a_bar - out @ np.matrix_transpose(out_bar) @ inverse
    """,
    jvp={
        "a": """
            np.expand_dims(np.trace(np.linalg.solve(a, a_dot), axis1=-2, axis2=-1), (-2, -1)) * out
            - np.linalg.solve(np.matrix_transpose(a), np.matrix_transpose(a_dot) @ out)
        """
    },
)

general(
    "slogdet",
    "a",
    functions=(_linalg.slogdet,),
    lower=lowering.slogdet,
    results=2,
    vjp="a_bar = np.expand_dims(out_bar[1], (-2, -1)) * np.matrix_transpose(np.linalg.inv(a))",
    jvp={"a": "(np.zeros_like(out[0]), np.trace(np.linalg.solve(a, a_dot), axis1=-2, axis2=-1))"},
)

general(
    "lu",
    "a",
    functions=(support.lu,),
    lower=lowering.lu,
    results=3,
    vjp="""
        inner = np.matrix_transpose(unit_lower(out[0])) @ np.tril(out_bar[0], -1)
        inner = np.tril(inner, -1) + np.triu(np.triu(out_bar[0]) @ np.matrix_transpose(np.triu(out[0])))
        inner = solve_triangular(out[0], inner, trans=1, lower=True, unit_diagonal=True)
        inner = np.matrix_transpose(solve_triangular(out[0], np.matrix_transpose(inner)))
        a_bar = np.take_along_axis(inner, np.expand_dims(np.argsort(out[2], axis=-1), -1), axis=-2)
    """,
    jvp={
        "a": f"""
            (unit_lower(out[0]) @ np.tril({_LU_INNER}, -1) + np.triu({_LU_INNER}) @ np.triu(out[0]),
             np.zeros_like(out[1]), np.zeros_like(out[2]))
        """
    },
)

general(
    "qr",
    "a, mode='reduced'",
    functions=(_linalg.qr,),
    lower=lowering.qr,
    results=2,
    vjp="""
        inner = copy_lower(out[1] @ np.matrix_transpose(out_bar[1]) - np.matrix_transpose(out_bar[0]) @ out[0])
        a_bar = np.matrix_transpose(solve_triangular(out[1], np.matrix_transpose(out_bar[0] + out[0] @ inner)))
    """,
    jvp={
        "a": """
            (np.matrix_transpose(solve_triangular(out[1], np.matrix_transpose(a_dot), trans=1)) - out[0]
             @ np.matrix_transpose(fold_lower(solve_triangular(out[1], np.matrix_transpose(a_dot) @ out[0], trans=1))),
             np.matrix_transpose(fold_lower(solve_triangular(out[1], np.matrix_transpose(a_dot) @ out[0], trans=1)))
             @ out[1])
        """
    },
)

general(
    "eigh",
    "a, UPLO='L'",
    functions=(_linalg.eigh,),
    lower=lowering.eigh,
    results=2,
    vjp="""
        inner = np.matrix_transpose(out[1]) @ out_bar[1]
        inner = symmetrize(inverse_gaps(out[0]) * inner)
        symmetric_bar = (out[1] * np.expand_dims(out_bar[0], -2) + out[1] @ inner) @ np.matrix_transpose(out[1])
        a_bar = fold_triangle(symmetric_bar, UPLO)
    """,
    jvp={
        "a": """
            (np.sum(out[1] * (copy_triangle(a_dot, UPLO) @ out[1]), axis=-2),
             out[1] @ (inverse_gaps(out[0]) * (np.matrix_transpose(out[1]) @ copy_triangle(a_dot, UPLO) @ out[1])))
        """
    },
)

general(
    "eigvalsh",
    "a, UPLO='L'",
    functions=(_linalg.eigvalsh,),
    lower=lowering.eigvalsh,
    vjp="""
        vectors = np.linalg.eigh(a, UPLO)[1]
        a_bar = fold_triangle((vectors * np.expand_dims(out_bar, -2)) @ np.matrix_transpose(vectors), UPLO)
    """,
    jvp={
        "a": "np.sum(np.linalg.eigh(a, UPLO)[1] * (copy_triangle(a_dot, UPLO) @ np.linalg.eigh(a, UPLO)[1]), axis=-2)"
    },
)

general(
    "svd",
    "a, full_matrices=True, compute_uv=True, hermitian=False",
    functions=(_linalg.svd,),
    lower=lowering.svd,
    results=3,
    vjp="""
        u_inner = 2 * symmetrize(inverse_gaps(out[1] ** 2) * (np.matrix_transpose(out[0]) @ out_bar[0]))
        u_part = out[0] @ u_inner * np.expand_dims(out[1], -2) + beyond_span(out[0], out_bar[0], out[1])
        v_inner = 2 * symmetrize(inverse_gaps(out[1] ** 2) * (out[2] @ np.matrix_transpose(out_bar[2])))
        v_part = np.matrix_transpose(out[2]) @ v_inner * np.expand_dims(out[1], -2)
        v_part = v_part + beyond_span(np.matrix_transpose(out[2]), np.matrix_transpose(out_bar[2]), out[1])
        product = (u_part + out[0] * np.expand_dims(out_bar[1], -2)) @ out[2] + out[0] @ np.matrix_transpose(v_part)
        a_bar = fold_lower_if(product, hermitian)
    """,
    jvp={
        "a": f"""
            (out[0] @ (inverse_gaps(out[1] ** 2) * 2 * symmetrize({_SVD_INNER} * np.expand_dims(out[1], -2)))
             + beyond_span(out[0], copy_lower_if(a_dot, hermitian) @ np.matrix_transpose(out[2]), out[1]),
             np.sum(out[0] * (copy_lower_if(a_dot, hermitian) @ np.matrix_transpose(out[2])), axis=-2),
             np.matrix_transpose(np.matrix_transpose(out[2]) @ (inverse_gaps(out[1] ** 2) * 2
             * symmetrize(np.expand_dims(out[1], -1) * ({_SVD_INNER})))
             + beyond_span(
                np.matrix_transpose(out[2]), np.matrix_transpose(copy_lower_if(a_dot, hermitian)) @ out[0], out[1]
             )))
        """
    },
)

general(
    "svdvals",
    "x",
    functions=(_linalg.svdvals,),
    lower=lowering.svdvals,
    vjp="""
        u, _, vh = np.linalg.svd(x, full_matrices=False)
        x_bar = (u * np.expand_dims(out_bar, -2)) @ vh
    """,
    jvp={
        "x": """
            np.sum(np.linalg.svd(x, full_matrices=False)[0]
                   * (x_dot @ np.matrix_transpose(np.linalg.svd(x, full_matrices=False)[2])), axis=-2)
        """
    },
)

general(
    "norm",
    "x, ord=None, axis=None, keepdims=False",
    functions=(_linalg.norm,),
    lower=lowering.norm,
    vjp="""
        direction = signed_power(x / unreduce(out, np.shape(x), axis, keepdims), norm_power(ord, np.ndim(x), axis) - 1)
        x_bar = unreduce(out_bar, np.shape(x), axis, keepdims) * direction
    """,
    jvp={
        "x": """
            np.sum(signed_power(x / unreduce(out, np.shape(x), axis, keepdims), norm_power(ord, np.ndim(x), axis) - 1)
                   * x_dot, axis=axis, keepdims=keepdims)
        """
    },
)

# The Euclidean norm of all elements.
general(
    "norm_of_all",
    "x",
    lower=lowering.norm,
    vjp="x_bar = out_bar * x / out",
    jvp={"x": "np.sum(x * x_dot) / out"},
)
recognise(_linalg.norm, "norm_of_all", count=1)
