"""What a project tells the linter about itself."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from outofband_lint.names import QualifiedName

Deploy = Literal["startup", "job"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The linter's part of `[tool.outofband]`.

    `large` and `small` are patterns (`lsif_data_*`) for a table's name or `schema.name`. `deploy`
    says where `alembic upgrade` runs: when the application starts, or as a job of its own.
    Revisions up to `start_after` are not judged.
    """

    large: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    deploy: Deploy | None = None
    start_after: str | None = None

    def is_small(self, table: QualifiedName) -> bool:
        """Tell whether the project says that the table is never large."""
        return _matches(table, self.small) and not _matches(table, self.large)

    def is_large(self, table: QualifiedName) -> bool:
        """Tell whether the table counts as large.

        Where `large` names tables, those are the large ones; otherwise every table that is not
        named in `small`.
        """
        return _matches(table, self.large) if self.large else not self.is_small(table)


def _matches(table: QualifiedName, patterns: tuple[str, ...]) -> bool:
    names = (table.name, f"{table.schema}.{table.name}")
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
