"""A table or a column goes in an order that stops nobody, and not while somebody reads it."""

from __future__ import annotations

from typing import Any

import pytest

from mortal import Killed, Mortal
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import DropColumn, DropTable
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.hazards import hazards
from outofband.runbook.world import Scope, World

DOCS = QualifiedName("docs")
TABLE, COLUMN = DropTable("docs_go", DOCS), DropColumn("kind_goes", DOCS, "kind")
REFERRED = """
ALTER TABLE docs ADD PRIMARY KEY (id);
CREATE TABLE kinds (kind text PRIMARY KEY);
INSERT INTO kinds SELECT DISTINCT kind FROM docs;
ALTER TABLE docs ADD CONSTRAINT docs_kind FOREIGN KEY (kind) REFERENCES kinds;
CREATE TABLE notes (doc int CONSTRAINT notes_doc REFERENCES docs);
CREATE TABLE marks (doc int CONSTRAINT marks_doc REFERENCES docs);
CREATE INDEX by_kind ON docs (kind, id)
"""
OF_TABLE = [
    "ALTER TABLE public.docs DROP CONSTRAINT docs_kind",
    "ALTER TABLE public.marks DROP CONSTRAINT marks_doc",
    "ALTER TABLE public.notes DROP CONSTRAINT notes_doc",
    "DROP TABLE public.docs",
]
OF_COLUMN = [
    "ALTER TABLE public.docs DROP CONSTRAINT docs_kind",
    "DROP INDEX CONCURRENTLY public.by_kind",
    "ALTER TABLE public.docs DROP COLUMN kind",
]
SEEN = """
SELECT to_jsonb(s) ->> 'last_seq_scan' IS NOT NULL
  FROM pg_stat_all_tables AS s WHERE relname = 'docs'
"""
FEW = "CREATE TABLE docs AS SELECT n AS id, 'k' || n % 3 AS kind FROM generate_series(1, 9) AS n"


@pytest.fixture
def referred(docs: Any) -> Any:
    for statement in REFERRED.split(";"):
        docs.sql(statement)
    return docs


@pytest.mark.parametrize(("step", "sent"), [(TABLE, OF_TABLE), (COLUMN, OF_COLUMN)])
def test_what_points_at_it_goes_first_and_one_at_a_time(
    referred: Any, screen: Any, step: Any, sent: list[str]
) -> None:
    (ending,) = referred.apply(step, screen=screen, only=(step.name,))
    assert (ending.end, screen.statements) == (End.DONE, sent)
    assert referred.standing(step).done
    assert referred.apply(step) == ()


@pytest.mark.parametrize(("step", "sent"), [(TABLE, OF_TABLE), (COLUMN, OF_COLUMN)])
def test_a_run_that_dies_after_any_action_is_finished_by_the_next(
    docs: Any, steps: Any, screen: Any, step: Any, sent: list[str]
) -> None:
    for died_after in range(len(sent)):
        docs.sql("DROP TABLE IF EXISTS notes, marks, docs, kinds")
        docs.sql(FEW)
        for statement in REFERRED.split(";"):
            docs.sql(statement)
        with Session(Url(docs.url)) as session:
            scope = Scope(steps.wants(step), only=(step.name,))
            world = World(Mortal(session, died_after), screen, scope)
            with pytest.raises(Killed):
                apply(world.look().plan, world)
        (ending,) = docs.apply(step, only=(step.name,))
        assert ending.end is End.DONE, died_after
        assert docs.standing(step).done


def test_what_somebody_reads_stays_until_its_name_is_given(docs: Any) -> None:
    docs.since(16, "when a table was last read")
    docs.sql("SELECT count(*) FROM docs")
    docs.sql("SELECT pg_stat_force_next_flush()")
    docs.eventually(lambda: docs.sql(SEEN) == [True])
    (ending,) = docs.apply(TABLE)
    assert ending.end is End.REFUSED
    assert "somebody read it" in ending.why
    assert "--only docs_go" in ending.why
    (ending,) = docs.apply(TABLE, only=("docs_go",))
    assert ending.end is End.DONE


def test_a_reader_that_holds_the_table_is_given_way_to(docs: Any) -> None:
    screen = docs.recorder()
    with docs.transaction("SELECT * FROM docs") as reader:

        def goes() -> None:
            screen.meanwhile["DROP"] = reader.rollback

        screen.meanwhile["DROP"] = goes
        (ending,) = docs.apply(TABLE, screen=screen, only=("docs_go",))
    assert ending.end is End.DONE
    assert screen.statements == ["DROP TABLE public.docs"] * 2
    assert any("trying again" in line for line in screen.said)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("CREATE VIEW seen AS SELECT id, kind FROM docs", "view seen"),
        ("CREATE MATERIALIZED VIEW kept AS SELECT kind FROM docs", "materialized view kept"),
        (
            "CREATE FUNCTION counts() RETURNS text BEGIN ATOMIC SELECT kind FROM docs; END",
            "function counts()",
        ),
        ("CREATE POLICY mine ON docs USING (kind = 'k1')", "policy mine on table docs"),
    ],
)
def test_what_depends_on_it_is_named_and_never_dropped_along(
    docs: Any, made: str, named: str
) -> None:
    docs.sql(made)
    for step in (TABLE, COLUMN):
        if named.startswith("policy") and step is TABLE:
            continue  # which goes with its table
        (ending,) = docs.apply(step, only=(step.name,))
        assert (ending.end, f"{named} depends on it" in ending.why) == (End.REFUSED, True)


def test_a_function_that_names_it_in_its_text_is_named(docs: Any) -> None:
    docs.sql("CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM docs'")
    docs.sql("CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT 1 AS docsets'")
    obstacle = docs.plan(TABLE).steps[0].obstacle
    assert ("function f()" in obstacle, "function g()" in obstacle) == (True, False)
    assert docs.plan(TABLE, only=("docs_go",)).steps[0].obstacle == ""


def test_partitions_go_with_their_table(events: Any) -> None:
    events.sql("CREATE TABLE notes (id int PRIMARY KEY)")
    (ending,) = events.apply(DropTable("events_go", QualifiedName("events")), only=("events_go",))
    assert ending.end is End.DONE
    assert events.sql("SELECT count(*) FROM pg_class WHERE relname IN ('events', 'e1', 'e2a')") == [
        0
    ]


def test_the_steps_of_a_table_are_done_once_it_is_gone(docs: Any, steps: Any) -> None:
    index, fill = steps.create("by_kind", "docs", "kind"), steps.create("by_id", "docs", "id")
    waiting = docs.standings(index, fill, TABLE)[2]
    assert (waiting.state, waiting.waits_for) == (State.VALID, ("by_kind", "by_id"))
    docs.sql("DROP TABLE docs")
    assert all(s.done for s in docs.standings(index, fill, TABLE))


def test_nothing_goes_where_a_revision_that_cannot_be_read_may_have_made_it_anew(docs: Any) -> None:
    (standing,) = docs.standings(TABLE, incomplete=("r9",))
    assert "revision r9 cannot be read" in standing.sight.reason


def test_what_has_the_name_and_is_no_table_stays(docs: Any) -> None:
    docs.sql("CREATE MATERIALIZED VIEW other AS SELECT 1 AS a")
    step = DropTable("other_goes", QualifiedName("other"))
    (ending,) = docs.apply(step, only=("other_goes",))
    assert (ending.end, docs.standing(step).state) == (End.REFUSED, State.DIFFERENT)


def test_a_plan_says_that_data_goes(referred: Any) -> None:
    told = {f.hazard.name for f in hazards(referred.plan(COLUMN, only=("kind_goes",)))}
    assert {"drops-data", "drops-index", "locks-table-briefly"} <= told


@pytest.mark.parametrize(
    ("step", "before", "by_hand"),
    [
        (COLUMN, OF_COLUMN[2], OF_COLUMN[2]),
        (COLUMN, OF_COLUMN[1], OF_COLUMN[2]),
        (TABLE, OF_TABLE[3], "ALTER TABLE marks ADD FOREIGN KEY (doc) REFERENCES docs"),
        (TABLE, OF_TABLE[2], "DROP TABLE notes"),
    ],
)
def test_what_somebody_does_between_the_look_and_the_deed_is_seen(
    referred: Any, step: Any, before: str, by_hand: str
) -> None:
    screen = referred.recorder()
    screen.meanwhile[before] = lambda: referred.sql(by_hand)
    (ending,) = referred.apply(step, screen=screen, only=(step.name,))
    assert (ending.end, referred.standing(step).done) == (End.DONE, True)


def test_a_view_that_comes_between_the_look_and_the_deed_is_named(docs: Any) -> None:
    screen = docs.recorder()
    screen.meanwhile["ALTER"] = lambda: docs.sql("CREATE VIEW seen AS SELECT kind FROM docs")
    (ending,) = docs.apply(COLUMN, screen=screen, only=(COLUMN.name,))
    assert ending.end is End.REFUSED
    assert ending.why.startswith("view seen depends on it")
