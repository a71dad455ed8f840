"""Failures that a build meets from others and from its session: what is done about each.

The reactions to what a build meets in its own rows and rights are in ``test_reactions``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from outofband.model.index import Key
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import End, apply
from outofband.runbook.preflight import preflight
from outofband.runbook.world import Scope, World, look


def set_for_all(docs: Any, parameter: str, value: str) -> None:
    name = docs.sql("SELECT current_database()")[0]
    docs.sql(f"ALTER DATABASE {name} SET {parameter} = '{value}'")


def test_of_two_builds_on_a_table_the_one_that_is_ended_is_tried_again(
    docs: Any, steps: Any, screen: Any
) -> None:
    """A colleague's build begins between our look and our statement: ours is queued behind it with
    a snapshot, which his waits for in the end. Ours ends with 40P01 and leaves nothing.
    """
    # Looked at once: when he waits for ours, and sooner than he looks.
    set_for_all(docs, "deadlock_timeout", "5s")
    queued = "SELECT FROM pg_locks WHERE NOT granted AND mode = 'ShareUpdateExclusiveLock'"
    with docs.writer("docs") as writer:

        def begins() -> None:
            his = {"options": "-c deadlock_timeout=120s"}
            docs.by_hand("CREATE INDEX CONCURRENTLY by_hand ON docs (path)", **his)
            docs.parked("waiting for writers before build")

        screen.meanwhile["CREATE INDEX"] = begins
        run = docs.beside(lambda: docs.apply(steps.create("docs_id", "docs", "id"), screen=screen))
        docs.eventually(lambda: docs.sql(queued))
        writer.rollback()
        (ending,) = run.result()
    assert ending.end is End.DONE
    assert any("(40P01); trying again" in line for line in screen.said)
    assert docs.indexes() == {"by_hand": True, "docs_id": True}


@pytest.mark.parametrize("phase", ["waiting for writers before build", "waiting for old snapshots"])
def test_a_build_that_somebody_cancels_leaves_nothing_and_says_so(
    docs: Any, steps: Any, screen: Any, phase: str
) -> None:
    step = steps.create("docs_id", "docs", "id", unique=True)
    hold = docs.writer("docs") if "writers" in phase else docs.old_snapshot()
    with hold as holder:
        run = docs.beside(lambda: docs.apply(step, screen=screen))
        docs.sql("SELECT pg_cancel_backend(%s)", docs.parked(phase))
        docs.eventually(lambda: any(sql.startswith("DROP INDEX") for sql in screen.statements))
        holder.rollback()
    (ending,) = run.result()
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert "57014" in ending.why
    assert ending.do == "Find who cancelled it"
    assert docs.indexes() == {}
    assert docs.apply(step)[0].end is End.DONE


@dataclass
class InTransactions:
    """A source whose connections begin transactions by themselves, as engines' do."""

    url: str

    def open(self) -> Any:
        return psycopg.connect(self.url)

    def __getattr__(self, name: str) -> Any:
        return getattr(Url(self.url), name)


def test_a_connection_that_begins_transactions_builds_all_the_same(
    docs: Any, steps: Any, screen: Any
) -> None:
    """CREATE INDEX CONCURRENTLY in a transaction is 25001."""
    with Session(InTransactions(docs.url)) as session:
        world = World(session, screen, Scope(docs.wants(steps.create("docs_id", "docs", "id"))))
        (ending,) = apply(world.look().plan, world)
    assert ending.end is End.DONE


HOSTILE = {
    "lock_timeout": ("20s", "1s"),
    "statement_timeout": ("20s", "0"),
    "transaction_timeout": ("20s", "0"),
    "idle_session_timeout": ("20s", "0"),
    "client_connection_check_interval": ("20s", "0"),
    "default_transaction_isolation": ("repeatable read", "read committed"),
}


@pytest.mark.parametrize("parameter", HOSTILE)
def test_no_default_of_a_role_or_database_holds_for_a_session(docs: Any, parameter: str) -> None:
    """Parked between statements too, as while an operator reads the plan."""
    if parameter not in docs.sql("SELECT name FROM pg_settings"):
        pytest.skip(f"{parameter} is newer than this server")
    hostile, held = HOSTILE[parameter]
    set_for_all(docs, parameter, hostile)
    with Session(Url(docs.url)) as session:
        assert session.rows(f"SHOW {parameter}") == [{parameter: held}]
        session.reconnect()
        assert session.rows(f"SHOW {parameter}") == [{parameter: held}]


def picky(docs: Any) -> None:
    docs.sql(
        "CREATE FUNCTION picky(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
        "IF t = 'p500' THEN RAISE 'I do not like %%', t; END IF; RETURN t; END $$".replace(
            "%%", "%"
        )
    )


def wordy(docs: Any) -> None:
    docs.sql(
        "UPDATE docs SET path = (SELECT string_agg(md5(n::text), ' ') "
        "FROM generate_series(1, 32500) AS n) WHERE id = 500"
    )


ROWS: dict[str, tuple[Callable[[Any], None], str]] = {
    "P0001": (picky, "(picky(path))"),
    "54000": (wordy, "to_tsvector('simple', path)"),
}


@pytest.mark.parametrize("before", [True, False], ids=["preflight", "build"])
@pytest.mark.parametrize("sqlstate", ROWS)
def test_the_row_that_a_function_refuses_is_named(
    docs: Any, steps: Any, screen: Any, sqlstate: str, before: bool
) -> None:
    prepare, text = ROWS[sqlstate]
    method = "gin" if "tsvector" in text else "btree"
    step = steps.create("docs_e", "docs", keys=(Key(f"({text})"),), method=method)
    if sqlstate == "P0001" or before:
        prepare(docs)
    if before:
        with Session(Url(docs.url)) as session:
            (found,) = preflight(session, look(session, Scope(docs.wants(step)))).findings
        what, do = found.what, found.do
        assert found.stops
    else:
        arrive = "UPDATE docs SET path = 'p500' WHERE id = 500"
        if sqlstate == "P0001":
            docs.sql("UPDATE docs SET path = 'q' WHERE id = 500")
            screen.meanwhile["CREATE INDEX"] = lambda: docs.sql(arrive)
        else:
            screen.meanwhile["CREATE INDEX"] = lambda: prepare(docs)
        (ending,) = docs.apply(step, screen=screen)
        assert (ending.end, ending.acted) == (End.FAILED, False)
        what, do = ending.why, ending.do
    assert sqlstate in what
    assert "p500" not in what + do
    assert docs.sql(do.partition("the row is ")[2])[0][0] == 500
    assert docs.indexes() == {}


def test_a_database_that_takes_no_writes_is_refused_before_anything(docs: Any, steps: Any) -> None:
    set_for_all(docs, "default_transaction_read_only", "on")
    with Session(Url(docs.url)) as session:
        view = look(session, Scope(docs.wants(steps.create("docs_id", "docs", "id"))))
        report = preflight(session, view)
    assert [f.what for f in report.general if f.stops] == [
        "role postgres writes nothing in database "
        f"{docs.sql('SELECT current_database()')[0]}: default_transaction_read_only is on, "
        "as some providers set it when a disk is full"
    ]


@pytest.mark.parametrize("kind", ["VIEW", "SEQUENCE"])
def test_what_is_no_table_takes_no_index(docs: Any, steps: Any, kind: str) -> None:
    """Postgres answers 42809."""
    docs.sql(f"CREATE {kind} other {'AS SELECT * FROM docs' if kind == 'VIEW' else ''}")
    (ending,) = docs.apply(steps.create("other_id", "other", "id"))
    assert (ending.end, ending.acted, ending.why) == (
        End.REFUSED,
        False,
        "there is no table other",
    )


@pytest.mark.parametrize("left_before", [False, True], ids=["nothing", "a leftover"])
def test_dropping_what_an_earlier_run_left_is_a_change_and_what_this_one_left_is_none(
    docs: Any, steps: Any, screen: Any, left_before: bool
) -> None:
    """A duplicate arrives during the build; the next look finds it, and nobody may move it."""
    step = steps.create("docs_id", "docs", "id", unique=True)
    if left_before:
        docs.sql("INSERT INTO docs (id) VALUES (1)")
        by_hand = f"CREATE UNIQUE INDEX CONCURRENTLY {steps.temporary(step)} ON docs (id)"
        with pytest.raises(psycopg.errors.UniqueViolation):
            docs.sql(by_hand)
        docs.sql("DELETE FROM docs WHERE path IS NULL")
    screen.meanwhile["CREATE UNIQUE INDEX"] = lambda: docs.sql("INSERT INTO docs (id) VALUES (1)")
    (ending,) = docs.apply(step, screen=screen)
    assert (ending.end, ending.acted) == (End.FAILED, left_before)
    drops = sum(sql.startswith("DROP INDEX") for sql in screen.statements)
    assert drops == 1 + left_before
    assert docs.indexes() == {}
