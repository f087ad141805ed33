"""The abstract heap of a function, followed statement by statement, to a fixpoint in loops (`points_to.py`)."""

from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference import points_to
from s2s.codegen.inference.kinds import Numeric, TupleOf
from s2s.codegen.inference.ownership import resolver
from s2s.codegen.inference.points_to import ANY, NOTHING, Heap, Place, Things, is_mutable, key_of, literal_key
from s2s.runtime.primitives import table

# Primitives whose result has the elements of the containers that they are given.
COPIES = {"list_extend", "join_tuples", "items", "from_items", "list_reordered", "list_split_last", "dict_copied"}
# Those whose result has the elements of the first operand, and the others, in it.
COPIES_WITH = {
    "list_append", "list_insert", "list_insert_popped", "entry_set", "entry_new", "entry_added", "entry_put", "set_at",
    "put", "add_at", "put_add", "entry_removed",
}  # fmt: skip
# Those whose result is one of the operands, or made of theirs.
CHOICES = {"acc", "choose", "again", "instantiate", "as_written", "kept"}
COPYING = (list, tuple, dict, sorted, reversed, zip, enumerate)
COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)


class Walker:
    """Follows the heap through a function; `written` is called at each write, before it.

    Args:
        views: primitives whose result may share memory with their first operand.
        keeping: those whose result may be, or hold, any of their operands.
    """

    def __init__(self, function: core.Function, views: set[str], keeping: set[str]):
        self.function = function
        self.views, self.keeping = views, keeping
        self.resolve = resolver(function.references)
        self.heap = Heap()
        self.calls: dict[str, Any] = {}
        self.pops: dict[str, tuple[str, Things]] = {}
        self.loops: list[gast.AST] = []
        self.swaps: set[int] = set()
        self.result: Things = NOTHING
        self.results = function.body[-2] if function.facts is not None and function.facts.written else None

    def run(self) -> None:
        for parameter in self.function.parameters:
            kind = self.function.kinds.get(parameter)
            self.heap.bind(parameter, points_to.of_kind(self.heap, kind, ("parameter", parameter)))
        self._block(self.function.body)

    def written(self, statement: gast.AST, old: str) -> None:
        """The object that is `old` is about to be written."""

    def reread(self, statement: gast.AST, old: str) -> None:
        """`old` is about to be read again from its place."""

    def called(self, statement: gast.AST) -> None:
        """A function that writes its arguments is about to be called."""

    def stored_back(self, statement: gast.AST, name: str) -> None:
        """What was read from an attribute and written is about to be stored there again."""

    # Statements --------------------------------------------------------------------------------------------------

    def _block(self, body: list[gast.AST]) -> None:
        self._find_swaps(body)
        for statement in body:
            self._statement(statement)

    def _statement(self, statement: gast.AST) -> None:
        self.heap.line = (statement.__dict__.get("origin") or ("", 0))[1]
        if isinstance(statement, gast.If):
            before = self.heap.copy()
            self._block(statement.body)
            after, self.heap = self.heap, before
            self._block(statement.orelse)
            self.heap = self.heap.joined(after)
        elif isinstance(statement, gast.For | gast.While):
            self._loop(statement)
        elif isinstance(statement, gast.Return):
            self.result |= self._value(statement.value, id(statement))
        elif isinstance(statement, gast.Assign):
            self._assign(statement)

    def _loop(self, statement: gast.AST) -> None:
        self.loops.append(statement)
        while True:
            before = self.heap.copy()
            if isinstance(statement, gast.For):
                items = self._items(statement.iter)
                for name in core.targets(statement):
                    self.heap.bind(name, items if is_mutable(self.function.kinds.get(name)) else NOTHING)
            self._block(statement.body)
            self.heap = before.joined(self.heap)
            if self.heap == before:
                self.loops.pop()
                return

    def _items(self, node: gast.AST) -> Things:
        """What iterating may give: elements, and views of arrays."""
        found = NOTHING
        for name in core.reads(node):
            things = self.heap.of(name)
            found |= things if isinstance(self.function.kinds.get(name), Numeric) else self.heap.held(things)
        return found | self.heap.held(found) if isinstance(node, gast.Call) else found

    def _assign(self, statement: gast.AST) -> None:
        targets = core.targets(statement)
        if core.is_join(statement):
            self._join(core.split_join([statement])[1])
        elif "writes" in statement.__dict__ and core.is_name(statement.value) and statement.value.id in self.calls:
            self._finals(statement, targets)
        elif isinstance(statement.targets[0], gast.Tuple):
            self._unpack(statement, targets)
        elif (old := self._updated(statement)) is not None:
            self._update(statement, targets[0], old)
        else:
            self._define(statement, targets[0])

    def _join(self, pairs: list[tuple[str, gast.AST]]) -> None:
        before = self.heap.copy()
        for target, _ in pairs:
            self.heap.bind(target, NOTHING)
        for target, value in pairs:
            if core.is_name(value):
                self.heap.names[target] = before.of(value.id)
                self.heap.tokens[target] = before.tokens.get(value.id, value.id)
                if value.id in before.places:
                    self.heap.places[target] = _renamed(before.places[value.id], pairs)
            else:
                self.heap.names[target] = self._value(value, (id(value), target))

    def _unpack(self, statement: gast.AST, targets: list[str]) -> None:
        value = statement.value
        popped = self.pops.get(value.id) if core.is_name(value) else None
        if popped is not None:
            things = {targets[1]: popped[1]}
            self.heap.follow(targets[0], popped[0])
            targets = targets[1:]
        elif isinstance(value, gast.Tuple | gast.List):
            things = {t: self._value(v, (id(statement), t)) for t, v in zip(targets, value.elts, strict=True)}
        else:
            owners = self._value(value, id(statement))
            is_array = isinstance(self._kind(value), Numeric)
            things = {t: owners if is_array else self.heap.held(owners, i) for i, t in enumerate(targets)}
        for target in targets:
            self._bind(target, things[target])

    def _finals(self, statement: gast.AST, targets: list[str]) -> None:
        """`result, *finals = results` of a call that writes arguments."""
        operation = self.calls[statement.value.id]
        for old, _ in statement.writes:
            self.written(statement, old)
        reached = self._reached(operation, operation.binding)
        is_tidy = not operation.callee.shares and all(len(part) <= 1 for part in operation.callee.kept[1:])
        old_of = {new: old for old, new in statement.writes}
        self._bind(targets[0], self._returned(operation, targets[0], operation.callee.kept[0]))
        for target in targets[1:]:
            old = old_of.get(target)
            if old is None:
                self._bind(target, reached | self._returned(operation, target, operation.binding))
                continue
            self._grown(old, (id(statement), target), None if is_tidy else reached)
            self.heap.follow(target, old)

    def _grown(self, name: str, site: Any, mixed: Things | None) -> None:
        """The callee may have put new objects into what it wrote, and where it `mixed` them, others, too."""
        whole = self.heap.reached(self.heap.of(name))
        new = points_to.of_kind(self.heap, self.function.kinds.get(name), site, is_last=False)
        self.heap.moved(whole, "")
        self.heap.scramble(whole)
        below = self.heap.held(new)
        self.heap.hold_new(whole, ANY, below)
        if mixed is not None:
            self.heap.hold(whole, ANY, mixed)
            self.heap.share(mixed)

    def _reached(self, operation: Any, parameters: Any) -> Things:
        given = [self._value(operation.binding.get(p), 0) for p in parameters]
        return self.heap.reached(frozenset().union(*given))

    def _returned(self, operation: Any, target: str, kept: Any) -> Things:
        """The result of a call: a new tree, or what the arguments for the parameters `kept` hold."""
        kind = self.function.kinds.get(target)
        if not is_mutable(kind):
            return NOTHING
        made, reached = points_to.of_kind(self.heap, kind, ("result", target)), self._reached(operation, kept)
        if isinstance(kind, Numeric):
            return made | reached
        if reached or operation.callee.shares:
            held = reached | self.heap.reached(made)
            self.heap.hold(self.heap.reached(made), ANY, held)
            self.heap.share(held)
            return made | reached
        return made

    # Updates -----------------------------------------------------------------------------------------------------

    def _updated(self, statement: gast.AST) -> str | None:
        """The name of the object that a statement makes another version of."""
        marks, value = statement.__dict__, statement.value
        if marks.get("writes") and core.is_name(value):
            return value.id
        if not (marks.get("in_place", False) or marks.get("is_change", False)):
            return None
        if isinstance(value, gast.BinOp):
            return value.left.id if core.is_name(value.left) else None
        owned = isinstance(value, gast.Call) and bool(value.args) and core.is_name(value.args[0])
        return value.args[0].id if owned else value.id if core.is_name(value) else None

    def _update(self, statement: gast.AST, target: str, old: str) -> None:
        value, heap = statement.value, self.heap
        name = self._primitive(value)
        if name == "list_pop" or name == "list_pop_at":
            heap.moved(heap.of(old), heap.tokens.get(old, old))
            self.pops[target] = old, heap.held(heap.of(old))
            heap.bind(target, NOTHING)
            heap.scramble(heap.of(old))
            return
        if "writes" in statement.__dict__ or statement.__dict__.get("in_place", False):
            self.written(statement, statement.__dict__.get("writes", [(old, target)])[0][0])
        owners, token = heap.of(old), heap.tokens.get(old, old)
        if isinstance(value, gast.Call) and not isinstance(self.function.kinds.get(old), Numeric):
            self._change(statement, name, owners, token)
        heap.follow(target, old)

    def _change(self, statement: gast.AST, name: str | None, owners: Things, token: str) -> None:
        arguments, heap = statement.value.args, self.heap
        if name in ("entry_set", "entry_new", "entry_added", "set_at", "entry_put", "put", "add_at"):
            self._set(statement, owners, token, arguments[1], arguments[2])
        elif name == "list_append":
            heap.hold(owners, ANY, self._value(arguments[1], id(statement)))
            heap.moved(owners, token, -1)
        elif name in ("list_extend", "join_tuples"):
            heap.hold(owners, ANY, heap.held(self._value(arguments[1], id(statement))))
            heap.moved(owners, token, -1)
        else:
            for node in arguments[1:]:
                heap.hold(owners, ANY, self._value(node, id(statement)))
            heap.scramble(owners)
            heap.moved(owners, token)

    def _set(self, statement: gast.AST, owners: Things, token: str, index: gast.AST, value: gast.AST) -> None:
        key, things = key_of(index), self._value(value, id(statement))
        place = self.heap.places.get(value.id) if core.is_name(value) else None
        is_back = place is not None and (place.token, place.key) == (token, key)
        if not is_back:
            self.heap.moved(owners, token, key)
        is_counted = not is_back and id(statement) not in self.swaps
        self.heap.hold(owners, literal_key(key), things, is_counted)

    def _find_swaps(self, body: list[gast.AST]) -> None:
        """`c[i], c[j] = c[j], c[i]` leaves every object in one slot."""
        defined = {core.targets(s)[0]: s.value for s in body if isinstance(s, gast.Assign) and core.targets(s)}
        stores = [s for s in body if s.__dict__.get("in_place", False) and _is_store(s)]
        for first, second in zip(stores, stores[1:], strict=False):
            read = [_source(defined, s.value.args[2]) for s in (first, second)]
            if all(isinstance(r, gast.Subscript) for r in read) and second.value.args[0].id == core.targets(first)[0]:
                crossed = core.same(read[0].slice, second.value.args[1]) and core.same(
                    read[1].slice, first.value.args[1]
                )
                if crossed and all(core.same(r.value, first.value.args[0]) for r in read):
                    self.swaps |= {id(first), id(second)}

    # Definitions -------------------------------------------------------------------------------------------------

    def _define(self, statement: gast.AST, target: str) -> None:
        value, operation = statement.value, statement.__dict__.get("operation")
        if operation is not None and operation.form == "call" and operation.callee is not None:
            self.calls[target] = operation
            if statement.__dict__.get("effects"):
                self.called(statement)
                self.heap.bind(target, NOTHING)
                return
        if (old := statement.__dict__.get("reread_of")) is not None:
            self.reread(statement, old)
        if "stored_over" in statement.__dict__ and core.is_name(value):
            self.stored_back(statement, value.id)
        if core.is_name(value):
            self.heap.follow(target, value.id)
            return
        if statement is self.results:
            self.heap.bind(target, frozenset().union(*[self._value(n, id(statement)) for n in value.elts]))
            return
        if not is_mutable(self.function.kinds.get(target)):
            self.heap.bind(target, NOTHING)
            return
        self.heap.bind(target, self._value(value, id(statement), operation, target))
        if isinstance(value, gast.Subscript) and core.is_name(value.value):
            owner, key = value.value.id, key_of(value.slice)
            if key is not ANY and not isinstance(self._kind(value.value), Numeric):
                token = self.heap.tokens.get(owner, owner)
                self.heap.places[target] = Place(token, key, self.heap.of(owner))

    def _bind(self, target: str, things: Things) -> None:
        self.heap.bind(target, things if is_mutable(self.function.kinds.get(target)) else NOTHING)

    def _kind(self, node: gast.AST) -> Any:
        return self.function.kinds.get(node.id) if core.is_name(node) else None

    def _primitive(self, node: gast.AST) -> str | None:
        found = self.resolve(node.func) if isinstance(node, gast.Call) else None
        primitive = table.lookup(found, len(node.args)) if found is not None else None
        return primitive.name if primitive is not None else None

    # Values ------------------------------------------------------------------------------------------------------

    def _value(self, node: Any, site: Any, operation: Any = None, target: str | None = None) -> Things:
        """What an expression may give; `site` names the objects that it makes."""
        if node is None or isinstance(node, gast.Constant):
            return NOTHING
        if isinstance(node, gast.Name):
            return self.heap.of(node.id)
        handler = getattr(self, "_of_" + type(node).__name__, None)
        if (
            operation is not None
            and operation.primitive is not None
            and isinstance(self.function.kinds.get(target or ""), Numeric)
        ):
            return self._of_primitive(operation, site)
        if operation is not None and operation.form == "call" and operation.callee is not None:
            return self._returned(operation, target or "", frozenset().union(*operation.callee.kept))
        if isinstance(node, COMPREHENSIONS):
            return self._of_comprehension(node, site)
        return self._unknown(node, site) if handler is None else handler(node, site)

    def _of_primitive(self, operation: Any, site: Any) -> Things:
        """The array that an operation of NumPy makes, or looks at another way."""
        name, made = operation.primitive.name, frozenset([self.heap.made(site)])
        given = [n for n in operation.binding.values() if n is not None]
        wanted = given if name in self.keeping else given[:1] if name in self.views else []
        return made.union(*[self._value(n, (site, i)) for i, n in enumerate(wanted)])

    def _of_Tuple(self, node: gast.AST, site: Any) -> Things:
        return self._display([(i, e) for i, e in enumerate(node.elts)], site)

    _of_List = _of_Tuple

    def _of_Dict(self, node: gast.AST, site: Any) -> Things:
        return self._display([(literal_key(key_of(k)), v) for k, v in zip(node.keys, node.values, strict=True)], site)

    def _display(self, items: list[tuple[Any, gast.AST]], site: Any) -> Things:
        parts = []
        for i, (key, node) in enumerate(items):
            is_starred = isinstance(node, gast.Starred)
            found = self._value(node.value if is_starred else node, (site, i))
            parts.append((ANY if is_starred else key, self.heap.held(found) if is_starred else found))
        whole = frozenset([self.heap.made(site)])
        for key, things in parts:
            self.heap.hold(whole, key, things)
        return whole

    def _of_comprehension(self, node: gast.AST, site: Any) -> Things:
        """A new container of what each turn gives: an object that a turn makes is in one slot, others in several."""
        outer = dict(self.heap.names)
        for generator in node.generators:
            items = self._items(generator.iter)
            for name in core.target_names(generator.target):
                self.heap.names[name] = items
        known = frozenset(self.heap.holders).union(self.heap.slots, *self.heap.names.values())
        given = self._value(node.value if isinstance(node, gast.DictComp) else node.elt, (site, "element"))
        made = self.heap.reached(given) - known
        for thing in sorted(made, key=repr):
            self.heap.made(thing.site)  # what the next turn makes: this one's is among the older ones
        whole = frozenset([self.heap.made(site)])
        self.heap.hold_new(whole, ANY, frozenset(points_to.Thing(t.site, False) for t in given & made))
        self.heap.hold(whole, ANY, given - made)
        self.heap.share(given - made)
        for generator in node.generators:
            for name in core.target_names(generator.target):
                self.heap.names.pop(name, None)
        self.heap.names |= {n: things for n, things in outer.items() if n not in self.heap.names}
        return whole

    def _of_Subscript(self, node: gast.AST, site: Any) -> Things:
        owners = self._value(node.value, (site, "of"))
        if isinstance(self._kind(node.value), Numeric):
            return owners
        if isinstance(node.slice, gast.Slice):
            return self._copied(owners, site)
        return self.heap.held(owners, literal_key(key_of(node.slice)))

    def _copied(self, owners: Things, site: Any) -> Things:
        """A new container of what others hold."""
        held = self.heap.held(owners)
        whole = frozenset([self.heap.made(site)])
        self.heap.hold(whole, ANY, held)
        return whole

    def _of_Attribute(self, node: gast.AST, site: Any) -> Things:
        owners = self._value(node.value, (site, "of"))
        kind = self._kind(node.value)
        if isinstance(kind, TupleOf) and kind.cls is not None and node.attr in kind.cls._fields:
            return self.heap.held(owners, kind.cls._fields.index(node.attr))
        return owners if isinstance(kind, Numeric) else self.heap.reached(owners)

    def _of_BinOp(self, node: gast.AST, site: Any) -> Things:
        parts = [self._value(n, (site, i)) for i, n in enumerate((node.left, node.right))]
        whole = self._copied(parts[0] | parts[1], site)
        if isinstance(node.op, gast.Mult):
            self.heap.share(self.heap.held(whole))
        return whole

    def _of_UnaryOp(self, node: gast.AST, site: Any) -> Things:
        return frozenset([self.heap.made(site)])

    def _of_Compare(self, node: gast.AST, site: Any) -> Things:
        return frozenset([self.heap.made(site)])

    _of_JoinedStr = _of_Compare

    def _of_Call(self, node: gast.AST, site: Any) -> Things:
        arguments = [*node.args, *[k.value for k in node.keywords]]
        found = self.resolve(node.func)
        name = self._primitive(node)
        if name == "list_repeat":
            whole = self._copied(self._value(arguments[0], (site, 0)), site)
            self.heap.share(self.heap.held(whole))
            return whole
        if name in COPIES_WITH:
            whole = self._copied(self._value(arguments[0], (site, 0)), site)
            for i, argument in enumerate(arguments[1:], 1):
                self.heap.hold(whole, ANY, self._value(argument, (site, i)))
            return whole
        if name in ("list_pop", "list_pop_at"):
            return self._popped(self._value(arguments[0], (site, 0)), site)
        if name in CHOICES:
            given = frozenset().union(*[self._value(a, (site, i)) for i, a in enumerate(arguments)])
            return given | self._copied(given, site)
        if name in COPIES or _is_one_of(found, COPYING):
            given = frozenset().union(*[self._value(a, (site, i)) for i, a in enumerate(arguments)])
            return self._copied(given | self.heap.held(given) if _is_one_of(found, (zip, enumerate)) else given, site)
        if name is not None and name not in self.views and name not in self.keeping:
            return frozenset([self.heap.made(site)])
        if name in self.views:
            given, made = self._value(arguments[0], (site, 0)), frozenset([self.heap.made(site)])
            if table.named(name).result_kind != "list":
                return given | made
            self.heap.hold(made, ANY, given)
            return made
        if isinstance(node.func, gast.Attribute) and found is None:
            if node.func.attr == "copy":
                return self._copied(self._value(node.func.value, (site, "of")), site)
            arguments.append(node.func.value)
        return self._unknown_call(arguments, site)

    def _popped(self, owners: Things, site: Any) -> Things:
        """`rest, item` of a pure `pop(xs)`, whose rest is a new list."""
        pair, rest = frozenset([self.heap.made(site)]), self._copied(owners, (site, "rest"))
        self.heap.hold(pair, 0, rest)
        self.heap.hold(pair, 1, self.heap.held(owners))
        return pair

    def _unknown(self, node: gast.AST, site: Any) -> Things:
        return self._unknown_call([core.name(n) for n in dict.fromkeys(core.free_reads(node))], site)

    def _unknown_call(self, arguments: list[gast.AST], site: Any) -> Things:
        """Something made of the arguments, or one of them."""
        given = [self._value(a, (site, i)) for i, a in enumerate(arguments) if not isinstance(a, gast.Starred)]
        given += [self._value(a.value, (site, i)) for i, a in enumerate(arguments) if isinstance(a, gast.Starred)]
        reached = self.heap.reached(frozenset().union(*given))
        whole = frozenset([self.heap.made(site)])
        self.heap.hold(whole, ANY, reached | whole)
        self.heap.share(reached | whole)
        return whole | reached


def _renamed(place: Place, pairs: list[tuple[str, gast.AST]]) -> Place:
    """The place, where a join has given the variable of its key another name."""
    for target, value in pairs:
        if core.is_name(value) and isinstance(place.key, points_to.Variable) and place.key.name == value.id:
            return Place(place.token, points_to.Variable(target), place.owners)
    return place


def _is_one_of(found: Any, functions: tuple[Any, ...]) -> bool:
    return any(found is function for function in functions)


def _is_store(statement: gast.AST) -> bool:
    value = statement.value
    return isinstance(value, gast.Call) and len(value.args) == 3 and core.is_name(value.args[0])


def _source(defined: dict[str, gast.AST], node: gast.AST) -> gast.AST:
    while core.is_name(node) and node.id in defined:
        node = defined[node.id]
    return node


def shares(function: core.Function, views: set[str], keeping: set[str]) -> bool:
    """May something that the function returns, or has written, be found in two slots of it?"""
    walker = Walker(function, views, keeping)
    walker.run()
    given = frozenset().union(*[walker.heap.of(p) for p in function.parameters])
    return walker.heap.is_shared(walker.heap.reached(walker.result | given))
