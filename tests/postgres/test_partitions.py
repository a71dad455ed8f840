"""The index of a partitioned table on a real server: whole, half-way, and killed anywhere."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import psycopg
import pytest

import suites
from mortal import Killed, Mortal
from outofband import ephemeral
from outofband.model.index import Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import DropIndex
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.show import script
from outofband.runbook.world import Scope, World
from waits import LONGEST_SECONDS, TRIES, longest_wait

ACTIONS = 14  # two levels covered, three partitions built, four attached, five named


def tree(db: Any, name: str) -> list[Any]:
    """What the index of that name covers: tables at every level, where it is valid."""
    return db.sql(
        "SELECT i.indrelid::regclass::text FROM pg_partition_tree(%s) AS t "
        "JOIN pg_index AS i ON i.indexrelid = t.relid WHERE i.indisvalid ORDER BY 1",
        name,
    )


def whole(db: Any, *more: str, count: int = 5) -> None:
    """The index is there on every level, valid, and nothing else is there."""
    assert tree(db, "events_id") == sorted(["events", "e1", "e2", "e2a", "e2b", *more])
    assert len(db.indexes()) == count + len(more)
    assert not [name for name in db.indexes() if "__ob_" in name]


def done(endings: Any) -> bool:
    return bool(endings) and {e.end for e in endings} == {End.DONE}


def test_an_index_is_built_on_every_partition_and_attached(events: Any, steps: Any) -> None:
    step = steps.create("events_id", "events", "id")
    assert events.standing(step).state is State.ABSENT
    assert done(events.apply(step))
    whole(events)
    assert events.standing(step).done
    assert events.plan(step).steps == ()


@pytest.mark.parametrize(
    "given",
    [
        {"keys": (Key("(lower(path))"),), "where": "id>1+4"},
        {"keys": (Key("path", "path", descending=True),), "include": ("day",)},
        {"keys": (Key.of("id"), Key.of("day")), "unique": True},
        {"keys": (Key.of("id"),), "options": (("fillfactor", "70"),)},
    ],
)
def test_any_definition_is_recognised_on_every_level(events: Any, steps: Any, given: Any) -> None:
    step = steps.create("events_id", "events", **given)
    assert done(events.apply(step))
    whole(events)
    assert events.plan(step).steps == ()


@suites.FAULTS
@pytest.mark.parametrize("died_after", range(ACTIONS))
def test_a_run_that_dies_after_any_action_is_finished_by_the_next(
    events: Any, steps: Any, screen: Any, died_after: int
) -> None:
    step = steps.create("events_id", "events", "id")
    with Session(Url(events.url)) as session:
        world = World(Mortal(session, died_after), screen, Scope(steps.wants(step)))
        plan = world.look().plan
        assert len(plan.steps[0].actions) == ACTIONS
        with pytest.raises(Killed):
            apply(plan, world)
    events.sql("CREATE TABLE e3 PARTITION OF events FOR VALUES FROM (2000) TO (3000)")
    if died_after:
        assert events.standing(step).state in (State.PARTITION_INCOMPLETE, State.VALID_OTHER_NAME)
    assert done(events.apply(step))
    whole(events, "e3")


@pytest.mark.parametrize("phase", ["waiting for writers before build", "waiting for old snapshots"])
@pytest.mark.parametrize("ended", [False, True])
def test_after_kill_9_in_a_partition_the_next_run_finishes(
    events: Any, steps: Any, phase: str, ended: bool
) -> None:
    """The server goes on with the build, or, ``ended`` too, leaves it INVALID."""
    step = steps.create("events_id", "events", "id")
    blocker = events.writer("e2b") if "writers" in phase else events.old_snapshot()
    with blocker:
        killed = events.runner(step)
        pid = events.parked(phase)
        killed.kill()
        if ended:
            events.sql("SELECT pg_terminate_backend(%s, 5000)", pid)
        assert "partitions" in events.standing(step).sight.reason
        second = events.beside(lambda: events.apply(step))
    assert done(second.result())
    whole(events)


@suites.FAULTS
@pytest.mark.parametrize("seed", range(4))
def test_kill_9_at_any_moment_harms_nothing(events: Any, steps: Any, seed: int) -> None:
    """A new definition replaces the old one over all partitions, with a build beside it."""
    assert done(events.apply(steps.create("events_id", "events", "id")))
    step = steps.create("events_id", "events", "id", "path")
    wanted = (
        replace(step, replaces=steps.drop("events_id", "events")),
        steps.create("events_path", "events", "path"),
    )
    killed = events.runner(*wanted)
    events.eventually(lambda: "CREATE INDEX" in killed.printed()[1])
    time.sleep(random.Random(seed).uniform(0, 0.6))  # not a wait: the moment of the kill
    killed.kill()
    endings = events.apply(*wanted)
    assert done(endings) or not endings
    whole(events, count=10)
    assert len(tree(events, "events_path")) == 5
    assert events.plan(*wanted).steps == ()


def test_partitions_that_come_while_another_is_built_are_covered(
    events: Any, steps: Any, screen: Any
) -> None:
    def meanwhile() -> None:
        events.sql("CREATE TABLE e3 PARTITION OF events FOR VALUES FROM (2000) TO (3000)")
        events.sql("CREATE TABLE e4 (LIKE events)")
        events.sql("ALTER TABLE events ATTACH PARTITION e4 FOR VALUES FROM (3000) TO (4000)")
        events.sql("CREATE TABLE e2c PARTITION OF e2 FOR VALUES IN (9)")
        events.sql("DROP TABLE e1")

    screen.meanwhile["CREATE INDEX CONCURRENTLY"] = meanwhile
    assert done(events.apply(steps.create("events_id", "events", "id"), screen=screen))
    assert tree(events, "events_id") == ["e2", "e2a", "e2b", "e2c", "e3", "e4", "events"]


def test_many_partitions_are_no_trouble(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE events (id int) PARTITION BY LIST (id)")
    for n in range(30):
        db.sql(f"CREATE TABLE e{n} PARTITION OF events FOR VALUES IN ({n})")
    assert done(db.apply(steps.create("events_id", "events", "id")))
    assert len(tree(db, "events_id")) == 31


def test_names_of_any_kind_in_several_schemas_are_no_trouble(db: Any, steps: Any) -> None:
    long = "ü" * 31
    db.sql('CREATE SCHEMA "Sel.ect"')
    db.sql('CREATE TABLE "Sel.ect"."or""der" (id int, "%s" int) PARTITION BY RANGE (id)')
    for n, (schema, name) in enumerate([("public", long), ("Sel.ect", long), ("public", 'a"b')]):
        quoted = name.replace('"', '""')
        db.sql(
            f'CREATE TABLE "{schema}"."{quoted}" PARTITION OF "Sel.ect"."or""der" '
            f"FOR VALUES FROM ({n}) TO ({n + 1})"
        )
    step = steps.create('i"%s', 'or"der', "%s", schema="Sel.ect")
    assert done(db.apply(step))
    assert len(db.indexes()) == 4
    assert all(db.indexes().values())
    again = replace(
        steps.create('i"%s', 'or"der', "id", schema="Sel.ect"),
        replaces=DropIndex(step.name, step.table),
    )
    assert done(db.apply(again))
    assert len(db.indexes()) == 4
    assert db.plan(again).steps == ()


def test_a_half_attached_index_made_by_hand_is_finished(events: Any, steps: Any) -> None:
    events.sql("CREATE INDEX by_hand ON ONLY events (id)")
    events.sql("CREATE INDEX e1_by_hand ON e1 (id)")
    events.sql("CREATE INDEX e2a_by_hand ON e2a (id)")
    events.sql("ALTER INDEX by_hand ATTACH PARTITION e1_by_hand")
    step = steps.create("events_id", "events", "id")
    standing = events.standing(step)
    assert standing.state is State.PARTITION_INCOMPLETE
    assert standing.sight.reason == "it is there on 1 of 3 partitions"
    assert done(events.apply(step))
    whole(events)
    assert {"e1_by_hand", "e2a_by_hand"} < set(events.indexes())


def test_one_of_its_name_with_another_definition_is_left_alone(events: Any, steps: Any) -> None:
    events.sql("CREATE INDEX events_id ON ONLY events (path)")
    step = steps.create("events_id", "events", "id")
    assert events.standing(step).state is State.DIFFERENT
    (ending,) = events.apply(step)
    assert ending.end is End.REFUSED
    assert events.indexes() == {"events_id": False}


def foreign_partition(db: Any) -> None:
    db.sql("CREATE EXTENSION file_fdw")
    db.sql("CREATE SERVER files FOREIGN DATA WRAPPER file_fdw")
    db.sql(
        "CREATE FOREIGN TABLE ef PARTITION OF events FOR VALUES FROM (5000) TO (6000) "
        "SERVER files OPTIONS (filename '/dev/null')"
    )


@pytest.mark.parametrize("died_after", [*range(11), None])
def test_a_foreign_partition_takes_none_and_the_others_do(
    events: Any, steps: Any, screen: Any, died_after: int | None
) -> None:
    foreign_partition(events)
    step = steps.create("events_id", "events", "id")
    if died_after is not None:
        with Session(Url(events.url)) as session:
            world = World(Mortal(session, died_after), screen, Scope(steps.wants(step)))
            with pytest.raises(Killed):
                apply(world.look().plan, world)
    assert done(events.apply(step))
    whole(events)
    assert events.plan(step).steps == ()


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (("id",), "public.e2 is partitioned by day, which a unique index has to contain"),
        (("day",), "public.events is partitioned by id, which a unique index has to contain"),
        (("id", "day"), "partition public.ef is a foreign table"),
    ],
)
def test_a_unique_index_that_cannot_be_is_refused_in_words(
    events: Any, steps: Any, columns: tuple[str, ...], told: str
) -> None:
    foreign_partition(events)
    (ending,) = events.apply(steps.create("events_u", "events", *columns, unique=True))
    assert (ending.end, ending.acted) == (End.REFUSED, False)
    assert ending.why.startswith(told)
    assert events.indexes() == {}


def test_an_invalid_index_attached_by_hand_is_told_with_the_way_out(
    events: Any, steps: Any
) -> None:
    events.sql("INSERT INTO e1 VALUES (1, 1)")
    events.sql("CREATE UNIQUE INDEX by_hand ON ONLY events (id, day)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        events.sql("CREATE UNIQUE INDEX CONCURRENTLY bad ON e1 (id, day)")
    events.sql("DELETE FROM e1 WHERE path IS NULL")
    events.sql("ALTER INDEX by_hand ATTACH PARTITION bad")
    step = steps.create("events_u", "events", "id", "day", unique=True)
    (ending,) = events.apply(step)
    assert "DROP INDEX public.by_hand" in ending.why
    events.sql("DROP INDEX public.by_hand")
    assert done(events.apply(step))


def test_duplicates_within_a_partition_are_found_and_moved(events: Any, steps: Any) -> None:
    from outofband.runbook.duplicates.policy import Dedupe

    events.sql("INSERT INTO events SELECT * FROM e2b LIMIT 3")
    step = steps.create("events_id", "events", "id", "day", unique=True)
    (ending,) = events.apply(step)
    assert "public.e2b has duplicate rows" in ending.why
    assert done(events.apply(step, dedupe=Dedupe.IDENTICAL))
    whole(events)
    assert events.sql("SELECT count(*) FROM events") == [1000]


def test_what_was_left_on_partitions_is_cleared_away_once_all_is_done_by_hand(
    events: Any, steps: Any
) -> None:
    step = steps.create("events_id", "events", "id")
    events.sql("CREATE INDEX events_id ON events (id)")
    for table in ("e1", "e2a"):
        own = step.index.part(QualifiedName(table, "public"))
        events.sql(f"CREATE INDEX {own.temporary_name} ON {table} (id)")
    assert done(events.apply(step))
    whole(events)


@suites.FAULTS
@pytest.mark.parametrize("blocker", ["", "SELECT FROM e2b", "UPDATE e1 SET path = path"])
def test_the_index_of_a_partitioned_table_is_dropped_between_others_transactions(
    events: Any, steps: Any, screen: Any, blocker: str
) -> None:
    """Not concurrently, which Postgres refuses; so nobody may wait behind it for long."""
    events.sql("CREATE INDEX events_id ON events (id)")
    step = steps.drop("events_id", "events")
    if not blocker:
        assert done(events.apply(step, screen=screen))
    else:
        over = threading.Event()
        with events.transaction(blocker):
            run = events.beside(lambda: events.apply(step, screen=screen))
            waited = events.beside(longest_wait, events.url, "SELECT FROM events LIMIT 1", over)
            events.eventually(lambda: sum("trying again" in line for line in screen.said) >= TRIES)
        assert done(run.result())
        over.set()
        assert waited.result() < LONGEST_SECONDS
    assert events.indexes() == {}
    assert screen.statements[0] == "DROP INDEX public.events_id"


@suites.FAULTS
def test_covering_waits_for_no_lock_longer_than_its_timeout(
    events: Any, steps: Any, screen: Any
) -> None:
    over = threading.Event()
    step = steps.create("events_id", "events", "id")
    with events.transaction("INSERT INTO events VALUES (1, 1)"):
        run = events.beside(lambda: events.apply(step, screen=screen))
        insert = "INSERT INTO events VALUES (1, 1)"
        waited = events.beside(longest_wait, events.url, insert, over)
        events.eventually(lambda: sum("trying again" in line for line in screen.said) >= TRIES)
    assert done(run.result())
    over.set()
    assert waited.result() < LONGEST_SECONDS
    whole(events)


@suites.FAULTS
def test_attaching_keeps_nobody_waiting_behind_a_reader_of_the_partition(
    events: Any, steps: Any, screen: Any
) -> None:
    over = threading.Event()
    step = steps.create("events_id", "events", "id")
    with ExitStack() as reading:
        reader = events.transaction("SELECT FROM e1 WHERE id = 1")
        attaching = f"ALTER INDEX public.{steps.temporary(step)} ATTACH"
        screen.meanwhile[attaching] = lambda: reading.enter_context(reader)
        run = events.beside(lambda: events.apply(step, screen=screen))
        events.eventually(lambda: any("trying again" in line for line in screen.said))
        waited = events.beside(longest_wait, events.url, "SELECT FROM e1 WHERE id = 1", over)
        events.eventually(lambda: sum("trying again" in line for line in screen.said) >= 1 + TRIES)
    assert done(run.result())
    over.set()
    assert waited.result() < LONGEST_SECONDS
    whole(events)


def test_the_script_does_it_in_psql_and_is_adopted(
    events: Any, steps: Any, server: ephemeral.Server
) -> None:
    events.sql("CREATE INDEX events_id ON events (id)")
    step = steps.create("events_id", "events", "path")
    wanted = (
        replace(step, replaces=steps.drop("events_id", "events")),
        steps.create("events_day", "events", "day"),
    )
    text = script(events.plan(*wanted), server.version, "here")
    psql = [str(server.binaries / "psql"), "--no-psqlrc", "--quiet", events.url]
    ran = subprocess.run(psql, input=text, capture_output=True, text=True, check=False)
    assert (ran.returncode, "ERROR" in ran.stderr) == (0, False)
    whole(events, count=10)
    assert events.plan(*wanted).steps == ()


def test_a_part_of_an_index_is_not_dropped_without_it(events: Any, steps: Any) -> None:
    events.sql("CREATE INDEX events_id ON events (id)")
    (ending,) = events.apply(steps.drop("e1_id_idx", "e1"))
    assert (ending.end, ending.acted) == (End.REFUSED, False)
    assert ending.why == "the index is a part of public.events_id, and goes with that alone"


def test_two_runners_at_one_partitioned_table_build_everything_once(
    events: Any, steps: Any
) -> None:
    step = steps.create("events_id", "events", "id")
    screens = [events.recorder() for _ in range(3)]
    runs = [events.beside(lambda s=s: events.apply(step, screen=s)) for s in screens]
    for run in runs:
        assert done(run.result())
    sent = [sql for screen in screens for sql in screen.statements]
    assert len(sent) == len(set(sent)) == ACTIONS
    whole(events)
