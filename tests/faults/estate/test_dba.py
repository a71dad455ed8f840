"""A colleague at psql changes the world between the look and the deed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from estate.project import (
    FIRST,
    GROUP,
    INNER,
    LEAVES,
    ORDER,
    PARTED,
    REPLACED,
    STAND_IN,
    UNIQUE,
    WHOLE,
)
from estate.stage import EstateScene, EstateStage
from estate.wire import Stop, wire
from faults.project import SCHEMA
from faults.scene import eventually
from outofband.model.names import QualifiedName, quote

_NEW = QualifiedName("x " * 31, SCHEMA)
_AWAY = quote("away %s")
_ORDER, _GROUP = quote(ORDER), quote(GROUP)
_STAND_IN = f"{WHOLE} ({_ORDER})"
_FIRST_BUILD = "the first build", '^CREATE INDEX CONCURRENTLY "Order'
_ITS_RENAME = "its rename", '^ALTER INDEX .*"Order.* RENAME'
_ATTACHMENT = "the first attachment", "ATTACH"
_COVER = "the index over partitions", "ON ONLY"


def _name(index: str) -> str:
    return str(QualifiedName(index, SCHEMA))


def _temporary(like: str) -> str:
    """A statement that drops what a build of ours is called, which a person sees in psql."""
    return (
        "DO $$ DECLARE it regclass; BEGIN SELECT indexrelid::regclass INTO STRICT it FROM pg_index"
        f" JOIN pg_class ON oid = indexrelid WHERE relname LIKE '{like}\\_\\_ob\\_%'; "
        "EXECUTE 'DROP INDEX ' || it; END $$"
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """What the colleague does while the runbook is about to do something, and ``takes_back``."""

    what: str
    meanwhile: tuple[str, str]
    statements: tuple[str, ...]
    takes_back: tuple[str, ...] = ()
    ends: tuple[int, ...] = (0,)


_DEEDS = (
    Deed(
        "the same index under its final name",
        _FIRST_BUILD,
        (f"CREATE INDEX CONCURRENTLY {quote(STAND_IN)} ON {_STAND_IN}",),
    ),
    Deed(
        "the same index under its final name, beside ours",
        _ITS_RENAME,
        (f"CREATE INDEX CONCURRENTLY {quote(STAND_IN)} ON {_STAND_IN}",),
    ),
    Deed(
        "the same index under another name",
        _FIRST_BUILD,
        (f"CREATE INDEX CONCURRENTLY {quote('by hand')} ON {_STAND_IN}",),
        (f"DROP INDEX CONCURRENTLY {_name('by hand')}",),
    ),
    Deed(
        "the same index under another name, seen in time",
        ("the look that a step begins with", "pg_try_advisory_lock"),
        (f"CREATE INDEX CONCURRENTLY {quote('by hand')} ON {_STAND_IN}",),
        (f"DROP INDEX CONCURRENTLY IF EXISTS {_name('by hand')}",),
        ends=(0, 4),
    ),
    Deed("ours dropped", _ITS_RENAME, (_temporary("Order%"),)),
    Deed(
        "ours built anew",
        _ITS_RENAME,
        (f"REINDEX TABLE CONCURRENTLY {WHOLE}",),
    ),
    Deed(
        "the finished unique index dropped",
        ("the promotion", "ADD CONSTRAINT"),
        (f"DROP INDEX CONCURRENTLY {_name(UNIQUE)}",),
        ends=(0, 4),
    ),
    Deed(
        "the stand-in dropped, which was to be",
        ("the drop", "^DROP INDEX CONCURRENTLY"),
        (f"DROP INDEX CONCURRENTLY {_name(STAND_IN)}",),
    ),
    Deed(
        "what is to be replaced dropped",
        ("the drop", '^DROP INDEX CONCURRENTLY .*"Größe"$'),
        (f"DROP INDEX CONCURRENTLY {_name(REPLACED)}",),
    ),
    Deed(
        "a partition more",
        _ATTACHMENT,
        (f"CREATE TABLE {_NEW} PARTITION OF {PARTED} FOR VALUES FROM (7000) TO (8000)",),
        (f"DROP TABLE {_NEW}",),
    ),
    Deed(
        "a partition less, before it is attached to",
        _ATTACHMENT,
        (f"ALTER TABLE {PARTED} DETACH PARTITION {FIRST}",),
        (f"ALTER TABLE {PARTED} ATTACH PARTITION {FIRST} FOR VALUES FROM (0) TO (1000)",),
        ends=(0, 4),
    ),
    Deed(
        "a partition less, while its index is built",
        ("its rename", 'ALTER INDEX .*"P ""1"" %.* RENAME'),
        (f"ALTER TABLE {PARTED} DETACH PARTITION {FIRST}",),
        (f"ALTER TABLE {PARTED} ATTACH PARTITION {FIRST} FOR VALUES FROM (0) TO (1000)",),
        ends=(0, 4),
    ),
    Deed(
        "the index over all dropped",
        _ATTACHMENT,
        (_temporary("Ünïcödé%"),),
    ),
    Deed(
        "the table renamed",
        _COVER,
        (f"ALTER TABLE {PARTED} RENAME TO {_AWAY}",),
        (f"ALTER TABLE {_name('away %s')} RENAME TO {quote(PARTED.name)}",),
        ends=(3, 4),
    ),
    Deed(
        "the table renamed half-way",
        _ATTACHMENT,
        (f"ALTER TABLE {PARTED} RENAME TO {_AWAY}",),
        (f"ALTER TABLE {_name('away %s')} RENAME TO {quote(PARTED.name)}",),
        ends=(3, 4),
    ),
    Deed(
        "the column renamed",
        _COVER,
        (f"ALTER TABLE {PARTED} RENAME COLUMN {_GROUP} TO {_AWAY}",),
        (f"ALTER TABLE {PARTED} RENAME COLUMN {_AWAY} TO {_GROUP}",),
        ends=(3, 4),
    ),
    Deed(
        "our backend cancelled",
        _ATTACHMENT,
        (
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'outofband%'",
        ),
    ),
    Deed(
        "our backend ended",
        _ATTACHMENT,
        (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name LIKE 'outofband%'",
        ),
    ),
)


@pytest.mark.parametrize("deed", _DEEDS, ids=lambda deed: deed.what)
def test_what_a_colleague_did_is_seen(
    scene: EstateScene, deed: Deed, ends_well: Callable[[], None]
) -> None:
    with wire(scene.url, Stop("before", *deed.meanwhile)) as held:
        run = scene.outofband("apply", "--dedupe", "identical", url=held.url)
        eventually(held.reached.is_set, deed.what, run)
        for statement in deed.statements:
            scene.sql(statement)
        scene.injects("a change by hand")
        held.go_on()
        assert run.status() in deed.ends, run.said
    assert "Traceback" not in run.said
    for statement in deed.takes_back:
        scene.sql(statement)
    ends_well()


def test_a_dropped_table_is_said_and_what_stands_beside_it_is_done(
    scene: EstateScene, stage: EstateStage
) -> None:
    with wire(scene.url, Stop("before", *_ATTACHMENT)) as held:
        run = scene.outofband("apply", "--dedupe", "identical", url=held.url)
        eventually(held.reached.is_set, "an attachment", run)
        scene.sql(f"DROP TABLE {PARTED}")
        scene.injects("a change by hand")
        held.go_on()
        assert run.status() == 4, run.said
    assert "there is no table" in run.said
    again = scene.apply()
    assert again.status() == 3
    assert "there is no table" in again.said
    gone = {PARTED.name, INNER, *LEAVES}
    scene.check([index for index in stage.expected if index[0] not in gone])


def test_a_build_that_a_colleague_cancels_is_named_and_left_to_the_next_run(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    with scene.writer(str(WHOLE)):
        run = scene.apply()
        pid = scene.waiting("^CREATE INDEX", run)
        scene.sql("SELECT pg_cancel_backend(%s)", pid)
        scene.injects("pg_cancel_backend")
    assert run.status() == 4, run.said
    ends_well()
