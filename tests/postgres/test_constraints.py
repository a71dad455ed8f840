"""Foreign keys, checks and NOT NULL on a real server: there for new rows, then validated."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from mortal import Killed, Mortal
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import (
    AddCheck,
    AddForeignKey,
    SetNotNull,
    Step,
    Wanted,
    WantedStep,
)
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.preflight import Finding, Report, preflight
from outofband.runbook.world import Scope, World, look

DOCS, KINDS = QualifiedName("docs"), QualifiedName("kinds")
CHECK = AddCheck("docs_positive", DOCS, "id > 0")
KEY = AddForeignKey("docs_kind_fkey", DOCS, ("kind",), KINDS, ("name",))
NOT_NULL = SetNotNull("docs_path_set", DOCS, "path")
STEPS: list[Step] = [CHECK, KEY, NOT_NULL]


@pytest.fixture
def rows(docs: Any) -> Any:
    """The table docs, and the kinds that its rows are of."""
    docs.sql("CREATE TABLE kinds (name text PRIMARY KEY)")
    docs.sql("INSERT INTO kinds SELECT DISTINCT kind FROM docs")
    return docs


def found_before(url: str, step: Step) -> tuple[Finding, ...]:
    with Session(Url(url)) as session:
        return preflight(session, look(session, Scope(Wanted((WantedStep(step, "r1"),))))).of(step)


def of_kind(step: Step) -> str:
    return step.kind


def constraints(db: Any) -> list[str]:
    return [
        f"{name} {definition}"
        for name, definition in db.sql(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = 'docs'::regclass AND conname LIKE 'docs_%' ORDER BY 1"
        )
    ]


DONE = {
    "check": "docs_positive CHECK ((id > 0))",
    "foreign_key": "docs_kind_fkey FOREIGN KEY (kind) REFERENCES kinds(name)",
    "not_null": "docs_path_set NOT NULL path",
}


@pytest.mark.parametrize("step", STEPS, ids=of_kind)
def test_a_constraint_is_added_for_new_rows_and_then_validated(rows: Any, step: Step) -> None:
    screen = rows.recorder()
    assert rows.standing(step).state is State.ABSENT
    assert [e.end for e in rows.apply(step, screen=screen)] == [End.DONE]
    assert DONE[step.kind] in constraints(rows)
    assert screen.statements[0].endswith("NOT VALID")
    assert "VALIDATE CONSTRAINT" in screen.statements[1]
    assert rows.standing(step).done
    assert rows.apply(step) == ()


@pytest.mark.parametrize("step", STEPS, ids=of_kind)
def test_a_run_that_dies_after_any_action_is_finished_by_the_next(
    rows: Any, screen: Any, step: Step
) -> None:
    for died_after, left in enumerate((State.ABSENT, State.NOT_VALID)):
        rows.sql(f"ALTER TABLE docs DROP CONSTRAINT IF EXISTS {step.name}")
        with Session(Url(rows.url)) as session:
            world = World(Mortal(session, died_after), screen, Scope(rows.wants(step)))
            with pytest.raises(Killed):
                apply(world.look().plan, world)
        assert rows.standing(step).state is left
        assert [e.end for e in rows.apply(step)] == [End.DONE]
        assert rows.standing(step).done


VIOLATING = {
    "check": "UPDATE docs SET id = -id WHERE id <= 3",
    "foreign_key": "UPDATE docs SET kind = 'nobody knows it' WHERE id <= 3",
    "not_null": "UPDATE docs SET path = NULL WHERE id <= 3",
}
TOLD = {
    "check": ("rows of public.docs that do not satisfy check docs_positive: 3", "NOT (id > 0)"),
    "foreign_key": ("rows of public.docs that refer to no row of kinds: 3", "NOT EXISTS"),
    "not_null": ("rows of public.docs that have NULL in column path: 3", "path IS NULL"),
}


@pytest.mark.parametrize("step", STEPS, ids=of_kind)
def test_rows_that_violate_it_are_counted_and_listed_by_a_query(rows: Any, step: Step) -> None:
    rows.sql(VIOLATING[step.kind])
    (ending,) = rows.apply(step)
    assert ending.end is End.FAILED
    assert ending.why.endswith(TOLD[step.kind][0])
    query = ending.do.partition("they are ")[2]
    assert TOLD[step.kind][1] in query
    assert len(rows.sql(query)) == 3
    assert rows.standing(step).state is State.NOT_VALID


@pytest.mark.parametrize("step", STEPS, ids=of_kind)
def test_before_anything_is_done_a_preflight_finds_them(rows: Any, step: Step) -> None:
    rows.sql(VIOLATING[step.kind])
    (found,) = [f for f in found_before(rows.url, step) if f.stops]
    assert found.what.endswith(TOLD[step.kind][0])
    assert len(rows.sql(found.do.partition("they are ")[2])) == 3
    (ending,) = rows.apply(step, report=Report((found,)))
    assert ending.end is End.REFUSED
    assert rows.standing(step).state is State.ABSENT
    rows.sql("DELETE FROM docs WHERE id <= 3")
    assert [e.end for e in rows.apply(step)] == [End.DONE]


@pytest.mark.parametrize("full", [False, True])
def test_a_key_with_a_null_in_it_refers_to_nothing_unless_it_is_to_match_in_full(
    db: Any, full: bool
) -> None:
    db.sql("CREATE TABLE pairs (a int, b int, UNIQUE (a, b))")
    db.sql("CREATE TABLE notes (a int, b int)")
    db.sql("INSERT INTO notes VALUES (NULL, NULL), (1, NULL)")
    notes, pairs = QualifiedName("notes"), QualifiedName("pairs")
    step = AddForeignKey("notes_fkey", notes, ("a", "b"), pairs, ("a", "b"), full=full)
    (ending,) = db.apply(step)
    assert ending.end is (End.FAILED if full else End.DONE)
    if full:
        assert len(db.sql(ending.do.partition("they are ")[2])) == 1


BY_HAND = [
    ("CHECK (id > 0)", CHECK, State.VALID, ""),
    ("CHECK (0 < id)", CHECK, State.NOT_PROVABLY_EQUAL, "spelled differently"),
    ("CHECK (id > 1 - 1)", CHECK, State.VALID, ""),
    ("CHECK (id > 0) NOT VALID", CHECK, State.NOT_VALID, ""),
    ("CHECK (id > 0) NO INHERIT", CHECK, State.DIFFERENT, "is NO INHERIT"),
    ("UNIQUE (id)", CHECK, State.DIFFERENT, "is a unique constraint"),
    ("FOREIGN KEY (kind) REFERENCES kinds", KEY, State.VALID, ""),
    ("FOREIGN KEY (kind) REFERENCES kinds NOT VALID", KEY, State.NOT_VALID, ""),
    ("FOREIGN KEY (path) REFERENCES kinds NOT VALID", KEY, State.DIFFERENT, "has other columns"),
    ("FOREIGN KEY (kind) REFERENCES others", KEY, State.DIFFERENT, "refers to public.others"),
    (
        "FOREIGN KEY (kind) REFERENCES kinds ON DELETE CASCADE",
        KEY,
        State.DIFFERENT,
        "something else on an update or a delete",
    ),
    ("FOREIGN KEY (kind) REFERENCES kinds MATCH FULL", KEY, State.DIFFERENT, "by MATCH"),
    ("FOREIGN KEY (kind) REFERENCES kinds DEFERRABLE", KEY, State.DIFFERENT, "DEFERRABLE"),
    ("CHECK (id > 0)", KEY, State.DIFFERENT, "is a check"),
]


@pytest.mark.parametrize(("declared", "step", "state", "why"), BY_HAND)
def test_what_somebody_made_by_hand_is_compared(
    rows: Any, declared: str, step: Step, state: State, why: str
) -> None:
    rows.sql("CREATE TABLE others (name text PRIMARY KEY)")
    rows.sql("INSERT INTO others TABLE kinds")
    rows.sql(f"ALTER TABLE docs ADD CONSTRAINT {step.name} {declared}")
    standing = rows.standing(step)
    assert standing.state is state
    assert why in standing.sight.reason
    if state in (State.VALID, State.NOT_VALID):
        assert {e.end for e in rows.apply(step)} <= {End.DONE}
        assert rows.standing(step).done
    else:
        assert [e.end for e in rows.apply(step)] == [End.REFUSED]


@pytest.mark.parametrize("step", [CHECK, KEY], ids=of_kind)
def test_an_equal_one_under_another_name_is_shown_with_the_statement_that_renames_it(
    rows: Any, step: Any
) -> None:
    rows.sql(f"ALTER TABLE docs ADD CONSTRAINT by_hand {step.definition}")
    standing = rows.standing(step)
    assert standing.state is State.VALID_OTHER_NAME
    rows.sql(standing.sight.reason.partition("; ")[2].removesuffix(" makes it this one"))
    assert rows.standing(step).done


def test_not_enforced_is_another_constraint(rows: Any) -> None:
    rows.since(18, "NOT ENFORCED")
    rows.sql(f"ALTER TABLE docs ADD CONSTRAINT docs_positive {CHECK.definition} NOT ENFORCED")
    assert rows.standing(CHECK).state is State.DIFFERENT


@pytest.mark.parametrize("step", STEPS, ids=of_kind)
def test_while_somebody_works_on_the_table_it_waits_and_is_then_done(rows: Any, step: Step) -> None:
    with rows.transaction("LOCK TABLE docs IN ACCESS SHARE MODE") as reader:
        screen = rows.recorder()
        running = rows.beside(lambda: rows.apply(step, screen=screen))
        if step is KEY:  # it stops writes alone, which no reader stands in the way of
            assert [e.end for e in running.result(timeout=240)] == [End.DONE]
            return
        rows.eventually(lambda: any("trying again" in line for line in screen.said))
        assert not running.done()
        reader.commit()
    assert [e.end for e in running.result(timeout=240)] == [End.DONE]


def test_a_build_on_the_table_is_let_finish_before_rows_are_validated(rows: Any) -> None:
    rows.sql("ALTER TABLE docs ADD CONSTRAINT docs_positive CHECK (id > 0) NOT VALID")
    with rows.old_snapshot() as snapshot:
        building = rows.by_hand("CREATE INDEX CONCURRENTLY docs_path ON docs (path)")
        rows.parked("waiting for old snapshots")
        screen = rows.recorder()
        running = rows.beside(lambda: rows.apply(CHECK, screen=screen))
        rows.eventually(lambda: any("waiting for it" in line for line in screen.said))
        snapshot.commit()
    building.result(timeout=240)
    assert [e.end for e in running.result(timeout=240)] == [End.DONE]


def test_a_foreign_key_waits_for_what_makes_its_columns_unique(rows: Any, steps: Any) -> None:
    rows.sql("ALTER TABLE kinds DROP CONSTRAINT kinds_pkey")
    unique = steps.create("kinds_name", "kinds", "name", unique=True)
    assert rows.standings(unique, KEY)[1].waits_for == ("kinds_name",)
    (refused,) = rows.apply(KEY)
    assert (refused.end, refused.why) == (
        End.REFUSED,
        "no valid unique index of public.kinds is over name alone",
    )
    assert [e.end for e in rows.apply(unique, KEY)] == [End.DONE, End.DONE]


def test_a_primary_key_waits_for_its_column_to_be_not_null(rows: Any, steps: Any) -> None:
    wanted = (
        NOT_NULL,
        steps.create("docs_unique", "docs", "path", unique=True),
        steps.primary_key("docs_pkey", "docs", "path", using="docs_unique"),
    )
    assert rows.standings(*wanted)[2].waits_for == ("docs_path_set", "docs_unique")
    assert [e.end for e in rows.apply(*wanted)] == [End.DONE] * 3


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("DROP TABLE kinds CASCADE", "there is no table kinds"),
        ("ALTER TABLE docs DROP COLUMN kind", "public.docs has no column kind"),
        ("ALTER TABLE kinds RENAME COLUMN name TO called", "public.kinds has no column name"),
    ],
)
def test_what_a_foreign_key_needs_and_is_not_there_is_said(
    rows: Any, before: str, why: str
) -> None:
    rows.sql(before)
    (ending,) = rows.apply(KEY)
    assert (ending.end, ending.why) == (End.REFUSED, why)


def test_a_missing_index_of_a_foreign_key_is_noted_and_stops_nothing(rows: Any, steps: Any) -> None:
    def found(*declared: Step) -> list[str]:
        with Session(Url(rows.url)) as session:
            view = look(session, Scope(rows.wants(*declared, KEY)))
            return [f.what for f in preflight(session, view).of(KEY)]

    (note,) = found()
    assert note.startswith(
        "no index of public.docs begins with kind: each DELETE from public.kinds"
    )
    assert found(steps.create("docs_path", "docs", "path")) == [note]
    assert found(steps.create("docs_kind", "docs", "kind")) == []
    rows.sql("CREATE INDEX docs_kind ON docs (kind, id)")
    assert found() == []


def test_who_may_not_refer_to_a_table_is_told_the_grant(rows: Any) -> None:
    role = f"refers_{rows.sql('SELECT pg_backend_pid()')[0]}"
    rows.sql(f"CREATE ROLE {role} LOGIN")
    try:
        rows.sql(f"ALTER TABLE docs OWNER TO {role}")
        url = urlsplit(rows.url)
        theirs = url._replace(netloc=f"{role}@{url.netloc.rpartition('@')[2]}").geturl()
        (found,) = [f for f in found_before(theirs, KEY) if f.stops]
        assert found.what == f"role {role} may not refer to public.kinds"
        rows.sql(found.do.partition(" run ")[2])
        assert not any(f.stops for f in found_before(theirs, KEY))
    finally:
        rows.sql(f"DROP OWNED BY {role} CASCADE")
        rows.sql(f"DROP ROLE {role}")


@pytest.mark.parametrize("step", [CHECK, KEY], ids=of_kind)
def test_what_no_applied_revision_wants_any_more_goes_by_its_name_alone(
    rows: Any, step: Step
) -> None:
    assert [e.end for e in rows.apply(step)] == [End.DONE]
    left = (WantedStep(step, "r2"),)
    assert rows.standings(unapplied=left)[0].state is State.UNWANTED
    assert rows.apply(unapplied=left) == ()
    assert [e.end for e in rows.apply(unapplied=left, only=(step.name,))] == [End.DONE]
    assert rows.standing(step).state is State.ABSENT


def test_a_validation_is_looked_after_as_a_build_is(rows: Any) -> None:
    watched: list[str] = []

    class Looking(rows.recorder):  # type: ignore[misc]
        @contextmanager
        def watching(self, what: str, pid: int) -> Any:
            watched.append(what)
            with super().watching(what, pid) as check:
                yield check

    assert [e.end for e in rows.apply(CHECK, screen=Looking())] == [End.DONE]
    assert watched == [CHECK.name]


@pytest.mark.parametrize("more", ["", " NOT VALID"])
@pytest.mark.parametrize("step", [CHECK, KEY], ids=of_kind)
def test_what_somebody_adds_between_the_look_and_the_deed_is_taken_as_it_is(
    rows: Any, step: Any, more: str
) -> None:
    screen = rows.recorder()
    screen.meanwhile["ALTER TABLE"] = lambda: rows.sql(f"{step.plain_sql}{more}")
    (ending,) = rows.apply(step, screen=screen)
    assert (ending.end, rows.standing(step).done) == (End.DONE, True)
