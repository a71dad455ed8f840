"""What the server goes on with when the runbook is killed in the middle of it, or is ended too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from estate.project import GROUP, KEY, UNIQUE, WHOLE
from estate.stage import EstateScene
from estate.wire import Side, Stop
from faults.project import SCHEMA
from outofband.model.names import QualifiedName, literal, quote

_DONE = pytest.mark.parametrize("moment", ["done"])
_ENDED_TOO = pytest.mark.parametrize("ended", [False, True], ids=["orphan", "ended"])


@contextmanager
def _left_amid(scene: EstateScene, query: str, *, ended: bool) -> Iterator[None]:
    """Kill the run while a statement of it waits, and end that too if asked."""
    run = scene.apply()
    pid = scene.waiting(query, run)
    run.kill()
    scene.injects("kill -9 amid a drop or a repair")
    if ended:
        scene.sql("SELECT pg_terminate_backend(%s, 5000)", pid)
        scene.injects("pg_terminate_backend")
    yield


@_ENDED_TOO
def test_a_concurrent_drop_is_waited_for_or_finished(
    scene: EstateScene, *, ended: bool, ends_well: Callable[[], None]
) -> None:
    scene.dies(Stop("before", "the drop", "^DROP INDEX CONCURRENTLY"))
    with scene.reader(str(WHOLE)), _left_amid(scene, "DROP INDEX CONCURRENTLY", ended=ended):
        again = scene.apply()
        again.says("waiting for" if ended else "waiting for it")
    ends_well()


@_ENDED_TOO
@_DONE
def test_a_repair_of_what_a_constraint_owns_is_waited_for_or_finished(
    scene: EstateScene, *, ended: bool, ends_well: Callable[[], None]
) -> None:
    _make_invalid(scene)
    scene.dies(Stop("before", "the repair", "^REINDEX"))
    with scene.writer(str(WHOLE)), _left_amid(scene, "REINDEX INDEX", ended=ended):
        pass
    ends_well()


@pytest.mark.parametrize("side", ["before", "after"])
@_DONE
def test_a_repair_begins_again_or_is_found_done(
    scene: EstateScene, side: Side, ends_well: Callable[[], None]
) -> None:
    _make_invalid(scene)
    scene.dies(Stop(side, "the repair", "^REINDEX"))
    ends_well()


@_DONE
def test_rows_that_go_back_are_in_one_place_whenever_the_run_dies(
    scene: EstateScene, ends_well: Callable[[], None]
) -> None:
    scene.sql(f"ALTER TABLE {WHOLE} DROP CONSTRAINT {quote(KEY)}")
    undo = "apply", "--undo-dedupe", UNIQUE
    for side, nth in (("before", 1), ("after", 1), ("before", 2), ("after", 2)):
        scene.dies(Stop(side, f"rows go back ({nth})", "outofband_back", nth), *undo)
    scene.wait(scene.outofband(*undo))
    assert scene.sql(f"SELECT count(*) FROM {WHOLE} WHERE tag = 'start7'") == [3]
    # What the application did to those that stayed keeps `--dedupe identical` from moving any. An
    # UPDATE of all rows may deadlock with the application's, which would be no fault of a run.
    update = f"UPDATE {WHOLE} SET {quote(GROUP)} = 'q'"
    with scene.transaction(f"LOCK TABLE {WHOLE} IN SHARE ROW EXCLUSIVE MODE", update) as hand:
        hand.commit()
    ends_well()


def _make_invalid(scene: EstateScene) -> None:
    """As a failed REINDEX of an older release, or corruption that amcheck met, leaves it."""
    index = literal(str(QualifiedName(KEY, SCHEMA)))
    scene.sql(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = {index}::regclass")
