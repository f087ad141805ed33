"""Core from text and back: passes are tested as before-text, after-text, and both must run to the same numbers.

A comment at the end of a line marks its statement: `# join`, `# backward`, `# temporary`, `# is_test`.
"""

import builtins
import copy
import re
import textwrap
import types

import gast
import numpy as np

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.printing.printer import to_source
from s2s.runtime import support

MARKS = re.compile(r"#\s*([a-z_ ,]+)$")


def parse(text):
    """The one function of `text` as Core; names that it does not assign are NumPy's, the builtins' or support's."""
    text = textwrap.dedent(text).strip()
    tree = gast.parse(text).body[0]
    mark(tree.body, text.splitlines())
    parameters = [a.id for a in tree.args.args]
    assigned = core.assigned(tree.body) | set(parameters)
    free = {n for s in core.walk(tree.body) for n in core.free_reads(core.header(s))} - assigned
    bases = {n: re.sub(r"_\d+$", "", n) for n in assigned}
    references = {n: _global(n) for n in sorted(free) if _global(n) is not None}
    source = types.SimpleNamespace(filename="text.py", tree=tree, globals={}, closure={}, defaults={})
    return core.Function(tree.name, parameters, tree.body, references, bases, Namer(names_in(tree)), source)


def _global(name):
    return np if name == "np" else getattr(builtins, name, getattr(support, name, None))


def mark(body, lines):
    for statement in core.walk(body):
        found = MARKS.search(lines[statement.lineno - 1])
        for name in found[1].split(",") if found and not core.blocks(statement) else []:
            setattr(statement, name.strip(), True)


def written(body, name="f", parameters=("x",)):
    """A body as the text of a function."""
    arguments = gast.arguments([gast.Name(p, gast.Param(), None, None) for p in parameters], [], None, [], [], None, [])
    return to_source(gast.FunctionDef(name, arguments, filled(body), [], None, None, []))


def filled(body):
    """A copy of the statements with `pass` in empty blocks, which Core has and Python can't spell."""
    done = [copy.copy(statement) for statement in body]
    for statement in done:
        if core.blocks(statement):
            statement.body = filled(statement.body) or [gast.Pass()]
            statement.orelse = filled(statement.orelse)
    return done


def compiled(body, parameters, namespace, name="f"):
    """A body as a function that runs."""
    namespace = dict(namespace)
    code = compile(written(body, name, parameters), f"<core of {name}>", "exec")
    exec(code, namespace)
    return namespace[name]


def run(function, body, *args):
    """What a body returns; names that it does not assign come from the function's references."""
    return compiled(body, function.parameters, function.references)(*args)


def same(text):
    """Text without the indentation of the test around it."""
    return textwrap.dedent(text).strip() + "\n"
