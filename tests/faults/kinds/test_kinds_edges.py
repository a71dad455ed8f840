"""The runbook is killed right after each statement that changes something, before it hears so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from estate.wire import Stop
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
_BEFORE_18 = (
    ("what proves it is believed", "SET NOT NULL"),
    ("the proof goes", "DROP CONSTRAINT .*__ob_"),
)


@pytest.mark.every_version
def test_run_after_run_is_killed_one_statement_further_on(
    scene: KindsScene, major: int, ends_well: Callable[[], None]
) -> None:
    edges = _EDGES if major >= 18 else (*_EDGES[:6], *_BEFORE_18, *_EDGES[6:])
    for what, pattern in edges:
        scene.dies(Stop("after", what, pattern))
    ends_well()
