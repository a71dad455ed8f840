"""A colleague at psql does the same, or something else, between the look and the deed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from faults.project import COLUMNS
from faults.scene import Run
from kinds.project import (
    CHECK,
    CONDITION,
    FIRST,
    GOES,
    GONE,
    GROUP,
    KEY,
    PARTED,
    REFERENT,
    REFERS,
    SHOWN,
    TYPE,
    WHOLE,
)
from kinds.stage import KindsScene
from outofband.model.names import quote

PARTLY_DONE = 4
_ALTER, _ORDER = f"ALTER TABLE {WHOLE}", quote(COLUMNS[0])
_CHECK = f"{_ALTER} ADD CONSTRAINT {quote(CHECK)} CHECK ({CONDITION})"
_KEY = (
    f"{_ALTER} ADD CONSTRAINT {quote(KEY)} FOREIGN KEY ({quote(REFERS)}) "
    f"REFERENCES {REFERENT} ({_ORDER})"
)
_DETACH = f"ALTER TABLE {PARTED} DETACH PARTITION {FIRST}"
_VALIDATION, _KEYS = "VALIDATE CONSTRAINT .*check", "VALIDATE CONSTRAINT .*foreign"


@dataclass(frozen=True, slots=True)
class Deed:
    """What the colleague does while the runbook is about to send a statement."""

    what: str
    meanwhile: str
    statements: tuple[str, ...]


_DEEDS = (
    Deed("the check is added NOT VALID", "CHECK .*held", (f"{_CHECK} NOT VALID",)),
    Deed("the check is dropped", _VALIDATION, (f"{_ALTER} DROP CONSTRAINT {quote(CHECK)}",)),
    Deed("the foreign key is added", "FOREIGN KEY", (_KEY,)),
    Deed("the foreign key is validated", _KEYS, (f"{_ALTER} VALIDATE CONSTRAINT {quote(KEY)}",)),
    Deed(
        "NOT NULL is set",
        "VALIDATE CONSTRAINT .*(not null|__ob_)",
        (f"{_ALTER} ALTER COLUMN {quote(GROUP)} SET NOT NULL",),
    ),
    Deed("the partition is detached", "DETACH PARTITION", (f"{_DETACH} CONCURRENTLY",)),
    Deed(
        "the column is dropped, and its index with it",
        "^DROP INDEX CONCURRENTLY",
        (f"{_ALTER} DROP COLUMN {quote(GOES)}",),
    ),
    Deed("the table is dropped", "^DROP TABLE", (f"DROP TABLE {GONE}",)),
    Deed("the index is rebuilt", "^REINDEX", (f"REINDEX TABLE CONCURRENTLY {WHOLE}",)),
    Deed("the view is refreshed", "^REFRESH", (f"REFRESH MATERIALIZED VIEW {SHOWN}",)),
)


@pytest.mark.parametrize("deed", _DEEDS, ids=lambda deed: deed.what)
def test_what_a_colleague_did_is_seen(
    scene: KindsScene, deed: Deed, ends_well: Callable[[], None]
) -> None:
    run = _while_held(scene, deed)
    assert run.status() == 0, run.said
    ends_well()


_BAD = f"INSERT INTO {WHOLE} ({_ORDER}, {quote(GROUP)}, {quote(REFERS)}, tag) VALUES "


@pytest.mark.parametrize(
    ("pattern", "row", "mended"),
    [
        pytest.param("CHECK .*held", "(-70, 'p', 1, 'bad')", f"{_ORDER} = 70", id="a check"),
        pytest.param(
            "NOT NULL .* NOT VALID|IS NOT NULL", "(5000, NULL, 1, 'bad')", f"{quote(GROUP)} = 'p'",
            id="a NOT NULL",
        ),
        pytest.param("FOREIGN KEY", "(5000, 'p', -70, 'bad')", f"{quote(REFERS)} = 1", id="a key"),
    ],
)  # fmt: skip
def test_a_row_that_comes_between_the_count_and_the_constraint_is_told_with_its_query(
    scene: KindsScene, pattern: str, row: str, mended: str, ends_well: Callable[[], None]
) -> None:
    run = _while_held(scene, Deed("violating rows arrive", pattern, (f"{_BAD}{row}",)))
    scene.inserted["bad"] += 1
    assert run.status() == PARTLY_DONE, run.said
    (listing,) = {
        line.partition("they are ")[2] for line in run.said.splitlines() if "they are " in line
    }
    assert len(scene.sql(listing.rstrip(";"))) == 1
    assert "bad" not in run.said
    scene.sql(f"UPDATE {WHOLE} SET {mended} WHERE tag = 'bad'")
    ends_well()


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (
            Deed("the table is dropped", "^REINDEX", (f"DROP TABLE {WHOLE} CASCADE",)),
            "there is no table",
        ),
        (
            Deed("the type is renamed", "ADD VALUE", (f"ALTER TYPE {TYPE} RENAME TO away",)),
            "is no more",
        ),
    ],
    ids=lambda given: getattr(given, "what", ""),
)  # fmt: skip
def test_what_is_gone_is_said_and_the_rest_is_done(
    scene: KindsScene, deed: Deed, told: str
) -> None:
    scene.load.stop()  # which would fail without the table
    run = _while_held(scene, deed)
    assert run.status() == PARTLY_DONE, run.said
    refused = [line for line in run.said.splitlines() if line.startswith("refused")]
    assert all(told in line for line in refused), refused
    scene.tally.survived = bool(refused)


def _while_held(scene: KindsScene, deed: Deed) -> Run:
    with scene.held(deed.what, deed.meanwhile) as (run, held):
        for statement in deed.statements:
            scene.sql(statement)
        scene.injects("the same by hand, or something else")
        held.go_on()
        run.status()
    assert "Traceback" not in run.said
    return run
