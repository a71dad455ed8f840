"""Steps that add what every row has to satisfy: a foreign key, a check, NOT NULL.

Each is there for new rows at once, NOT VALID, and validated later under a lock that lets reads and
writes through (PostgreSQL 18, ALTER TABLE, ADD table_constraint and VALIDATE CONSTRAINT).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outofband.model.names import QualifiedName, quote, temporary_name


@dataclass(frozen=True, slots=True)
class AddCheck:
    """Wanted: the check, validated. ``condition`` is SQL over the columns of the table; ``after``
    names steps it waits for, such as the backfill that makes it true.
    """

    name: str
    table: QualifiedName
    condition: str
    after: tuple[str, ...] = ()

    kind = "check"

    @property
    def definition(self) -> str:
        """What ADD CONSTRAINT says of it, but its name."""
        return f"CHECK ({self.condition})"

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return _added(self)


@dataclass(frozen=True, slots=True)
class AddForeignKey:
    """Wanted: the foreign key, validated; ``columns`` refer to ``referred`` of ``referent``.

    ``on_update`` and ``on_delete`` are CASCADE, SET NULL, SET DEFAULT, RESTRICT or, for NO ACTION,
    empty; ``full`` is MATCH FULL; one that is ``deferred`` is DEFERRABLE INITIALLY DEFERRED.
    """

    name: str
    table: QualifiedName
    columns: tuple[str, ...]
    referent: QualifiedName
    referred: tuple[str, ...]
    on_update: str = ""
    on_delete: str = ""
    full: bool = False
    deferrable: bool = False
    deferred: bool = False
    after: tuple[str, ...] = ()

    kind = "foreign_key"

    @property
    def definition(self) -> str:
        """What ADD CONSTRAINT says of it, but its name."""
        parts = [
            f"FOREIGN KEY ({_columns(self.columns)})",
            f"REFERENCES {self.referent} ({_columns(self.referred)})",
            "MATCH FULL" if self.full else "",
            f"ON UPDATE {self.on_update}" if self.on_update else "",
            f"ON DELETE {self.on_delete}" if self.on_delete else "",
            "DEFERRABLE" if self.deferrable else "",
            "INITIALLY DEFERRED" if self.deferred else "",
        ]
        return " ".join(filter(None, parts))

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return _added(self)


@dataclass(frozen=True, slots=True)
class SetNotNull:
    """Wanted: the column NOT NULL, and every row looked at. ``name`` is the constraint's where NOT
    NULL has one, which is since PostgreSQL 18.
    """

    name: str
    table: QualifiedName
    column: str
    after: tuple[str, ...] = ()

    kind = "not_null"

    @property
    def condition(self) -> str:
        """What every row has to satisfy."""
        return f"{quote(self.column)} IS NOT NULL"

    @property
    def proof(self) -> AddCheck:
        """The check that proves it where NOT NULL itself cannot be NOT VALID: SET NOT NULL then
        reads nothing. It is recognisably ours, and dropped in the end.
        """
        name = temporary_name(self.table.renamed(self.name), self.condition)
        return AddCheck(name, self.table, self.condition)

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it, since PostgreSQL 18."""
        named = f"{quote(self.name)} NOT NULL {quote(self.column)}"
        return f"ALTER TABLE {self.table} ADD CONSTRAINT {named}"

    @property
    def column_sql(self) -> str:
        """The same where NOT NULL has no name, or where it is there and not validated."""
        return f"ALTER TABLE {self.table} ALTER COLUMN {quote(self.column)} SET NOT NULL"


Constraint = AddCheck | AddForeignKey
"""What is added by its name and definition."""

RowConstraint = Constraint | SetNotNull
"""What every row has to satisfy."""


def _added(constraint: Constraint) -> str:
    named = f"{quote(constraint.name)} {constraint.definition}"
    return f"ALTER TABLE {constraint.table} ADD CONSTRAINT {named}"


def _columns(names: Sequence[str]) -> str:
    return ", ".join(map(quote, names))
