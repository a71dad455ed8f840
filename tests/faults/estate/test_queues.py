"""Lock queues in both directions."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg

from estate.project import FIRST, PARTED, SPLIT_INDEX, WHOLE
from estate.stage import APPLY, EstateScene
from estate.wire import Stop, wire
from faults.scene import eventually


def test_a_run_that_comes_behind_a_waiting_alter_waits_or_says_so(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    with scene.reader(str(WHOLE)) as reader, psycopg.connect(scene.url) as altering:
        alter = f"ALTER TABLE {WHOLE} ALTER COLUMN tag SET STATISTICS 50, ADD COLUMN later int"
        thread = threading.Thread(target=altering.execute, args=(alter.encode(),))
        thread.start()
        waits = "SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
        eventually(lambda: scene.sql(waits), "an ALTER that waits")
        run = scene.apply()
        scene.injects("an ALTER TABLE that waits in front of us")
        eventually(lambda: not run.alive or scene.sql(_OURS_BEHIND), "a run that met it")
        reader.rollback()
        thread.join()
        altering.rollback()
    assert run.status() in (0, 3, 4, 5), run.said
    assert "Traceback" not in run.said
    ends_well()


def test_nobody_waits_longer_than_a_second_behind_an_attachment_that_waits_for_a_reader(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    with wire(scene.url, Stop("before", "the first attachment", "ATTACH")) as held:
        run = scene.outofband(*APPLY, "--only", SPLIT_INDEX, url=held.url)
        eventually(held.reached.is_set, "an attachment", run)
        with scene.reader(str(FIRST)):
            held.go_on()
            run.says("trying again")
            scene.injects("a reader before a brief lock")
        scene.wait(run)
    ends_well()


def test_a_writer_before_the_index_over_partitions_is_given_way_to(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    with scene.writer(str(PARTED)):
        run = scene.apply("--only", SPLIT_INDEX)
        run.says("trying again")
        scene.injects("a writer before a brief lock")
    scene.wait(run)
    ends_well()


_OURS_BEHIND = """
    SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'outofband%'
       AND wait_event_type = 'Lock'
"""
