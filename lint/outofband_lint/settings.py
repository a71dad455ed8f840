"""What a project tells the linter about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from outofband_lint.names import QualifiedName
from outofband_lint.stats import Relation, Stats

Deploy = Literal["startup", "job"]
Level = Literal["error", "warning", "off"]

INLINE_MAX_BYTES = 8 * 1024 * 1024
"""Up to this size a table is small, where its size is known: the deploy builds an index inline
there. Measured: 413 MB are indexed in 6 to 12 s, so 8 MiB in a quarter of a second at most.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """The linter's part of `[tool.outofband]`.

    `large` and `small` are patterns (`lsif_data_*`) for a table's name or `schema.name`. `deploy`
    says where `alembic upgrade` runs: when the application starts, or as a job of its own.
    Revisions up to `start_after` are not judged. `severity` gives rules another one than their own,
    `per_path` does so for the files that a pattern fits, the last one that does. `stats` are the
    sizes of production; a table of theirs is small up to `inline_max_bytes`, and large above.
    """

    large: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    deploy: Deploy | None = None
    start_after: str | None = None
    severity: Mapping[str, Level] = field(default_factory=dict)
    per_path: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)
    stats: Stats = field(default_factory=Stats)
    inline_max_bytes: int = INLINE_MAX_BYTES

    def level(self, rule: str, path: str) -> Level | None:
        """Return what the project says of a rule in a file, None where it says nothing."""
        level = self.severity.get(rule)
        for pattern, severity in self.per_path.items():
            if rule in severity and fnmatchcase(path, pattern):
                level = severity[rule]
        return level

    def relation(self, table: QualifiedName) -> Relation | None:
        """Return what the stats file says of a table; None for one that production lacks."""
        return self.stats.of(table)

    def is_small(self, table: QualifiedName) -> bool:
        """Tell whether the table is never large: by the project's word, or by its size."""
        if _matches(table, self.large):
            return False
        relation = self.relation(table)
        return _matches(table, self.small) or (
            relation is not None and relation.bytes <= self.inline_max_bytes
        )

    def is_large(self, table: QualifiedName) -> bool:
        """Tell whether the table counts as large.

        The project's word comes first, then the size in the stats file. Of a table that is in
        neither: where `large` names tables, those are the large ones; otherwise every table is.
        """
        if _matches(table, self.large):
            return True
        if self.is_small(table):
            return False
        return self.relation(table) is not None or not self.large


def _matches(table: QualifiedName, patterns: tuple[str, ...]) -> bool:
    names = (table.name, f"{table.schema}.{table.name}")
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
