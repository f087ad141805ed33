"""Which mutable objects the names of a function may stand for, and which of them hold which: an abstract heap.

An object is the place in the text that makes it: the one made there last, and all those made there before it (the
recency abstraction of Balakrishnan & Reps, SAS 2006). For each of them the heap has what its slots may hold, by key
where that is a literal, and in how many slots it may be itself: in none, in one, or in several, that is, shared.

A name that was read as `c[i]` has a *place*: c's slot i is where its object is found again, until c is changed there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from s2s.codegen.core import core
from s2s.codegen.inference.kinds import Bottom, DictOf, Kind, ListOf, MapOf, Numeric, ObjectOf, Static, TupleOf

# Any key, or one that is not known.
ANY = None
SHARED = 2


@dataclass(frozen=True)
class Thing:
    """The object made last at a site, or all those made there before."""

    site: Any
    is_last: bool = True


Things = frozenset[Thing]
NOTHING: Things = frozenset()


@dataclass(frozen=True)
class Place:
    """A slot: of the object that goes by `token`, one of `owners`."""

    token: str
    key: Any
    owners: Things


@dataclass
class Heap:
    """What is known at one place of the text.

    Attributes:
        names: name to what it may stand for.
        slots: object to what its slots may hold, by key.
        holders: object to the number of slots it may be in, at most SHARED.
        tokens: name to the name that its object went by first, the same for all versions of it.
        places: name to the slot that its object was read from, and still is in.
        line: of the user's file, that is being followed.
        shared_at: object to the line that put it into a second slot.
    """

    names: dict[str, Things] = field(default_factory=dict)
    slots: dict[Thing, dict[Any, Things]] = field(default_factory=dict)
    holders: dict[Thing, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    line: int = field(default=0, compare=False)
    shared_at: dict[Thing, int] = field(default_factory=dict, compare=False)

    def copy(self) -> "Heap":
        slots = {thing: dict(by_key) for thing, by_key in self.slots.items()}
        return Heap(
            dict(self.names),
            slots,
            dict(self.holders),
            dict(self.tokens),
            dict(self.places),
            self.line,
            dict(self.shared_at),
        )

    # Questions ---------------------------------------------------------------------------------------------------

    def of(self, name: str) -> Things:
        return self.names.get(name, NOTHING)

    def held(self, owners: Iterable[Thing], key: Any = ANY) -> Things:
        """What slots of these objects may hold: those with this key, or all."""
        found: set[Thing] = set()
        for owner in owners:
            by_key = self.slots.get(owner, {})
            known = key is not ANY and not (isinstance(key, int) and key < 0)
            wanted = [by_key.get(key, NOTHING), by_key.get(ANY, NOTHING)] if known else by_key.values()
            found.update(*wanted)
        return frozenset(found)

    def reached(self, things: Iterable[Thing]) -> Things:
        """These objects and all that can be found in them."""
        found, left = set(things), list(things)
        while left:
            new = self.held([left.pop()]) - found
            found |= new
            left += new
        return frozenset(found)

    def is_shared(self, things: Iterable[Thing]) -> bool:
        """May one of these be in several slots?"""
        return any(self.holders.get(thing, 0) >= SHARED for thing in things)

    # Changes -----------------------------------------------------------------------------------------------------

    def made(self, site: Any, is_last: bool = True) -> Thing:
        """A new object; the one made here before it joins the older ones."""
        new, older = Thing(site), Thing(site, False)
        if not is_last:
            return older
        if new in self.slots or new in self.holders or any(new in things for things in self.names.values()):
            self._age(new, older)
        return new

    def _age(self, new: Thing, older: Thing) -> None:
        def aged(things: Things) -> Things:
            return (things - {new}) | {older} if new in things else things

        self.names = {n: aged(things) for n, things in self.names.items()}
        merged = self.slots.pop(new, {})
        for key, things in merged.items():
            known = self.slots.setdefault(older, {})
            known[key] = known.get(key, NOTHING) | things
        self.slots = {t: {k: aged(things) for k, things in by_key.items()} for t, by_key in self.slots.items()}
        self.holders[older] = max(self.holders.get(older, 0), self.holders.pop(new, 0))
        self.places = {n: replace(p, owners=aged(p.owners)) for n, p in self.places.items()}
        if new in self.shared_at:
            self.shared_at[older] = self.shared_at.pop(new)

    def hold(self, owners: Things, key: Any, things: Things, is_counted: bool = True) -> None:
        """Slots of these objects may hold these from here on."""
        key = ANY if isinstance(key, int) and key < 0 else key
        for owner in owners:
            by_key = self.slots.setdefault(owner, {})
            is_certain = key is not ANY and len(owners) == 1 and owner.is_last and ANY not in by_key
            by_key[key] = things if is_certain else by_key.get(key, NOTHING) | things
        if is_counted and owners:
            self.share(t for t in things if self.holders.get(t, 0) + len(owners) >= SHARED)
            for thing in things:
                self.holders[thing] = max(self.holders.get(thing, 0), 1)

    def hold_new(self, owners: Things, key: Any, things: Things) -> None:
        """Slots of these objects hold new objects, each one of its own."""
        self.hold(owners, key, things, is_counted=False)
        for thing in things:
            self.holders[thing] = max(self.holders.get(thing, 0), 1)

    def scramble(self, owners: Things) -> None:
        """What slots of these objects hold may be in any other slot of them."""
        for owner in owners:
            if owner in self.slots:
                self.slots[owner] = {ANY: self.held([owner])}

    def share(self, things: Iterable[Thing]) -> None:
        for thing in list(things):
            self.holders[thing] = SHARED
            self.shared_at.setdefault(thing, self.line)

    def bind(self, name: str, things: Things) -> None:
        """The name stands for another object from here on."""
        self.forget(name)
        self.names[name] = things
        self.tokens[name] = name

    def forget(self, name: str) -> None:
        """What the name was in an iteration before no longer goes by it."""
        self.places.pop(name, None)
        for other, token in list(self.tokens.items()):
            if token == name and other != name:
                self.tokens[other] = f"{other} "
        for other, place in list(self.places.items()):
            if name in (place.token, getattr(place.key, "name", None)):
                del self.places[other]

    def follow(self, name: str, old: str) -> None:
        """The name is a version of the object that is `old`."""
        things, token, place = self.of(old), self.tokens.get(old, old), self.places.get(old)
        self.bind(name, things)
        self.tokens[name] = token
        if place is not None:
            self.places[name] = place

    def moved(self, owners: Things, token: str, key: Any = ANY) -> None:
        """A slot of these objects (or, for ANY, all of them) no longer holds what was read from it."""
        for name, place in list(self.places.items()):
            if place.owners & owners and not _differ(key, place.key):
                del self.places[name]

    def joined(self, other: "Heap") -> "Heap":
        made = self.copy()
        for name, things in other.names.items():
            made.names[name] = made.of(name) | things
        for thing, by_key in other.slots.items():
            known = made.slots.setdefault(thing, {})
            for key, things in by_key.items():
                known[key] = known.get(key, NOTHING) | things
        for thing, count in other.holders.items():
            made.holders[thing] = max(made.holders.get(thing, 0), count)
        made.shared_at = other.shared_at | made.shared_at
        for name, token in other.tokens.items():
            made.tokens[name] = token if made.tokens.get(name, token) == token else name
        made.places = {n: _one(p, other.places[n]) for n, p in made.places.items() if _agree(p, other.places.get(n))}
        for name, place in other.places.items():
            if name not in self.names:
                made.places[name] = place
        return made


def _agree(a: Place, b: Place | None) -> bool:
    return b is not None and (a.token, a.key) == (b.token, b.key)


def _one(a: Place, b: Place) -> Place:
    return replace(a, owners=a.owners | b.owners)


@dataclass(frozen=True)
class Variable:
    """A key that is the value of a variable."""

    name: str


def key_of(node: gast.AST) -> Any:
    """A literal key, the variable that holds it, or ANY."""
    if isinstance(node, gast.Name):
        return Variable(node.id)
    if core.is_literal(node):
        found = core.literal(node)
        return found if isinstance(found, int | str | float | bool | tuple) and not isinstance(found, list) else ANY
    return ANY


def literal_key(key: Any) -> Any:
    return ANY if isinstance(key, Variable) else key


def _differ(a: Any, b: Any) -> bool:
    """Are these certainly keys of different slots?"""
    if a is ANY or b is ANY or isinstance(a, Variable) or isinstance(b, Variable):
        return False
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    return a != b and (not numbers or (a < 0) == (b < 0))


def is_mutable(kind: Kind | None) -> bool:
    """Can a value of this kind be written, or hold what can?"""
    if isinstance(kind, Static | ObjectOf | Bottom) or (isinstance(kind, Numeric) and kind.scalar):
        return False
    return not isinstance(kind, TupleOf) or any(map(is_mutable, kind.elements))


def of_kind(heap: Heap, kind: Kind | None, site: Any, is_last: bool = True) -> Things:
    """A tree of objects that only it holds, as of an argument."""
    if not is_mutable(kind):
        return NOTHING
    thing = heap.made(site, is_last)
    whole = frozenset([thing])
    for key, part in _parts(kind):
        below = of_kind(heap, part, (site, key), is_last and key is not ANY)
        heap.hold_new(whole, key, below)
    if not isinstance(kind, Numeric | TupleOf | ListOf | DictOf | MapOf):
        heap.hold(whole, ANY, whole)
        heap.share(whole)
    return whole


def _parts(kind: Any) -> list[tuple[Any, Kind]]:
    if isinstance(kind, TupleOf):
        return list(enumerate(kind.elements))
    if isinstance(kind, ListOf):
        return [(ANY, kind.element)] if kind.elements is None else list(enumerate(kind.elements))
    if isinstance(kind, DictOf):
        return list(kind.items)
    return [(ANY, kind.element)] if isinstance(kind, MapOf) else []
