"""Texts with values in them: f-strings, `"...".format(x)`, `"..." % x`. The runtime makes them when it has the values.

`try` with handlers is here as well: an exception that depends on staged values cannot be handled, and is refused.
"""

from typing import Any

import gast

from s2s.codegen.desugaring import gradient_edits
from s2s.codegen.staging.visitor import StageVisitor

_CONVERSIONS = {-1: "", 114: "!r", 115: "!s", 97: "!a"}


class Texts(StageVisitor):
    """Rewrites texts whose parts may be staged."""

    def visit_JoinedStr(self, node: Any) -> Any:
        if self.static.is_static(node):
            return self.generic_visit(node)
        values: list[Any] = []
        template = gast.copy_location(gast.Constant(self._template(node.values, values), None), node)
        method = gast.Attribute(self.runtime("text_", template, like=node), "format", gast.Load())
        return gast.copy_location(
            gast.Call(gast.copy_location(method, node), [self.visit(v) for v in values], []), node
        )

    def _template(self, parts: list[Any], values: list[Any]) -> str:
        """The format string of an f-string's parts, whose values are added to `values` in the order of its fields."""
        made = ""
        for part in parts:
            if isinstance(part, gast.FormattedValue):
                values.append(part.value)
                spec = "" if part.format_spec is None else self._template(part.format_spec.values, values)
                made += "{" + _CONVERSIONS[part.conversion] + (":" + spec if spec else "") + "}"
            else:
                made += part.value.replace("{", "{{").replace("}", "}}")
        return made

    def is_formatting(self, node: Any) -> bool:
        """Whether an operation puts values that may be staged into a text that is written out: `"%.3f" % x`."""
        is_text = isinstance(node.op, gast.Mod) and _is_text(node.left)
        return is_text and not self.static.is_static(node.right)

    def is_method_of_text(self, call: Any) -> bool:
        """Whether a call is that of a method of a text that is written out, with arguments that may be staged."""
        if not isinstance(call.func, gast.Attribute) or not _is_text(call.func.value):
            return False
        return not all(map(self.static.is_static, [*call.args, *(k.value for k in call.keywords)]))

    def text(self, node: Any) -> Any:
        """A text whose operators and methods take staged values."""
        return self.runtime("text_", node, like=node)

    def visit_With(self, node: Any) -> Any:
        if gradient_edits.is_edit(node, self.object):
            self.changed = True  # a function that runs forward has no such block
            return gast.copy_location(gast.Pass(), node)
        return self.generic_visit(node)

    def visit_Try(self, node: Any) -> Any:
        visited = self.generic_visit(node)
        if visited.handlers:
            item = gast.withitem(self.runtime("handled", like=node), None)
            visited.body = [gast.copy_location(gast.With([item], visited.body), node)]
        return visited


def _is_text(node: Any) -> bool:
    return isinstance(node, gast.Constant) and isinstance(node.value, str)
