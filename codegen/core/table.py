"""The Core table: every form of statement that passes take and give, with its adjoint and its tangent in words.

`verify` accepts what some row recognises and nothing else; `python -m s2s.codegen.core.table` prints the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import gast

from s2s.codegen.core import grammar
from s2s.codegen.core.grammar import Globals, Recogniser


@dataclass(frozen=True)
class Form:
    """One row.

    Attributes:
        name: what messages call it.
        text: what it looks like; `a` is an atom: a name, a literal or a path to a global such as `np.pi`.
        adjoint: what reverse mode does with it.
        tangent: what forward mode does with it.
        node: the class of gast node that the statement is.
        matches: does the row describe this statement, given which names are global?
    """

    name: str
    text: str
    adjoint: str
    tangent: str
    node: type
    matches: Recogniser


TABLE: tuple[Form, ...] = (
    Form(
        "copy",
        "v = a",
        "passes the adjoint on to `a`, or adds it to the one that `a` has",
        "the tangent of `a`",
        gast.Assign,
        grammar.assigns(grammar.is_atom),
    ),
    Form(
        "operation",
        "v = f(a, …); v = a.f(a, …); v = a + a; v = a.T; v = a < a",
        "a primitive's rule, each adjoint brought back to its operand's shape; for a user function, "
        "`bars = f_bwd(saved, v_bar)`, the forward sweep having called `v, saved = f_fwd(a, …)`",
        "a primitive's rule; for a user function, `v, v_dot = f_jvp(a, …, a_dot, …)`",
        gast.Assign,
        grammar.assigns(grammar.is_operation),
    ),
    Form(
        "item",
        "v = a[i]; v = a[i, j:k]",
        "`getitem_bar`: zeros like `a` with the adjoint added at the index; the field's adjoint for containers",
        "the same item of the tangent",
        gast.Assign,
        grammar.assigns(grammar.is_item),
    ),
    Form(
        "build",
        "v = (a, …); v = [a, …]; v = {k: a, …}",
        "each active element gets its item of the adjoint",
        "the same container of the tangents, zeros for inactive elements",
        gast.Assign,
        grammar.assigns(grammar.is_build),
    ),
    Form(
        "opaque",
        "v = a and a; v = not a; v = a < a < a; v = f'…'; v = [… for …]; v = lambda …; v = {a, …}",
        "none: it has no derivative, or is refused where an active value enters it",
        "none",
        gast.Assign,
        grammar.assigns(grammar.is_opaque),
    ),
    Form(
        "test",
        "test = expression",
        "none: the reversed branch reads `test` again",
        "the same statement",
        gast.Assign,
        grammar.is_named_test,
    ),
    Form(
        "unpack",
        "v, w = a; v, w = f(a, …)",
        "a container is built of the adjoints, zeros where an active element has none",
        "the same, of the tangent",
        gast.Assign,
        grammar.is_unpack,
    ),
    Form(
        "join",
        "v, w = a, a    (simultaneous: last in a branch or in a loop's body, or just before a loop that it enters)",
        "all adjoints are taken at once, then each is passed on to its value",
        "values and tangents in one simultaneous statement",
        gast.Assign,
        grammar.is_join_form,
    ),
    Form(
        "append",
        "xs.append(a); xs.append((a, …))",
        "none: written by reverse mode alone, for what it saves and for the adjoints of elements",
        "refused",
        gast.Expr,
        grammar.is_append,
    ),
    Form(
        "effect",
        "expression",
        "none: refused where an active value enters",
        "the same statement",
        gast.Expr,
        grammar.is_effect,
    ),
    Form("raise", "raise expression", "none", "the same statement", gast.Raise, grammar.is_raise),
    Form("assert", "assert expression, expression", "none", "the same statement", gast.Assert, grammar.always),
    Form(
        "branch",
        "if a: … else: …    (each block ends in the same joins)",
        "the same test, each block reversed; joins of all adjoints that the blocks change",
        "the same test, each block followed by its tangents",
        gast.If,
        grammar.is_branch,
    ),
    Form(
        "stop guard",
        "if stop: break    (last in a loop's body; `stop` is one of its carries)",
        "none: there are as many saved entries as iterations",
        "the same guard",
        gast.If,
        grammar.is_stop_guard,
    ),
    Form(
        "for",
        "for v in a: …; for v, w in zip(a, a): …; enumerate, reversed, range    (the body ends in its carries)",
        "`for … in reversed(saved)`, carrying adjoints; elements' adjoints are appended",
        "the same loop, over values and tangents in step",
        gast.For,
        grammar.is_for,
    ),
    Form(
        "while",
        "while expression: …    (the body ends in its carries)",
        "`for … in reversed(saved)`: one entry was saved for each iteration",
        "the same loop",
        gast.While,
        grammar.is_while,
    ),
    Form(
        "return",
        "return a; return (a, …)    (once, last)",
        "seeds the adjoint of `a`",
        "returns the tangent, too",
        gast.Return,
        grammar.is_return,
    ),
)

_BY_NODE: dict[type, list[Form]] = {}
for _row in TABLE:
    _BY_NODE.setdefault(_row.node, []).append(_row)


def forms_of(kind: type) -> list[Form]:
    """The rows for one class of statement node."""
    return _BY_NODE.get(kind, [])


def form_of(statement: gast.AST, known: Globals = ()) -> Form | None:
    """The row that describes a statement; `known` holds the names of globals."""
    return next((form for form in forms_of(type(statement)) if form.matches(statement, known)), None)


def listing() -> str:
    """The table as text."""
    return "\n".join(line for form in TABLE for line in _lines(form))


def _lines(form: Form) -> Iterator[str]:
    yield f"{form.name}: {form.text}"
    yield f"    adjoint: {form.adjoint}"
    yield f"    tangent: {form.tangent}"


if __name__ == "__main__":
    print(listing())
