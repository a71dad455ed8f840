"""Those who wait behind our locks, those whom we wait for, and several runners at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg

from faults.scene import eventually
from kinds.project import PARTED, WHOLE
from kinds.stage import KindsScene

BEFORE_DETACH = "waiting for transactions before DETACH"
BEFORE_FINALIZE = "waiting for old snapshots before FINALIZE"
_UNNOTICED_SECONDS = 0.3
_MANY = 100
"""Statements of the application: were a table closed to it, its three sessions would soon all stand
before it.
"""


def _stops_nobody(scene: KindsScene) -> None:
    """While a run waits the application goes on."""
    seen = scene.load.statements
    eventually(lambda: scene.load.statements > seen + _MANY, "many statements that go through")


def test_a_detach_waits_for_a_reader_and_finalizes_after_an_old_snapshot_and_stops_nobody(
    scene: KindsScene, ends_well: Callable[[], None]
) -> None:
    with scene.held("the detach", "DETACH PARTITION") as (run, held), scene.old_snapshot():
        with scene.reader(str(PARTED)):
            held.go_on()
            run.says(BEFORE_FINALIZE)
            _stops_nobody(scene)
            run.kill()
        scene.injects("a reader and an old snapshot before a detach")
        again = scene.apply()
        again.says(BEFORE_FINALIZE)
        _stops_nobody(scene)
    assert again.status() == 0, again.said
    assert again.said.count("FINALIZE\n") == 1
    ends_well()
    assert scene.load.longest < _UNNOTICED_SECONDS


def test_a_detach_is_not_begun_behind_a_reader(
    scene: KindsScene, ends_well: Callable[[], None]
) -> None:
    with scene.reader(str(PARTED)):
        run = scene.apply()
        run.says(BEFORE_DETACH)
        _stops_nobody(scene)
        scene.injects("a reader before a detach")
    assert run.status() == 0, run.said
    assert "FINALIZE" not in run.said
    ends_well()
    assert scene.load.longest < _UNNOTICED_SECONDS


def test_nobody_waits_longer_than_a_second_behind_a_drop_that_waits_for_a_reader(
    scene: KindsScene, ends_well: Callable[[], None]
) -> None:
    with scene.held("the drop of a column", "DROP COLUMN") as (run, held):
        with scene.reader(str(WHOLE)):
            held.go_on()
            run.says("trying again")
            scene.injects("a reader before a drop")
            eventually(
                lambda: scene.load.longest > _UNNOTICED_SECONDS, "a wait that is measured", run
            )
        assert run.status() == 0, run.said
    ends_well()


def test_what_comes_behind_a_waiting_alter_waits_too(
    scene: KindsScene, ends_well: Callable[[], None]
) -> None:
    with scene.held("a validation", "VALIDATE CONSTRAINT .*check") as (run, held):
        with scene.reader(str(WHOLE)) as reader, psycopg.connect(scene.url) as altering:
            alter = f"ALTER TABLE {WHOLE} ALTER COLUMN tag SET STATISTICS 50, ADD COLUMN later int"
            thread = threading.Thread(target=altering.execute, args=(alter.encode(),))
            thread.start()
            waits = "SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            eventually(lambda: scene.sql(waits), "an ALTER that waits")
            held.go_on()
            scene.waiting("VALIDATE CONSTRAINT", run)
            scene.injects("an ALTER TABLE that waits in front of us")
            reader.rollback()
            thread.join()
            altering.rollback()
        assert run.status() == 0, run.said
    ends_well()


def test_of_two_runners_one_is_killed_amid_a_validation(
    scene: KindsScene, ends_well: Callable[[], None]
) -> None:
    with scene.held("a validation", "VALIDATE CONSTRAINT .*check") as (first, held):
        with scene.gate():
            held.go_on()
            scene.waiting("VALIDATE CONSTRAINT", first)
            second = scene.apply()
            second.says("waiting for it")
            first.kill()
            scene.injects("kill -9 of one of several runners")
        assert second.status() == 0, second.said
    ends_well()


def test_a_deploy_beside_a_run_adds_the_label_that_the_run_was_to_add(
    scene: KindsScene, ends_well: Callable[[], None]
) -> None:
    scene.limit = 2.0
    with scene.held("the label", "ADD VALUE") as (run, held):
        scene.wait(scene.alembic("upgrade", "head"))
        scene.injects("an upgrade during a run")
        held.go_on()
        assert run.status() == 0, run.said
    ends_well()
