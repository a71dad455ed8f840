"""Items by their names: values, of which the next version costs what has changed, and no more.

A chain of ten thousand statements has ten thousand schemas, and rules look at more than the last.
So the versions share one store (Baker's trick: H. Baker, Shallow binding makes functional arrays
fast, 1991): the version used last owns it, every other one knows how it differs from its neighbour,
and a version that is looked at again takes the store over by walking there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, Self, TypeVar

from outofband_lint.names import QualifiedName


class _Named(Protocol):
    @property
    def name(self) -> QualifiedName: ...


V = TypeVar("V", bound=_Named)


class Store(Generic[V]):
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
    _store: Store[V]

    def __init__(self, items: Iterable[V] = ()) -> None:
        self._store = self._new_store()
        self._neighbour: Self | None = None
        self._difference: tuple[QualifiedName, V | None] | None = None
        for item in items:
            self._store.put(item.name, item)

    @staticmethod
    def _new_store() -> Store[V]:
        return Store()

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

    def _own(self) -> Store[V]:
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
