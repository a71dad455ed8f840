"""A constraint over partitions on a real server: whole, half-way, refused, and killed anywhere."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

import suites
from mortal import Killed, Mortal
from outofband.model.index import ConstraintKind
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, Step
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import End, apply
from outofband.runbook.duplicates.policy import Dedupe
from outofband.runbook.show import script
from outofband.runbook.world import Scope, World

KEY = ("id", "day")
KINDS: tuple[ConstraintKind, ...] = ("primary_key", "unique_constraint")
ACTIONS = 8, 9  # two tables constrained, three parts built and named; promoted, attached, named


def key(kind: ConstraintKind = "primary_key", *columns: str) -> AddConstraint:
    return AddConstraint(
        "events_key", QualifiedName("events"), kind, columns or KEY, "events_unique"
    )


def wanted(steps: Any, kind: ConstraintKind = "primary_key", **given: Any) -> tuple[Step, ...]:
    return steps.create("events_unique", "events", *KEY, unique=True, **given), key(kind)


def constraints(db: Any) -> dict[str, str]:
    """The kind of the valid key of each table."""
    return dict(
        db.sql(
            "SELECT conrelid::regclass::text, contype::text FROM pg_constraint "
            "JOIN pg_index ON indexrelid = conindid WHERE contype IN ('p', 'u') AND indisvalid "
            "AND connamespace = 'public'::regnamespace"
        )
    )


def whole(db: Any, kind: ConstraintKind, *more: str) -> None:
    """The constraint is there on every level, and no other index is."""
    tables = ["events", "e1", "e2", "e2a", "e2b", *more]
    assert constraints(db) == dict.fromkeys(tables, {"primary_key": "p"}.get(kind, "u"))
    assert len(db.indexes()) == len(tables)
    assert db.indexes()["events_key"]
    assert not [name for name in db.indexes() if "__ob_" in name]


def done(endings: Any) -> bool:
    return bool(endings) and {e.end for e in endings} == {End.DONE}


@pytest.mark.parametrize("kind", KINDS)
def test_a_constraint_is_made_of_the_index_of_each_partition(
    events: Any, steps: Any, kind: ConstraintKind
) -> None:
    chain = wanted(steps, kind)
    build, promotion = events.standings(*chain)
    assert (build.state, promotion.state) == (State.ABSENT, State.ABSENT)
    assert promotion.waits_for == ("events_unique",)
    assert tuple(len(p.actions) for p in events.plan(*chain).steps) == ACTIONS
    assert done(events.apply(*chain))
    whole(events, kind)
    build, promotion = events.standings(*chain)
    assert (build.state, promotion.state) == (State.CONSTRAINT_OWNED, State.VALID)
    assert build.done
    assert promotion.done
    assert events.plan(*chain).steps == ()
    events.sql("INSERT INTO events VALUES (1, 1) ON CONFLICT (id, day) DO NOTHING")


@suites.FAULTS
@pytest.mark.parametrize("died_after", range(sum(ACTIONS)))
def test_a_run_that_dies_after_any_action_is_finished_by_the_next(
    events: Any, steps: Any, screen: Any, died_after: int
) -> None:
    """A partition that comes meanwhile gets its part from Postgres or from the next run."""
    chain = wanted(steps)
    with Session(Url(events.url)) as session:
        world = World(Mortal(session, died_after), screen, Scope(steps.wants(*chain)))
        with pytest.raises(Killed):
            apply(world.look().plan, world)
    events.sql("CREATE TABLE e3 PARTITION OF events FOR VALUES FROM (2000) TO (3000)")
    build, promotion = events.standings(*chain)
    assert not promotion.done
    if died_after:
        assert build.done or build.state is State.PARTITION_INCOMPLETE
        assert promotion.state in (State.PARTITION_INCOMPLETE, State.VALID_OTHER_NAME)
    assert done(events.apply(*chain))
    whole(events, "primary_key", "e3")


def test_partitions_that_come_during_a_build_get_theirs(events: Any, steps: Any) -> None:
    chain = wanted(steps)
    with events.writer("e2a"):
        run = events.beside(lambda: events.apply(*chain))
        events.parked("waiting for writers before build")
        events.sql("CREATE TABLE e3 PARTITION OF events FOR VALUES FROM (2000) TO (3000)")
        events.sql("CREATE TABLE e2c PARTITION OF e2 FOR VALUES IN (7)")
    assert done(run.result())
    whole(events, "primary_key", "e3", "e2c")


@suites.FAULTS
@pytest.mark.parametrize("died_after", [*range(0, 18, 2), 17, None])
def test_an_index_that_was_whole_before_serves_until_the_constraint_does(
    events: Any, steps: Any, screen: Any, died_after: int | None
) -> None:
    """Its parts belong to it, and no constraint can take them."""
    chain = wanted(steps, "unique_constraint")
    assert done(events.apply(chain[0]))
    if died_after is not None:
        with Session(Url(events.url)) as session:
            world = World(Mortal(session, died_after), screen, Scope(steps.wants(*chain)))
            with pytest.raises(Killed):
                apply(world.look().plan, world)
        served = events.indexes().get("events_unique") or constraints(events).get("events")
        assert served
    assert done(events.apply(*chain))
    whole(events, "unique_constraint")


@pytest.mark.parametrize(
    ("by_hand", "kind"),
    [
        ("ALTER TABLE ONLY events ADD CONSTRAINT events_key PRIMARY KEY (id, day)", "primary_key"),
        ("CREATE UNIQUE INDEX by_hand ON e1 (id, day)", "primary_key"),
        ("ALTER TABLE e1 ADD CONSTRAINT by_hand PRIMARY KEY (id, day)", "primary_key"),
        ("ALTER TABLE e1 ADD CONSTRAINT by_hand UNIQUE (id, day)", "unique_constraint"),
        ("ALTER TABLE e2 ADD CONSTRAINT by_hand UNIQUE (id, day)", "unique_constraint"),
    ],
)
def test_what_was_begun_by_hand_is_finished(
    events: Any, steps: Any, by_hand: str, kind: ConstraintKind
) -> None:
    events.sql(by_hand)
    chain = wanted(steps, kind)
    assert done(events.apply(*chain))
    whole(events, kind)


@pytest.mark.parametrize(
    "by_hand",
    [
        "ALTER TABLE e1 ADD CONSTRAINT by_hand UNIQUE (id, day)",
        "ALTER TABLE e1 ADD CONSTRAINT by_hand UNIQUE (id, day) DEFERRABLE",
    ],
)
def test_no_constraint_of_another_kind_becomes_a_part_though_postgres_would_let_it(
    events: Any, steps: Any, by_hand: str
) -> None:
    events.sql(by_hand)
    assert done(events.apply(*wanted(steps)))
    events.sql("ALTER TABLE e1 DROP CONSTRAINT by_hand")
    whole(events, "primary_key")


def test_a_constraint_begun_by_hand_serves_as_the_index_once_it_is_finished(
    events: Any, steps: Any
) -> None:
    events.sql("ALTER TABLE ONLY events ADD CONSTRAINT by_hand UNIQUE (id, day)")
    step = steps.create("events_unique", "events", *KEY, unique=True)
    assert events.standing(step).state is State.PARTITION_INCOMPLETE
    assert done(events.apply(step))
    assert events.standing(step).state is State.CONSTRAINT_OWNED
    assert events.indexes()["by_hand"]


@pytest.mark.parametrize(
    ("by_hand", "why"),
    [
        ("ALTER TABLE events ALTER day DROP NOT NULL", "column day allows NULL"),
        ("ALTER TABLE e1 ADD PRIMARY KEY (id)", "e1 has a primary key of its own, e1_pkey"),
        (
            "ALTER TABLE events ADD CONSTRAINT other PRIMARY KEY (id, day)",
            "RENAME CONSTRAINT other",
        ),
        (
            "ALTER TABLE events ADD CONSTRAINT events_key UNIQUE (id, day)",
            "the constraint of that name is a unique constraint",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    events: Any, steps: Any, by_hand: str, why: str
) -> None:
    events.sql(by_hand)
    *_, refused = events.apply(*wanted(steps))
    assert refused.end is End.REFUSED
    assert why in refused.why
    assert not [name for name in events.indexes() if "__ob_" in name]


def test_the_index_is_built_all_the_same_where_the_key_has_to_wait_for_not_null(
    events: Any, steps: Any
) -> None:
    events.sql("ALTER TABLE events ALTER day DROP NOT NULL")
    chain = wanted(steps)
    built, refused = events.apply(*chain)
    assert (built.end, refused.end) == (End.DONE, End.REFUSED)
    events.sql("ALTER TABLE events ALTER day SET NOT NULL")
    assert done(events.apply(*chain))
    whole(events, "primary_key")


def test_a_key_that_lacks_the_partitions_columns_is_refused_in_words(
    events: Any, steps: Any
) -> None:
    build = steps.create("events_unique", "events", "id", unique=True)
    endings = events.apply(build, key("unique_constraint", "id"))
    assert "is partitioned by day, which a unique index has to contain" in endings[0].why
    assert {e.end for e in endings} == {End.REFUSED}
    assert events.indexes() == {}


def test_a_foreign_partition_is_refused_in_words(events: Any, steps: Any) -> None:
    events.sql("CREATE FOREIGN DATA WRAPPER nowhere")
    events.sql("CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere")
    events.sql(
        "CREATE FOREIGN TABLE far PARTITION OF events FOR VALUES FROM (5000) TO (6000) "
        "SERVER elsewhere"
    )
    first, _ = events.apply(*wanted(steps))
    assert "far is a foreign table, where nothing can be kept unique" in first.why
    assert events.indexes() == {}


def test_include_and_storage_parameters_are_the_indexs(events: Any, steps: Any) -> None:
    chain = wanted(steps, "unique_constraint", include=("path",), options=(("fillfactor", "70"),))
    assert done(events.apply(*chain))
    whole(events, "unique_constraint")
    (told,) = events.sql("SELECT pg_get_indexdef('events_key'::regclass)")
    assert "INCLUDE (path) WITH (fillfactor='70')" in told


def test_nulls_that_are_not_distinct_stay_so(events: Any, steps: Any) -> None:
    events.since(15, "NULLS NOT DISTINCT")
    events.sql("ALTER TABLE events ALTER day DROP NOT NULL")
    chain = wanted(steps, "unique_constraint", nulls_not_distinct=True)
    assert done(events.apply(*chain))
    whole(events, "unique_constraint")
    (told,) = events.sql("SELECT pg_get_indexdef('events_key'::regclass)")
    assert "NULLS NOT DISTINCT" in told


def test_the_cure_of_duplicates_works_over_partitions(events: Any, steps: Any) -> None:
    """Two rows of one key are in one partition: the key holds the columns that divide them."""
    events.sql("INSERT INTO events SELECT * FROM events WHERE id BETWEEN 490 AND 510")
    chain = (
        steps.create("events_temp", "events", *KEY),
        *wanted(steps),
        steps.drop("events_temp", "events"),
    )
    assert done(events.apply(*chain, dedupe=Dedupe.IDENTICAL))
    whole(events, "primary_key")
    assert events.sql("SELECT count(*) FROM events") == [1000]


def test_the_script_does_it_in_psql_and_is_adopted(events: Any, steps: Any) -> None:
    chain = wanted(steps)
    told = script(events.plan(*chain), 180000, "here")
    for line in told.splitlines():
        if line and not line.startswith(("--", "\\")) and "transaction_timeout" not in line:
            events.sql(line.rstrip(";"))
    whole(events, "primary_key")
    assert all(s.done for s in events.standings(*chain))


@pytest.mark.parametrize("blocker", ["SELECT FROM events", "UPDATE e1 SET path = path"])
def test_it_waits_for_others_only_a_second_at_a_time(
    events: Any, steps: Any, screen: Any, blocker: str
) -> None:
    chain = wanted(steps)
    with ExitStack() as others:
        others.enter_context(events.transaction(blocker))
        run = events.beside(lambda: events.apply(*chain, screen=screen))
        events.eventually(lambda: any("trying again" in line for line in screen.said))
    assert done(run.result())
    whole(events, "primary_key")


def test_what_is_unwanted_goes_with_its_index(events: Any, steps: Any) -> None:
    chain = wanted(steps)
    assert done(events.apply(*chain))
    unapplied = steps.wants(*chain).steps
    events.sql("CREATE INDEX another ON events (path)")
    assert done(events.apply(unapplied=unapplied, only=("events_key",)))
    assert constraints(events) == {}


@pytest.mark.parametrize("died_after", [1, 8, 10, 15])
def test_what_a_dead_run_left_for_a_revision_that_was_taken_back_goes_by_name(
    events: Any, steps: Any, screen: Any, died_after: int
) -> None:
    chain = wanted(steps)
    with Session(Url(events.url)) as session:
        world = World(Mortal(session, died_after), screen, Scope(steps.wants(*chain)))
        with pytest.raises(Killed):
            apply(world.look().plan, world)
    unapplied = steps.wants(*chain).steps
    (left,) = events.standings(unapplied=unapplied)
    assert (left.step, left.state) == (chain[1], State.UNWANTED)
    assert "a build left it as events_key__ob_" in left.sight.reason
    assert done(events.apply(unapplied=unapplied, only=("events_key",)))
    assert not [name for name in events.indexes() if "__ob_" in name]
    assert constraints(events) == {}


def test_names_at_their_longest_do_not_collide(db: Any, steps: Any) -> None:
    long = "é" * 31
    db.sql(f'CREATE TABLE "{long}" (id int NOT NULL) PARTITION BY RANGE (id)')
    for n in range(2):
        db.sql(
            f'CREATE TABLE "{long[:-1]}{n}" PARTITION OF "{long}" '
            f"FOR VALUES FROM ({n}) TO ({n + 1})"
        )
    build = steps.create("u" * 63, long, "id", unique=True)
    promotion = replace(key(), name="k" * 63, table=QualifiedName(long), columns=("id",))
    assert done(db.apply(build, replace(promotion, using_index="u" * 63)))
    assert len(constraints(db)) == 3
