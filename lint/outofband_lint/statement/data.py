"""Statements that read or write rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement

Verb = Literal["insert", "update", "delete", "merge"]


@dataclass(frozen=True, slots=True)
class Write:
    """One INSERT, UPDATE, DELETE or MERGE, on its own or within a WITH.

    `columns` are those that an UPDATE assigns, in order and as often as it does, or those that an
    INSERT lists. `from_query` is an INSERT of what a query gives, not of VALUES.
    """

    verb: Verb
    table: QualifiedName
    columns: tuple[str, ...] = ()
    has_where: bool = False
    from_query: bool = False


@dataclass(frozen=True, slots=True)
class Query(Statement):
    """SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE or MERGE, and all that it writes.

    `kind` is the outermost verb. What a called function does is outside what text can tell.
    """

    kind: Literal["select", "values", "table"] | Verb
    writes: tuple[Write, ...] = ()


@dataclass(frozen=True, slots=True)
class Truncate(Statement):
    """TRUNCATE; with `cascade`, whatever refers to the tables is emptied too."""

    tables: tuple[QualifiedName, ...]
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class Copy(Statement):
    """COPY; a table of None is a query's result, `from_` says that rows come in."""

    table: QualifiedName | None
    from_: bool
