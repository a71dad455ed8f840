"""The runbook is killed right after each statement that changes something, before it hears so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from estate.wire import Stop
from kinds.project import COLUMN_GONE, DETACHED, FELT, FRESH, SET, TABLE_GONE
from kinds.stage import KindsScene

_EDGES = (
    ("the rebuild", "^REINDEX"),
    ("its note", "^COMMENT ON INDEX"),
    ("the check", "ADD CONSTRAINT .* CHECK .*held"),
    ("its validation", "VALIDATE CONSTRAINT .*check"),
    ("the NOT NULL", "ADD CONSTRAINT .*(NOT NULL .* NOT VALID|IS NOT NULL)"),
    ("its validation", "VALIDATE CONSTRAINT"),
    ("the foreign key", "FOREIGN KEY"),
    ("its validation", "VALIDATE CONSTRAINT"),
    ("the build", "^CREATE UNIQUE INDEX"),
    ("its rename", "RENAME TO"),
    ("the unique constraint", "USING INDEX"),
    ("the drop of the column's index", "^DROP INDEX CONCURRENTLY"),
    ("the drop of the column", "DROP COLUMN"),
    ("the detach", "DETACH PARTITION"),
    ("the refresh", "^REFRESH"),
    ("its note", "^COMMENT ON MATERIALIZED VIEW"),
    ("the drop of the foreign key", "DROP CONSTRAINT points"),
    ("the drop of the table", "^DROP TABLE"),
    ("the label", "ADD VALUE"),
)
_OLDER = (
    _EDGES[4],
    _EDGES[5],
    ("what proves it is believed", "SET NOT NULL"),
    ("the proof goes", "DROP CONSTRAINT .*__ob_"),
    ("the detach", "DETACH PARTITION"),
)
"""What NOT NULL takes before PostgreSQL 18, and a detach, of which a first half may be left."""


_ELSEWHERE = {
    "__ob_": SET,
    "DETACH": DETACHED,
    "REFRESH": FRESH,
    "MATERIALIZED": FRESH,
    "points": TABLE_GONE,
    "DROP TABLE": TABLE_GONE,
    "ADD VALUE": FELT,
}
"""The steps that the column's does not wait for: those of other tables, and one that is done but
for what proved it. A run keeps to one of them.
"""


@pytest.mark.every_version
def test_run_after_run_is_killed_one_statement_further_on(
    scene: KindsScene, major: int, ends_well: Callable[[], None]
) -> None:
    for what, pattern in _EDGES if major >= 18 else _OLDER:
        step = next((name for word, name in _ELSEWHERE.items() if word in pattern), COLUMN_GONE)
        scene.dies(Stop("after", what, pattern), "apply", "--to", "head", "--only", step)
    ends_well()
