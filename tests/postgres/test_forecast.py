"""What a plan says a build will take, and the settings it gets, on a real server."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from outofband.catalog.reader import Row
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.conditions import Conditions
from outofband.runbook.ending import End
from outofband.runbook.sizing.estimate import Forecast
from outofband.runbook.sizing.forecast import Forecaster
from outofband.runbook.window import Hours
from outofband.runbook.world import Scope, World, look

_ITEMS = (
    "CREATE TABLE items (id int, kind text, owner int, price numeric, note text, made timestamptz)",
    "INSERT INTO items SELECT n, 'kind ' || n % 7, n % 5000, n * 1.5,"
    " CASE WHEN n % 3 = 0 THEN md5(n::text) END, now() - n * interval '1 s'"
    " FROM generate_series(1, 100000) AS n",
    "ALTER TABLE items SET (autovacuum_enabled = off)",
)

INDEXES: dict[str, dict[str, Any]] = {
    "different numbers": {"keys": (Key.of("id"),)},
    "equal texts": {"keys": (Key.of("kind"),)},
    "numbers that repeat": {"keys": (Key.of("owner"),)},
    "what never shares a tuple": {"keys": (Key.of("price"),)},
    "NULLs": {"keys": (Key.of("note"),)},
    "several columns": {"keys": (Key.of("owner"), Key.of("kind"))},
    "an expression": {"keys": (Key("lower(note)"),)},
    "a predicate": {"keys": (Key.of("made"),), "where": "owner < 100"},
    "columns beside the keys": {"keys": (Key.of("id"),), "include": ("kind",)},
    "unique": {"keys": (Key.of("id"),), "unique": True},
    "room in its pages": {"keys": (Key.of("id"),), "options": (("fillfactor", "50"),)},
}

KINDS = list(INDEXES) if "ORACLE_EVERY" in os.environ else ["equal texts", "several columns"]
"""`make test-oracle` has the time for all of them."""


@pytest.fixture(scope="module")
def origin(make_database: Any) -> str:
    """The database with the table ``items``, filled once."""
    url: str = make_database()
    with psycopg.connect(url, autocommit=True) as session:
        for statement in _ITEMS:
            session.execute(statement)
    return url


@pytest.fixture
def items(db: Any) -> Any:
    return db


class Unhurried(Session):
    """Its looks are ended by nobody, however busy the machine is: what they tell is what is asked
    here, and how long they may take is the matter of tests/runbook/test_pace.py.
    """

    def trial(self, select: str, *, settings: Any = None, later: Any = None) -> Sequence[Row]:
        unlimited = {**(settings or {}), "statement_timeout": "0"}
        return super().trial(select, settings=unlimited, later=later)


def forecast(db: Any, steps: Any, url: str = "", **given: Any) -> Forecast:
    step = steps.create("made", "items", **given)
    with Unhurried(Url(url or db.url)) as session:
        plan = look(session, Scope(steps.wants(step))).plan
        (planned,) = Forecaster(session).forecast(plan).steps
    return planned.forecasts[0]


@pytest.mark.parametrize("analysed", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_size_is_told_within_a_quarter(
    items: Any, steps: Any, kind: str, analysed: bool
) -> None:
    if analysed:
        items.sql("ANALYZE items")
    made = forecast(items, steps, **INDEXES[kind])
    index = Index("made", QualifiedName("items"), **INDEXES[kind])
    items.sql(index.create())
    (size,) = items.sql("SELECT pg_relation_size('made')")
    assert made.estimate.size_bytes == pytest.approx(size, rel=0.25)
    assert made.estimate.seconds is not None
    assert 0 < made.estimate.seconds < 60


def test_without_statistics_it_says_so_and_samples(items: Any, steps: Any) -> None:
    assert "never analysed" in forecast(items, steps, **INDEXES["equal texts"]).estimate.notes[0]
    items.sql("ANALYZE items")
    assert forecast(items, steps, **INDEXES["equal texts"]).estimate.notes == ()


def test_a_role_that_may_not_read_the_table_is_told_what_it_lacks(items: Any, steps: Any) -> None:
    items.sql("CREATE ROLE stranger LOGIN")
    try:
        url = items.url.replace("postgres@", "stranger@")
        made = forecast(items, steps, url, **INDEXES["different numbers"]).estimate
        assert (made.size_bytes, made.seconds) == (None, None)
        assert "may not read public.items; grant SELECT" in made.notes[0]
    finally:
        items.sql("DROP ROLE stranger")


def test_an_expression_that_fails_on_a_row_costs_the_estimate_and_not_the_plan(
    items: Any, steps: Any
) -> None:
    made = forecast(items, steps, keys=(Key("(1 / (id - 5))"),)).estimate
    assert made.seconds is None
    assert any("not estimated: " in note for note in made.notes)


@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_table_has_a_plan_too(db: Any, steps: Any, rows: int) -> None:
    db.sql("DROP TABLE items")
    db.sql("CREATE TABLE items (id int)")
    db.sql(f"INSERT INTO items SELECT 1 FROM generate_series(1, {rows})")
    assert forecast(db, steps, keys=(Key.of("id"),)).estimate.notes


def test_what_is_not_a_btree_is_not_estimated(items: Any, steps: Any) -> None:
    made = forecast(items, steps, keys=(Key.of("id"),), method="brin")
    assert made.estimate.size_bytes is None
    assert "brin" in made.estimate.notes[-1]


def test_a_time_says_how_it_was_found_and_what_it_may_also_be(items: Any, steps: Any) -> None:
    items.sql("ANALYZE items")
    made = forecast(items, steps, **INDEXES["several columns"]).estimate
    assert made.seconds is not None
    assert made.between is not None
    assert 0 < made.between[0] < made.seconds < made.between[1]
    assert re.fullmatch(r"by \d looks? at [\d,]+ pages of the table, \d+% .* cached", made.method)


@pytest.mark.parametrize("as_is", [True, False])
def test_the_build_has_the_settings_that_the_plan_shows(
    items: Any, steps: Any, as_is: bool
) -> None:
    items.sql("ANALYZE items")
    names = "max_parallel_maintenance_workers", "maintenance_work_mem"
    step = steps.create("made", "items", "id")
    with Session(Url(items.url)) as session:

        def settings() -> list[Any]:
            asked = ", ".join(f"current_setting('{name}') AS {name}" for name in names)
            return [session.rows(f"SELECT {asked}")[0][name] for name in names]

        before, during = settings(), []
        screen = items.recorder({"CREATE INDEX": lambda: during.extend(settings())})
        world = World(session, screen, Scope(steps.wants(step)))
        plan = Forecaster(session, as_is).forecast(world.look().plan)
        (ending,) = apply(plan, world)
    assert ending.end.value == "done"
    if as_is:
        assert during == before
    else:
        assert during == ["0", "64MB"]  # eight megabytes of heap are too few for a worker
        assert before == ["2", "64MB"]


def test_a_repair_is_estimated_and_tuned_as_the_build_it_is(items: Any, steps: Any) -> None:
    items.sql("ANALYZE items")
    build = forecast(items, steps, keys=(Key.of("id"),), unique=True)
    items.sql("CREATE UNIQUE INDEX made ON items (id)")
    items.sql("ALTER TABLE items ALTER id SET NOT NULL")
    items.sql("ALTER TABLE items ADD CONSTRAINT items_pkey PRIMARY KEY USING INDEX made")
    items.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'items_pkey'::regclass")
    promotion = steps.primary_key("items_pkey", "items", "id", using="made")
    during: list[Any] = []
    with Unhurried(Url(items.url)) as session:

        def workers() -> None:
            name = "max_parallel_maintenance_workers"
            during.extend(session.rows(f"SELECT current_setting('{name}') AS {name}"))

        screen = items.recorder({"REINDEX": workers})
        world = World(session, screen, Scope(steps.wants(promotion)))
        plan = Forecaster(session).forecast(world.look().plan)
        (repair,) = plan.steps[0].forecasts
        assert repair.estimate.size_bytes == build.estimate.size_bytes
        hours = Hours(until=datetime.now().astimezone() + timedelta(minutes=10))
        conditions = Conditions(hours, seconds=plan.seconds)
        (ending,) = apply(plan, replace(world, conditions=conditions))
    assert ending.end is End.DONE
    assert during == [{"max_parallel_maintenance_workers": "0"}]
