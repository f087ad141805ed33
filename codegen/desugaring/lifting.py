"""Functions defined inside of functions, lambda-lifted: what they capture becomes parameters (Johnsson 1985).

A function known by its one definition is called directly, with the current values of what it captures: capture is by
reference. Everywhere else a function is a value: what it captures, together, made by `closure(captured, …)`.
"""

import copy
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.core.names import Namer, names_in
from s2s.codegen.desugaring import chosen_functions, gradient_edits, loop_hints
from s2s.codegen.desugaring.free_variables import declared_nonlocal, free_variables
from s2s.codegen.functions import nested
from s2s.codegen.reading.guards import resolve_path
from s2s.codegen.reading.resolve import bound_names, own_nodes
from s2s.codegen.reading.source import FunctionSource


@dataclasses.dataclass(eq=False)
class Definition:
    """A function defined inside of another one.

    Attributes:
        source: the lifted function, whose last parameters are what it captures.
        captured: parameters that get captured values: variables of the function around.
        defaults: parameters whose default was evaluated where the function was defined, and is captured as well.
        made: its transformations, by what was asked for.
    """

    source: FunctionSource
    captured: tuple[str, ...]
    defaults: tuple[str, ...] = ()
    made: dict[Any, Any] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that the captured values are for, in their order in a closure."""
        return (*self.captured, *self.defaults)


@dataclasses.dataclass(eq=False)
class MakeClosure:
    """What `closure(captured, …)` calls in lifted text."""

    definition: Definition


def lifted(source: FunctionSource) -> tuple[gast.AST, dict[str, Any]]:
    """The function without definitions inside, and what the names that stand for these are."""
    if source.lifted is None:
        written, added = loop_hints.written_out(source)
        tree, references = _lifted(written)
        source.lifted = tree, {**references, **added}
    return source.lifted


def _lifted(source: FunctionSource) -> tuple[gast.AST, dict[str, Any]]:
    source, edits = gradient_edits.without_edits(_with_chosen(source))
    loops = source.survey.of(gast.While)
    local = bound_names(source.tree) if loops else set()
    calls = any(_calls_local(n.test, local) for n in loops)
    if not source.known and not calls and not source.survey.holds(gast.Lambda, gast.FunctionDef):
        return source.tree, {}
    lifting = Lifting(source)
    return lifting.run(), {**lifting.references, **edits}


def _with_chosen(source: FunctionSource) -> FunctionSource:
    """The function with variables that tests make one of several functions as functions of their own."""
    if not source.survey.holds(gast.IfExp, gast.If):
        return source
    local = bound_names(source.tree)
    resolve = lambda path: None if path.split(".")[0] in local else resolve_path(source, path)  # noqa: E731
    tree = chosen_functions.written_out(source.tree, resolve, source.survey.names)
    return source if tree is source.tree else dataclasses.replace(source, tree=tree, lifted=None)


def _calls_local(test: gast.AST, local: set[str]) -> bool:
    """Does a test call local variables, or what expressions come to?"""
    called = [n.func for n in gast.walk(test) if isinstance(n, gast.Call)]
    return any(f.id in local if isinstance(f, gast.Name) else not isinstance(f, gast.Attribute) for f in called)


@dataclasses.dataclass
class Known:
    """A name that stands for one definition wherever it is read.

    Attributes:
        defaults: parameter to the variable that holds its default.
    """

    definition: Definition
    defaults: dict[str, str]


class Lifting:
    """Lifts the definitions of one function."""

    def __init__(self, source: FunctionSource):
        self.source = source
        self.tree = copy.deepcopy(source.tree)
        self.locals = bound_names(self.tree)
        self.namer = Namer(names_in(self.tree) | {source.name})
        self.references: dict[str, Any] = {}
        self.known: dict[str, Known] = {n: k for n, k in source.known.items() if n not in self.locals}
        self.definitions: dict[int, Definition] = {}

    def run(self) -> gast.AST:
        own = self._own_known()
        variables = {name: self._default_variables(node, name) for name, node in own.items()}
        free = {name: self._captured_by(node) for name, node in own.items()}
        for name, node in own.items():
            captured = tuple(_closed(name, free, variables))
            rebinds = tuple(n for n in self._rebound_by(name, own, set()) if n in captured)
            self.known[name] = Known(self._definition(node, name, captured, rebinds), variables[name])
        for name, node in own.items():  # each may call every other one
            self._complete(self.known[name].definition, node)
        self.tree.body = _Rewriter(self, own).statements(self.tree.body)
        return self.tree

    # Definitions -------------------------------------------------------------------------------------------------

    def _own_known(self) -> dict[str, gast.AST]:
        """Variables that are bound once, by a definition in the block, or in a loop in the block, that reads them."""
        counts: dict[str, int] = {}
        for node in own_nodes(self.tree.body):
            for name in _bound(node):
                counts[name] = counts.get(name, 0) + 1
        parameters = {a.id for a in core.nodes(self.tree.args) if isinstance(a, gast.Name)}
        is_own = {n for n in self.locals if counts.get(n) == 1 and n not in parameters}
        return {n: d for n, d in _definitions_in(self.tree.body, self.tree.body) if n in is_own}

    def _captured_by(self, node: gast.AST, shadowed: Iterable[str] = ()) -> list[str]:
        """Variables of this function that a definition reads; of other known functions, what these capture."""
        found: list[str] = []
        for name in free_variables(node):
            if name in self.known:
                known = self.known[name]
                found += [*known.definition.captured, *known.defaults.values()]
            elif name in self.locals or name in shadowed:
                found.append(name)
        return list(dict.fromkeys(found))

    def _rebound_by(self, name: str, own: Mapping[str, gast.AST], seen: set[str]) -> list[str]:
        """Variables around a known function that it, or one that it calls, declares `nonlocal`."""
        seen.add(name)
        if name not in own:
            return list(self.known[name].definition.source.rebinds)
        inner = bound_names(own[name]) if isinstance(own[name], gast.FunctionDef) else set()
        called = [n for n in free_variables(own[name]) if n in {*own, *self.known} and n not in seen]
        found = [*declared_nonlocal(own[name]), *[n for c in called for n in self._rebound_by(c, own, seen)]]
        return [n for n in dict.fromkeys(found) if n not in inner]

    def _definition(
        self, node: gast.AST, name: str, captured: tuple[str, ...], rebinds: tuple[str, ...] = ()
    ) -> Definition:
        defaults = captured_defaults(node)
        tree = _without_nonlocal(_as_function(node, name), rebinds)
        tree.args = _with_parameters(tree.args, captured, defaults)
        plain = {p: core.literal(v) for p, v in written_defaults(node) if p not in defaults}
        source = dataclasses.replace(
            self.source, tree=tree, name=name, qualname=f"{self.source.qualname}.<locals>.{name}", defaults=plain,
            function=None, decorators=[], bound=None, variants={}, lifted=None, known={}, first_line=node.lineno,
            rebinds=rebinds,
        )  # fmt: skip
        return Definition(source, captured, defaults)

    def _complete(self, definition: Definition, node: gast.AST) -> None:
        definition.source.known = {n: k for n, k in self.known.items() if n in free_variables(node)}

    def _default_variables(self, node: gast.AST, name: str) -> dict[str, str]:
        return {p: self.namer.fresh(f"{name}_{p}") for p in captured_defaults(node)}

    def value(self, node: gast.AST, shadowed: Iterable[str]) -> gast.AST:
        """A definition where it stands as a value: `closure(captured, …)`."""
        name = getattr(node, "name", None) or "function"
        captured = tuple(self._captured_by(node, shadowed))
        definition = self._definition(node, name, captured)
        self._complete(definition, node)
        defaults = [value for p, value in written_defaults(node) if p in definition.defaults]
        return self.closure(definition, defaults, node)

    def closure(self, definition: Definition, defaults: list[gast.AST], like: gast.AST) -> gast.AST:
        maker = next((n for n, v in self.references.items() if _makes(v, definition)), None)
        if maker is None:
            maker = self.namer.fresh(f"closure_{definition.name}")
            self.references[maker] = MakeClosure(definition)
        captured = [core.located(core.name(n), like) for n in definition.captured]
        return gast.copy_location(gast.Call(core.name(maker), [*captured, *defaults], []), like)


def kept_captures(function: core.Function) -> set[str]:
    """The variables that functions made as values capture: assigning one of them anew has to be seen in Core."""
    makers = [v for v in function.references.values() if isinstance(v, MakeClosure)]
    return {name for maker in makers for name in maker.definition.captured}


def _makes(value: Any, definition: Definition) -> bool:
    return isinstance(value, MakeClosure) and value.definition is definition


class _Rewriter(gast.NodeTransformer):
    """Replaces definitions, and reads and calls of known functions."""

    def __init__(self, lifting: Lifting, own: Mapping[str, gast.AST]):
        self.lifting = lifting
        self.own = own
        self.shadowed: list[str] = []  # variables of the comprehensions around

    def statements(self, body: list[gast.AST]) -> list[gast.AST]:
        done: list[gast.AST] = []
        for statement in body:
            new = self.visit(statement)
            done += new if isinstance(new, list) else [new]
        return done

    def generic_visit(self, node: gast.AST) -> gast.AST:
        for field_name in node._fields:
            value = getattr(node, field_name, None)
            if isinstance(value, list) and value and isinstance(value[0], gast.stmt):
                setattr(node, field_name, self.statements(value) or [gast.copy_location(gast.Pass(), value[0])])
            elif isinstance(value, list):
                setattr(node, field_name, [self.visit(v) if isinstance(v, gast.AST) else v for v in value])
            elif isinstance(value, gast.AST):
                setattr(node, field_name, self.visit(value))
        return node

    # Definitions -------------------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: gast.AST) -> Any:
        if _is_generator(node):
            return node
        if self.own.get(node.name) is node:
            return self._default_assignments(node.name, node)
        value = self.lifting.value(self._with_visited_defaults(node), self.shadowed)
        for decorator in reversed([d for d in node.decorator_list if not self._changes_nothing(d)]):
            value = gast.copy_location(gast.Call(self.visit(decorator), [value], []), node)
        return gast.copy_location(gast.Assign([core.stored(node.name)], value, None), node)

    def _changes_nothing(self, decorator: gast.AST) -> bool:
        """`functools.wraps(f)`, caches and compilation leave what a function computes as it is."""
        path = core.dotted(decorator.func if isinstance(decorator, gast.Call) else decorator)
        if path is None or path.split(".")[0] in self.lifting.locals:
            return False
        return nested.is_transparent(resolve_path(self.lifting.source, path))

    def visit_Assign(self, node: gast.AST) -> Any:
        target = node.targets[0]
        if isinstance(target, gast.Name) and self.own.get(target.id) is node.value:
            return self._default_assignments(target.id, node.value)
        return self.generic_visit(node)

    def visit_Lambda(self, node: gast.AST) -> gast.AST:
        return self.lifting.value(self._with_visited_defaults(node), self.shadowed)

    def _with_visited_defaults(self, node: gast.AST) -> gast.AST:
        arguments = node.args
        arguments.defaults = [self.visit(d) for d in arguments.defaults]
        arguments.kw_defaults = [d if d is None else self.visit(d) for d in arguments.kw_defaults]
        return node

    def _default_assignments(self, name: str, node: gast.AST) -> list[gast.AST]:
        """The defaults of a known function are evaluated where it is defined."""
        variables = self.lifting.known[name].defaults
        values = {p: self.visit(value) for p, value in written_defaults(node) if p in variables}
        made = [gast.Assign([core.stored(variables[p])], value, None) for p, value in values.items()]
        return [gast.copy_location(statement, node) for statement in made]

    # Reads -------------------------------------------------------------------------------------------------------

    def _known(self, node: gast.AST) -> Known | None:
        is_read = isinstance(node, gast.Name) and isinstance(node.ctx, gast.Load) and node.id not in self.shadowed
        return self.lifting.known.get(node.id) if is_read else None

    def visit_Name(self, node: gast.AST) -> gast.AST:
        known = self._known(node)
        if known is None:
            return node
        defaults = [core.located(core.name(v), node) for v in known.defaults.values()]
        return self.lifting.closure(known.definition, defaults, node)

    def visit_Call(self, node: gast.AST) -> gast.AST:
        known = self._known(node.func)
        is_plain = not any(isinstance(a, gast.Starred) for a in node.args) and all(k.arg for k in node.keywords)
        if known is None or not is_plain:
            return self.generic_visit(node)
        definition = known.definition
        self.lifting.references[node.func.id] = definition.source
        node.args = [self.visit(a) for a in node.args]
        node.keywords = [gast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        added = {n: n for n in definition.captured} | missing_defaults(definition, node, known.defaults)
        return with_captured(definition, node, {p: core.located(core.name(v), node) for p, v in added.items()})

    def visit_While(self, node: gast.AST) -> gast.AST:
        """A test that calls functions defined inside is computed in the body, as statements of its own."""
        if not _calls_local(node.test, {*self.lifting.known, *self.lifting.locals}):
            return self.generic_visit(node)
        negated = gast.copy_location(gast.UnaryOp(gast.Not(), node.test), node.test)
        leave = gast.copy_location(gast.If(negated, [*node.orelse, gast.copy_location(gast.Break(), node)], []), node)
        endless = gast.copy_location(gast.Constant(True, None), node.test)
        return self.generic_visit(gast.copy_location(gast.While(endless, [leave, *node.body], []), node))

    # Scopes ------------------------------------------------------------------------------------------------------

    def _visit_comprehension(self, node: gast.AST) -> gast.AST:
        names = [n for g in node.generators for n in core.target_names(g.target)]
        self.shadowed += names
        self.generic_visit(node)
        del self.shadowed[len(self.shadowed) - len(names) :]
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension


def with_captured(definition: Any, call: gast.AST, added: Mapping[str, gast.AST]) -> gast.AST:
    """The call with captured values as further arguments, by position where those are the last ones."""
    arguments = definition.source.tree.args
    rest = [a.id for a in [*arguments.posonlyargs, *arguments.args]][len(call.args) :]
    if not call.keywords and not arguments.vararg and not arguments.kwonlyargs and set(rest) == set(added):
        return gast.copy_location(gast.Call(call.func, [*call.args, *[added[p] for p in rest]], []), call)
    keywords = [*call.keywords, *[gast.keyword(p, value) for p, value in added.items()]]
    return gast.copy_location(gast.Call(call.func, call.args, keywords), call)


def missing_defaults(definition: Any, call: gast.AST, values: Mapping[str, Any]) -> dict[str, Any]:
    """The captured defaults of parameters that a call (without stars) leaves out."""
    arguments = definition.source.tree.args
    by_position = [a.id for a in [*arguments.posonlyargs, *arguments.args]][: len(call.args)]
    given = {*by_position, *[k.arg for k in call.keywords]}
    return {p: values[p] for p in definition.defaults if p not in given}


# Trees ------------------------------------------------------------------------------------------------------------


def _definitions_in(body: list[gast.AST], tree: list[gast.AST]) -> Iterable[tuple[str, gast.AST]]:
    """Definitions that nothing encloses but loops, and branches outside of which nothing in the tree reads them."""
    for statement in body:
        if isinstance(statement, gast.FunctionDef) and not statement.decorator_list and not _is_generator(statement):
            yield statement.name, statement
        elif isinstance(statement, gast.Assign) and isinstance(statement.value, gast.Lambda):
            if len(statement.targets) == 1 and isinstance(statement.targets[0], gast.Name):
                yield statement.targets[0].id, statement.value
        elif isinstance(statement, gast.For | gast.While):
            yield from _definitions_in(statement.body, tree)
        elif isinstance(statement, gast.If):
            for block in (statement.body, statement.orelse):
                found = _definitions_in(block, tree)
                yield from ((n, d) for n, d in found if _reads_of(n, block) == _reads_of(n, tree))


def _reads_of(name: str, body: list[gast.AST]) -> int:
    nodes = [n for statement in body for n in gast.walk(statement)]
    return sum(isinstance(n, gast.Name) and n.id == name and isinstance(n.ctx, gast.Load) for n in nodes)


def _is_generator(node: gast.AST) -> bool:
    return any(isinstance(n, gast.Yield | gast.YieldFrom | gast.Await) for n in own_nodes(node.body))


def _bound(node: gast.AST) -> list[str]:
    if isinstance(node, gast.Name):
        return [] if isinstance(node.ctx, gast.Load) else [node.id]
    if isinstance(node, gast.FunctionDef | gast.ClassDef | gast.AsyncFunctionDef):
        return [node.name]
    if isinstance(node, gast.Global | gast.Nonlocal):
        return list(node.names) * 2
    return []


def written_defaults(node: gast.AST) -> list[tuple[str, gast.AST]]:
    """Parameter to the default as it is written."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    last = positional[len(positional) - len(arguments.defaults) :]
    pairs = [
        *zip(last, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return [(a.id, d) for a, d in pairs if d is not None]


def captured_defaults(node: gast.AST) -> tuple[str, ...]:
    """Parameters whose default is a value of where the function is defined, or stands before such a one."""
    pairs = written_defaults(node)
    count = len(node.args.defaults)
    last = max([i for i, (_, value) in enumerate(pairs[:count]) if not core.is_literal(value)], default=-1)
    return tuple(p for i, (p, value) in enumerate(pairs) if i <= last or not core.is_literal(value))


def _closed(name: str, free: Mapping[str, list[str]], variables: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What a known function captures itself, and through the known functions that it calls."""
    found, work, seen = dict.fromkeys(free[name]), list(free[name]), set()
    while work:
        called = work.pop()
        if called in free and called not in seen:
            seen.add(called)
            found.update(dict.fromkeys([*free[called], *variables[called].values()]))
            work += free[called]
    return sorted(n for n in found if n not in free)


def _as_function(node: gast.AST, name: str) -> gast.AST:
    if isinstance(node, gast.Lambda):
        result = gast.copy_location(gast.Return(copy.deepcopy(node.body)), node.body)
        tree = gast.FunctionDef(name, copy.deepcopy(node.args), [result], [], None, None, [])
    else:
        tree = copy.deepcopy(node)
        tree.decorator_list = []
    return gast.copy_location(tree, node)


def _with_parameters(arguments: gast.AST, captured: tuple[str, ...], defaults: tuple[str, ...]) -> gast.AST:
    """The parameters, and one for each captured value; captured defaults are always passed."""
    own = [gast.Name(n, gast.Param(), None, None) for n in captured]
    if arguments.vararg or arguments.kwonlyargs or arguments.defaults:
        arguments.kwonlyargs = [*arguments.kwonlyargs, *own]
        arguments.kw_defaults = [*arguments.kw_defaults, *[None] * len(own)]
    else:
        arguments.args = [*arguments.args, *own]
    _drop_defaults(arguments, defaults)
    return arguments


def _drop_defaults(arguments: gast.AST, dropped: tuple[str, ...]) -> None:
    """Parameters whose default is captured have none; those behind them may not be left out by position either."""
    positional = [*arguments.posonlyargs, *arguments.args]
    first = len(positional) - len(arguments.defaults)
    kept = [i for i, a in enumerate(positional) if i >= first and a.id in dropped]
    if kept:
        arguments.defaults = arguments.defaults[max(kept) + 1 - first :]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    arguments.kw_defaults = [None if a.id in dropped else d for a, d in pairs]


def _without_nonlocal(tree: gast.AST, names: tuple[str, ...]) -> gast.AST:
    """The function without declarations of names that are parameters of it now."""
    if names:
        tree.body = [_Declarations(set(names)).visit(s) for s in tree.body]
    return tree


class _Declarations(gast.NodeTransformer):
    def __init__(self, names: set[str]):
        self.names = names

    def visit_FunctionDef(self, node: gast.AST) -> gast.AST:
        return node  # which declares it for itself, of what is a parameter of the function around now

    def visit_Nonlocal(self, node: gast.AST) -> Any:
        kept = [n for n in node.names if n not in self.names]
        return gast.copy_location(gast.Nonlocal(kept) if kept else gast.Pass(), node)
