"""Tables by their names, and by the names of what they hold."""

from __future__ import annotations

from collections.abc import Iterable

from outofband_lint.names import QualifiedName
from outofband_lint.schema.values import TEMPORARY_SCHEMA, Index, Table, TableConstraint
from outofband_lint.schema.versions import Store, Versioned

_Names = dict[QualifiedName, None]


class Tables(Versioned[Table]):
    """The tables of a schema."""

    __slots__ = ()

    @staticmethod
    def _new_store() -> Store[Table]:
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


class _Filed(Store[Table]):
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
