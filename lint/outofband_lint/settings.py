"""What a project tells the linter about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from outofband_lint.names import QualifiedName

Deploy = Literal["startup", "job"]
Level = Literal["error", "warning", "off"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The linter's part of `[tool.outofband]`.

    `large` and `small` are patterns (`lsif_data_*`) for a table's name or `schema.name`. `deploy`
    says where `alembic upgrade` runs: when the application starts, or as a job of its own.
    Revisions up to `start_after` are not judged. `severity` gives rules another one than their own,
    `per_path` does so for the files that a pattern fits, the last one that does.
    """

    large: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    deploy: Deploy | None = None
    start_after: str | None = None
    severity: Mapping[str, Level] = field(default_factory=dict)
    per_path: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)

    def level(self, rule: str, path: str) -> Level | None:
        """Return what the project says of a rule in a file, None where it says nothing."""
        level = self.severity.get(rule)
        for pattern, severity in self.per_path.items():
            if rule in severity and fnmatchcase(path, pattern):
                level = severity[rule]
        return level

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
