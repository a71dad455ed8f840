"""Every state a step can be in, made on a real server and told right (contract, States)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from outofband.model.index import Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import Step, Wanted, WantedStep
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.hand import StatementFailed
from outofband.runbook.world import Scope, look

LAST_WAIT = "waiting for old snapshots"


@contextmanager
def cancelled_in_the_last_wait(db: Any, statement: str) -> Iterator[None]:
    """What is left by a build that gave up waiting for an old snapshot: it takes every write."""
    with db.old_snapshot():
        build = db.by_hand(statement)
        db.sql("SELECT pg_cancel_backend(%s)", db.parked(LAST_WAIT))
        with pytest.raises(psycopg.errors.QueryCanceled):
            build.result()
    yield


@contextmanager
def building(db: Any, statement: str, **parameters: str) -> Iterator[int]:
    """A build that lives while the block runs, in its last wait; yields its server process."""
    with db.old_snapshot():
        build: Future[Any] = db.by_hand(statement, **parameters)
        yield db.parked(LAST_WAIT)
    build.result()


def test_nothing_there_is_absent(docs: Any, steps: Any) -> None:
    assert docs.standing(steps.create("docs_id", "docs", "id")).state is State.ABSENT


def test_a_step_on_a_missing_table_is_absent_and_says_so(docs: Any, steps: Any) -> None:
    standing = docs.standing(steps.create("gone_id", "gone", "id"))
    assert (standing.state, standing.sight.reason) == (State.ABSENT, "there is no table gone")


def wanted(step: Step) -> Wanted:
    return Wanted((WantedStep(step, "r1"),))


@pytest.mark.parametrize(
    ("makes", "what"),
    [
        ("CREATE TABLE docs_id ()", "a table"),
        ("CREATE VIEW docs_id AS SELECT 1", "a view"),
        ("CREATE SEQUENCE docs_id", "a sequence"),
        ("CREATE TYPE docs_id AS (a int)", "a composite type"),
        ("CREATE INDEX docs_id ON other (id)", "an index of another table"),
    ],
)
def test_a_name_that_something_else_holds_is_different(
    docs: Any, steps: Any, makes: str, what: str
) -> None:
    docs.sql("CREATE TABLE other (id int)")
    docs.sql(makes)
    standing = docs.standing(steps.create("docs_id", "docs", "id"))
    assert (standing.state, what in standing.sight.reason) == (State.DIFFERENT, True)


@pytest.mark.parametrize("under", ["docs_kind", "temporary"])
def test_a_build_that_met_a_duplicate_is_invalid(docs: Any, steps: Any, under: str) -> None:
    step = steps.create("docs_kind", "docs", "kind", unique=True)
    name = under if under == "docs_kind" else steps.temporary(step)
    with pytest.raises(psycopg.errors.UniqueViolation):
        docs.sql(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON docs (kind)")
    assert docs.standing(step).state is State.INVALID


@pytest.mark.parametrize("under", ["docs_id", "temporary"])
def test_a_build_cancelled_in_its_last_wait_enforces(docs: Any, steps: Any, under: str) -> None:
    step = steps.create("docs_id", "docs", "id", unique=True)
    name = under if under == "docs_id" else steps.temporary(step)
    with cancelled_in_the_last_wait(docs, f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON docs (id)"):
        assert docs.standing(step).state is State.INVALID_ENFORCING
        with pytest.raises(psycopg.errors.UniqueViolation):
            docs.sql("INSERT INTO docs (id) VALUES (1)")


def test_a_build_under_our_application_name_is_ours(docs: Any, steps: Any) -> None:
    step = steps.create("docs_id", "docs", "id")
    mark = steps.temporary(step)[-8:]
    statement = f"CREATE INDEX CONCURRENTLY {steps.temporary(step)} ON docs (id)"
    with building(docs, statement, application_name=f"outofband:{mark}") as pid:
        standing = docs.standing(step)
        assert (standing.state, standing.sight.pid) == (State.BUILDING, pid)
    assert docs.standing(step).state is State.VALID_OTHER_NAME


@pytest.fixture
def reader(docs: Any) -> Iterator[str]:
    """The URL of a role that may read the tables and see nothing of other roles' sessions."""
    role = f"reader_{docs.sql('SELECT current_database()')[0]}"
    docs.sql(f"CREATE ROLE {role} LOGIN")
    docs.sql(f"GRANT SELECT ON docs TO {role}")
    yield docs.url.replace("postgres@", f"{role}@")
    docs.sql(f"DROP OWNED BY {role}")
    docs.sql(f"DROP ROLE {role}")


@pytest.mark.parametrize("role", ["superuser", "reader"])
def test_a_build_of_a_dba_is_told_from_a_dead_one(
    docs: Any, reader: str, steps: Any, role: str
) -> None:
    step = steps.create("docs_id", "docs", "id")
    with (
        building(docs, "CREATE INDEX CONCURRENTLY docs_id ON docs (id)", application_name="psql"),
        Session(Url(docs.url if role == "superuser" else reader)) as session,
    ):
        (standing,) = look(session, Scope(wanted(step))).standings
        assert standing.state is State.BUILDING_ELSEWHERE
        assert "(psql) works on the table" in standing.sight.reason


@pytest.mark.parametrize("setting", ["default_transaction_read_only", "a reading role"])
def test_looking_needs_no_right_to_write(docs: Any, reader: str, steps: Any, setting: str) -> None:
    """Nor does equality run DDL, which a read-only transaction would refuse."""
    docs.sql("CREATE INDEX by_hand ON docs (lower(path)) WHERE id > 5")
    step = steps.create("docs_idx", "docs", keys=(Key("(lower(path))"),), where="id>1+4")
    url = reader if setting == "a reading role" else f"{docs.url}&options=-c%20{setting}%3Don"
    with Session(Url(url)) as session:
        (standing,) = look(session, Scope(wanted(step))).standings
    assert standing.state is State.VALID_OTHER_NAME


@pytest.mark.parametrize("constraint", ["PRIMARY KEY", "UNIQUE"])
def test_an_index_that_a_constraint_owns_serves_as_well(
    docs: Any, steps: Any, constraint: str
) -> None:
    docs.sql(f"ALTER TABLE docs ADD CONSTRAINT docs_owned {constraint} (id)")
    standing = docs.standing(steps.create("docs_id", "docs", "id", unique=True))
    assert (standing.state, standing.done) == (State.CONSTRAINT_OWNED, True)


def test_the_index_of_a_partitioned_table_waits_for_its_partitions(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE events (id int) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)")
    step = steps.create("events_id", "events", "id")
    db.sql("CREATE INDEX events_id ON ONLY events (id)")
    assert db.standing(step).state is State.PARTITION_INCOMPLETE
    db.sql("CREATE INDEX events_1_id ON events_1 (id)")
    db.sql("ALTER INDEX events_id ATTACH PARTITION events_1_id")
    assert db.standing(step).state is State.VALID


def test_an_attached_index_of_a_partition_is_not_offered_for_renaming(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE events (id int) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)")
    db.sql("CREATE INDEX events_id ON events (id)")
    assert db.standing(steps.create("mine", "events_1", "id")).state is State.ABSENT


def test_what_a_downgrade_left_is_unwanted(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX docs_id ON docs (id)")
    later = WantedStep(steps.create("docs_id", "docs", "id"), "r9")
    (standing,) = docs.standings(unapplied=(later,))
    assert (standing.state, standing.done) == (State.UNWANTED, True)


def test_the_heap_is_summed_over_all_leaves(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE events (id int, day int) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE e1 PARTITION OF events FOR VALUES FROM (0) TO (500)")
    db.sql(
        "CREATE TABLE e2 PARTITION OF events FOR VALUES FROM (500) TO (2000) "
        "PARTITION BY LIST (day)"
    )
    db.sql("CREATE TABLE e2a PARTITION OF e2 DEFAULT")
    db.sql("INSERT INTO events SELECT n, 1 FROM generate_series(0, 999) AS n")
    with Session(Url(db.url)) as session:
        seen = look(session, Scope(wanted(steps.create("i", "events", "id")))).seen
    expected = db.sql("SELECT pg_relation_size('e1') + pg_relation_size('e2a')")[0]
    assert seen.table(QualifiedName("events")).heap_bytes == expected > 0


def test_a_table_without_columns_is_no_trouble(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE bare ()")
    assert db.standing(steps.create("i", "bare", "id")).state is State.ABSENT


@pytest.mark.usefixtures("docs")
def test_an_expression_that_means_nothing_has_no_form(session: Session) -> None:
    assert session.explain("SELECT gone FROM docs") is None
    assert session.explain("SELECT id FROM docs")


def test_a_lock_that_is_not_free_is_no_answer_about_an_expression(
    docs: Any, session: Session
) -> None:
    """Else a table that is locked for a moment would look like one that a person must decide on."""
    with (
        docs.transaction("LOCK TABLE docs IN ACCESS EXCLUSIVE MODE"),
        pytest.raises(StatementFailed, match="55P03"),
    ):
        session.explain("SELECT id FROM docs")


def test_who_keeps_a_look_waiting_is_named_with_the_call_that_ends_it(
    docs: Any, steps: Any
) -> None:
    """A deploy waits to lock the table behind a reader, and everybody else behind the deploy."""
    step = steps.create("docs_idx", "docs", "id")
    with docs.transaction("SELECT FROM docs LIMIT 1") as reader, Session(Url(docs.url)) as session:
        deploy = docs.by_hand("ALTER TABLE docs ADD more int")
        waits = "SELECT pid FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
        (pid,) = docs.eventually(lambda: docs.sql(waits))
        session.set("lock_timeout", "20ms")
        with pytest.raises(StatementFailed) as raised:
            look(session, Scope(docs.wants(step)))
        ahead = reader.info.backend_pid
        reader.rollback()
    deploy.result()
    told = str(raised.value)
    assert f"pid {pid} " in told
    assert f"waits for docs exclusively, behind pid {ahead}" in told
    assert f"SELECT pg_cancel_backend({pid});" in told
