"""Tables and types by their names: values, of which the next version costs what has changed, not
what is there.

A chain of ten thousand statements has ten thousand schemas, and rules look at more than the last.
So the versions share one store (Baker's trick: H. Baker, Shallow binding makes functional arrays
fast, 1991): the version used last owns it, every other one knows how it differs from its neighbour,
and a version that is looked at again takes the store over by walking there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from outofband_lint.names import QualifiedName

if TYPE_CHECKING:
    from outofband_lint.schema.values import Index, Table, TableConstraint


class _Named(Protocol):
    @property
    def name(self) -> QualifiedName: ...


V = TypeVar("V", bound=_Named)
_Names = dict[QualifiedName, None]
TEMPORARY_SCHEMA = "pg_temp"


class _Store(Generic[V]):
    """What one version holds."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: dict[QualifiedName, V] = {}

    def put(self, name: QualifiedName, new: V | None) -> V | None:
        """Put an item under a name, None to remove it; return what was there."""
        old = self.items.get(name)
        if new is not None:
            self.items[name] = new
        elif old is not None:
            del self.items[name]
        return old


class Versioned(Mapping[QualifiedName, V]):
    """Items by their name, in the order in which the version used last got them."""

    __slots__ = ("_difference", "_neighbour", "_store")
    _store: _Store[V]

    def __init__(self, items: Iterable[V] = ()) -> None:
        self._store = self._new_store()
        self._neighbour: Self | None = None
        self._difference: tuple[QualifiedName, V | None] | None = None
        for item in items:
            self._store.put(item.name, item)

    @staticmethod
    def _new_store() -> _Store[V]:
        return _Store()

    def put(self, item: V) -> Self:
        """Return the next version, with this item under its name."""
        return self._next(item.name, item)

    def without(self, name: QualifiedName) -> Self:
        """Return the next version, without the item of that name."""
        return self._next(name, None)

    def __getitem__(self, name: QualifiedName) -> V:
        return self._own().items[name]

    def __contains__(self, name: object) -> bool:
        return name in self._own().items

    def __len__(self) -> int:
        return len(self._own().items)

    def __iter__(self) -> Iterator[QualifiedName]:
        # A snapshot: whoever iterates may look at another version meanwhile.
        return iter((*self._own().items,))

    def get(self, name: QualifiedName | None, default: V | None = None) -> V | None:  # type: ignore[override]
        """Return the item of that name."""
        return self._own().items.get(name, default)  # type: ignore[arg-type]

    def find(self, names: Iterable[QualifiedName]) -> V | None:
        """Return the item of the first of these names that has one."""
        items = self._own().items
        return next((items[name] for name in names if name in items), None)

    def values(self) -> tuple[V, ...]:  # type: ignore[override]
        """Return the items."""
        return (*self._own().items.values(),)

    def items(self) -> tuple[tuple[QualifiedName, V], ...]:  # type: ignore[override]
        """Return the items with their names."""
        return (*self._own().items.items(),)

    def _next(self, name: QualifiedName, item: V | None) -> Self:
        store = self._own()
        following = type(self).__new__(type(self))
        following._store, following._neighbour, following._difference = store, None, None
        self._difference = name, store.put(name, item)
        self._neighbour = following
        return following

    def _own(self) -> _Store[V]:
        """Return the store, which holds this version's items from now on."""
        if self._neighbour is None:
            return self._store
        away, version = [], self
        while version._neighbour is not None:
            away.append(version)
            version = version._neighbour
        for nearer in reversed(away):
            assert nearer._difference is not None
            name, item = nearer._difference
            version._difference = name, self._store.put(name, item)
            version._neighbour = nearer
            nearer._neighbour = nearer._difference = None
            version = nearer
        return self._store


class Tables(Versioned["Table"]):
    """Tables by their names, and by the names of what they hold."""

    __slots__ = ()

    @staticmethod
    def _new_store() -> _Store[Table]:
        return _Filed()

    def _filed(self) -> _Filed:
        store = self._own()
        assert isinstance(store, _Filed)
        return store

    def with_index(self, name: QualifiedName) -> Table | None:
        """Return the table that has an index of that name, in the schema given with it."""
        store = self._filed()
        return next((store.items[n] for n in store.indexes.get(name, ())), None)

    def has_constraint(self, name: QualifiedName) -> bool:
        """Tell whether a table of the schema has a constraint of that name."""
        return name in self._filed().constraints

    def children(self, parent: QualifiedName) -> list[Table]:
        """Return the partitions and the inheritors of a table, one level deep."""
        store = self._filed()
        return [store.items[name] for name in store.children.get(parent, ())]

    def referring_to(self, name: QualifiedName) -> list[Table]:
        """Return the tables with a foreign key to that one."""
        store = self._filed()
        return [store.items[n] for n in store.referring.get(name, ())]

    def temporary(self) -> list[QualifiedName]:
        """Return the names of the tables that end with the session."""
        return [*self._filed().temporary]


class _Filed(_Store["Table"]):
    """The tables of one version, and by which names they are found."""

    __slots__ = ("children", "constraints", "indexes", "referring", "temporary")

    def __init__(self) -> None:
        super().__init__()
        self.indexes: dict[QualifiedName, _Names] = {}
        self.constraints: dict[QualifiedName, _Names] = {}
        self.children: dict[QualifiedName, _Names] = {}
        self.referring: dict[QualifiedName, _Names] = {}
        self.temporary: _Names = {}

    def put(self, name: QualifiedName, new: Table | None) -> Table | None:
        """Put a table under a name, None to remove it; return what was there."""
        old = super().put(name, new)
        if name.schema == TEMPORARY_SCHEMA:
            self._is_temporary(name, new)
        self._refile(name, old, new)
        return old

    def _is_temporary(self, name: QualifiedName, table: Table | None) -> None:
        if table is not None:
            self.temporary[name] = None
        else:
            self.temporary.pop(name, None)

    def _refile(self, name: QualifiedName, old: Table | None, new: Table | None) -> None:
        before = () if old is None else old.indexes
        after = () if new is None else new.indexes
        if before is not after:
            _file(self.indexes, name, _in(name, before), _in(name, after))
        constraints = () if old is None else old.constraints
        others = () if new is None else new.constraints
        if constraints is not others:
            _file(self.constraints, name, _in(name, constraints), _in(name, others))
            _file(
                self.referring,
                name,
                {c.references for c in constraints if c.references is not None},
                {c.references for c in others if c.references is not None},
            )
        _file(self.children, name, _parents(old), _parents(new))


def _in(table: QualifiedName, items: Iterable[Index | TableConstraint]) -> set[QualifiedName]:
    return {QualifiedName(item.name, table.schema) for item in items}


def _parents(table: Table | None) -> set[QualifiedName]:
    if table is None:
        return set()
    found = set(table.inherits)
    if table.partition_of is not None:
        found.add(table.partition_of)
    return found


def _file(
    index: dict[QualifiedName, _Names],
    name: QualifiedName,
    before: set[QualifiedName],
    after: set[QualifiedName],
) -> None:
    """Find a table under the keys ``after`` instead of ``before``."""
    if before == after:
        return
    for key in before - after:
        names = index[key]
        del names[name]
        if not names:
            del index[key]
    for key in after - before:
        index.setdefault(key, {})[name] = None
