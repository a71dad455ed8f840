"""Statements about objects that are neither relations with rows nor types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.statement.base import Statement


@dataclass(frozen=True, slots=True)
class RenameObject(Statement):
    """ALTER … RENAME TO of what has no type of its own; `kind` is its words: `"sequence"`.

    `table` is the one that a trigger, rule or policy belongs to.
    """

    kind: str
    name: QualifiedName
    new_name: str
    table: QualifiedName | None = None


@dataclass(frozen=True, slots=True)
class Extension(Statement):
    """CREATE, ALTER or DROP EXTENSION; with `cascade`, what depends on it goes, or comes, too."""

    verb: Literal["create", "alter", "drop"]
    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False
