"""Steps that build and drop indexes."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.index import Index
from outofband.model.names import QualifiedName


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """Wanted: the index, valid and equal. ``after`` names steps it waits for; builds wait for
    nothing else.

    It ``replaces`` what an earlier step was to drop under its name: what that waited for it waits
    for, and an index of that name and another definition goes once it can take its place.
    """

    index: Index
    after: tuple[str, ...] = ()
    replaces: DropIndex | None = None

    kind = "create_index"

    @property
    def name(self) -> str:
        """The index's name, which is the step's."""
        return self.index.name

    @property
    def table(self) -> QualifiedName:
        """The table it is on."""
        return self.index.table

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return self.index.create()


@dataclass(frozen=True, slots=True)
class DropIndex:
    """Wanted: no index of that name. ``after`` None means after every earlier step on its table."""

    name: str
    table: QualifiedName
    after: tuple[str, ...] | None = None

    kind = "drop_index"

    @property
    def qualified_name(self) -> QualifiedName:
        """The index's name in its table's schema."""
        return self.table.renamed(self.name)

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return f"DROP INDEX {self.qualified_name}"
