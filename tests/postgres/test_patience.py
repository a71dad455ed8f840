"""Who is waited for, on a real server, and what giving up leaves."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from outofband import ephemeral
from outofband.catalog.reader import query
from outofband.postgres import monitor
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook import waiting
from outofband.runbook.conditions import lags
from outofband.runbook.ending import End
from outofband.runbook.hand import Blocker
from outofband.runbook.watch import Patient
from outofband.target import Target

SNAPSHOTS = "waiting for old snapshots"


@contextmanager
def building(
    docs: Any, statement: str = "CREATE INDEX CONCURRENTLY i ON docs (id)"
) -> Iterator[Any]:
    """A build by hand beside the test; gone when the block is left."""
    run = docs.by_hand(statement)
    try:
        yield run
    finally:
        docs.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = %s", statement)
        run.exception()


def blockers(docs: Any, pid: int, role: str = "") -> tuple[Blocker, ...]:
    url = docs.url.replace("postgres@", f"{role}@") if role else docs.url
    with Session(Url(url)) as session:
        return docs.eventually(
            lambda: (seen := monitor.look(session, pid)) and seen.waits_for, "a blocker"
        )


def test_a_blocker_is_named_with_state_age_and_query(docs: Any) -> None:
    with docs.old_snapshot() as old, building(docs):
        (who,) = blockers(docs, docs.parked(SNAPSHOTS))
        assert who.pid == old.info.backend_pid
        assert (who.role, who.state, who.query) == ("postgres", "idle in transaction", "SELECT 1")
        assert who.age_seconds is not None
        assert 0 <= who.age_seconds < 60
        assert who.signalled_by_us


@pytest.fixture
def stranger(docs: Any) -> Iterator[str]:
    docs.sql("CREATE ROLE outofband_stranger LOGIN")
    yield "outofband_stranger"
    docs.sql("DROP ROLE outofband_stranger")


def test_a_role_without_pg_read_all_stats_is_told_who_and_what_is_hidden(
    docs: Any, stranger: str
) -> None:
    with docs.old_snapshot() as old, building(docs):
        (who,) = blockers(docs, docs.parked(SNAPSHOTS), stranger)
        assert who == Blocker(
            old.info.backend_pid, "", "postgres", None, None, None, None, signalled_by_us=False
        )


def test_a_role_that_may_not_see_the_phase_sees_that_somebody_works(
    docs: Any, stranger: str
) -> None:
    with docs.writer("docs"), building(docs):
        pid = docs.parked("waiting for writers")
        with Session(Url(docs.url.replace("postgres@", f"{stranger}@"))) as session:
            seen = monitor.look(session, pid)
        assert seen is not None
        assert seen.phase == "waiting for a lock"
        assert len(seen.waits_for) == 1


@pytest.mark.parametrize("mode", ["ROW EXCLUSIVE", "SHARE"])
def test_a_prepared_transaction_is_named_by_what_it_is_called(docs_on: Any, mode: str) -> None:
    with ephemeral.server(settings={"max_prepared_transactions": "2"}) as own:
        docs = docs_on(own.url())
        with docs.transaction(
            "SELECT txid_current()", f"LOCK TABLE docs IN {mode} MODE"
        ) as open_one:
            open_one.execute("PREPARE TRANSACTION 'it''s open'")
        asked = {"relations": ["docs"], "snapshots": True}
        with Session(Url(docs.url)) as session:
            (found,) = session.rows(query("in_the_way"), asked)
        assert (found["pid"], found["gid"]) == (0, "it's open")
        with building(docs) as run:
            pid = docs.eventually(
                lambda: docs.sql(
                    "SELECT pid FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
                )
            )[0]
            (who,) = blockers(docs, pid)
            assert (who.pid, who.gid, who.role) == (0, "it's open", "postgres")
            docs.sql("ROLLBACK PREPARED 'it''s open'")
            run.result()


def test_what_a_session_costs_everybody_else_is_seen(docs: Any, stranger: str) -> None:
    with docs.old_snapshot() as old:
        pid = old.info.backend_pid
        with Session(Url(docs.url.replace("postgres@", f"{stranger}@"))) as session:
            before = monitor.burden(session, pid)
            docs.sql("INSERT INTO docs (id) SELECT n FROM generate_series(1, 100) AS n")
            after = monitor.burden(session, pid)
    assert before is not None
    assert after is not None
    assert after.wal_bytes > before.wal_bytes
    assert before.held_transactions is not None
    assert (after.held_transactions or 0) > before.held_transactions
    assert after.lag is None


def test_a_slot_that_nobody_reads_is_behind(docs_on: Any) -> None:
    with ephemeral.server(settings={"synchronous_commit": "on"}) as own:
        docs = docs_on(own.url())
        docs.sql("SELECT pg_create_physical_replication_slot('standby', true)")
        docs.sql("INSERT INTO docs (id) SELECT n FROM generate_series(1, 1000) AS n")
        with Session(Url(own.url())) as session:
            (lag,) = lags(session)
        assert (lag.name, lag.idle, lag.hidden) == ("slot standby", True, False)
        assert lag.bytes is not None
        assert lag.bytes > 10_000


def test_a_build_that_waits_too_long_is_given_up_and_leaves_nothing(
    docs: Any, steps: Any, screen: Any
) -> None:
    with docs.old_snapshot() as old:
        step = steps.create("docs_id", "docs", "id")
        (ending,) = docs.apply(step, screen=screen, patient=Patient(max_wait=0.4))
        assert (ending.end, ending.acted) == (End.WAITING, False)
        assert re.match(r"given up: waiting for old snapshots took \d+\.\d", ending.why)
        assert f"for pid {old.info.backend_pid}; lost is the finished index" in ending.why
        assert docs.indexes() == {}
    assert screen.statements[-1].startswith("DROP INDEX CONCURRENTLY")
    assert docs.apply(step)[0].end is End.DONE


def test_what_cannot_be_cleared_away_meanwhile_is_said_and_the_next_run_does_it(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    with docs.writer("docs"):
        (ending,) = docs.apply(step, screen=screen, patient=Patient(max_wait=0.4))
        assert ending.end is End.WAITING
        left = f"public.{steps.temporary(step)} is left, and the next run drops it"
        assert ending.why.endswith(left)
        assert "lost" not in ending.why
        assert docs.indexes() == {steps.temporary(step): False}
    assert docs.apply(step)[0].end is End.DONE
    assert docs.indexes() == {"docs_id": True}


def test_giving_up_one_build_stops_no_other(docs: Any, steps: Any) -> None:
    docs.sql("CREATE TABLE pages (id int)")
    one, two = steps.create("docs_id", "docs", "id"), steps.create("pages_id", "pages", "id")
    with docs.writer("docs"):
        ends = docs.apply(one, two, patient=Patient(max_wait=0.4))
    assert [ending.end for ending in ends] == [End.WAITING, End.DONE]


def test_anothers_build_is_waited_for_no_longer_and_goes_on(
    docs: Any, steps: Any, screen: Any
) -> None:
    with docs.old_snapshot():
        by_hand = docs.by_hand("CREATE INDEX CONCURRENTLY by_hand ON docs (path)")
        docs.parked(SNAPSHOTS)
        (ending,) = docs.apply(
            steps.create("docs_id", "docs", "id"), screen=screen, patient=Patient(max_wait=0.4)
        )
        assert (ending.end, ending.acted) == (End.WAITING, False)
        assert docs.phase() == SNAPSHOTS
    by_hand.result()
    assert docs.indexes() == {"by_hand": True}


@dataclass
class Late:
    """A database that is not reached, as is known only after the work is over."""

    asked: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def open(self) -> Any:
        self.asked.set()
        assert self.over.wait(60)
        raise Target("db").away_because("nothing listens there")

    target, describe = Target, str


def test_of_work_that_is_over_nobody_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(monitor, "_UNANSWERED_SECONDS", 0.0)  # it is not waited for
    database, said, before = Late(), [], {*threading.enumerate()}
    with monitor.Monitor(database).watching(1, lambda _: False, said.append, sever=None):
        assert database.asked.wait(60)
        looking = {*threading.enumerate()} - before
    database.over.set()
    for thread in looking:
        thread.join(60)
    assert said == []


@contextmanager
def left_behind(docs: Any, step: Any) -> Iterator[int]:
    """A build whose runner was killed: the server goes on with it, and waits."""
    with docs.old_snapshot():
        killed = docs.runner(step)
        pid = docs.parked(SNAPSHOTS)
        killed.kill()
        yield pid


def test_a_build_that_an_earlier_run_left_is_given_up_as_ones_own(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    with left_behind(docs, step) as pid:
        (ending,) = docs.apply(step, screen=screen, patient=Patient(max_wait=0.4))
        assert (ending.end, ending.acted) == (End.WAITING, True)
        assert re.match(r"given up: waiting for old snapshots took \d+\.\d", ending.why)
        assert "lost is the finished index" in ending.why
        assert docs.indexes() == {}
    said = f"the build that pid {pid} goes on with is given up: waiting for old snapshots took"
    assert any(line.startswith(said) for line in screen.said)
    assert docs.apply(step)[0].end is End.DONE


def test_one_that_was_left_and_holds_no_lock_is_given_up_too(docs: Any, steps: Any) -> None:
    step = steps.create("docs_id", "docs", "id")
    name = steps.temporary(step)
    with docs.old_snapshot():
        left = docs.by_hand(
            f"CREATE INDEX CONCURRENTLY {name} ON docs (id)",
            application_name=f"outofband:{name[-8:]}",
        )
        docs.parked(SNAPSHOTS)
        (ending,) = docs.apply(step, patient=Patient(max_wait=0.4))
        assert ending.end is End.WAITING
        assert "lost is the finished index" in ending.why
        assert docs.indexes() == {}
    assert isinstance(left.exception(), psycopg.errors.QueryCanceled)


def test_the_build_of_a_run_that_lives_goes_on(docs: Any, steps: Any) -> None:
    step = steps.create("docs_id", "docs", "id")
    with docs.old_snapshot():
        alive = docs.runner(step)
        pid = docs.parked(SNAPSHOTS)
        watched = "SELECT FROM pg_stat_activity WHERE application_name = 'outofband watches ' || %s"
        docs.eventually(lambda: docs.sql(watched, pid))
        (ending,) = docs.apply(step, patient=Patient(max_wait=0.4))
        assert ending.why.startswith("given up: another works on it")
        assert docs.phase() == SNAPSHOTS
    assert alive.wait() == 0
    assert docs.indexes() == {"docs_id": True}


def test_cancelling_a_run_cancels_what_it_was_attached_to(docs: Any, steps: Any) -> None:
    step, patient = steps.create("docs_id", "docs", "id"), Patient()
    with left_behind(docs, step):
        screen = docs.recorder()
        run = docs.beside(lambda: docs.apply(step, screen=screen, patient=patient))
        docs.eventually(lambda: any("another runner" in said for said in screen.said))
        patient.stopped.set()
        assert run.result()[0].why.startswith("given up: cancelled by the operator")
        assert docs.indexes() == {}


def test_a_late_cancel_leaves_the_session_as_it_was(docs: Any) -> None:
    with Session(Url(docs.url)) as session:
        session.cancel()
        row = session.rows("SELECT current_setting('lock_timeout') AS lock_timeout")[0]
        assert row["lock_timeout"] == "1s"


def test_a_stopped_run_starts_nothing_more(docs: Any, steps: Any, screen: Any) -> None:
    patient = Patient()
    patient.stopped.set()
    (ending,) = docs.apply(steps.create("docs_id", "docs", "id"), screen=screen, patient=patient)
    assert (ending.end, ending.why) == (End.WAITING, "cancelled by the operator")
    assert screen.statements == []
    assert replace(patient, max_wait=1.0).stopped.is_set()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are explained after a third of a second instead of ten."""
    monkeypatch.setattr(waiting, "EXPLAINED_AFTER_SECONDS", 0.3)


def pasted(docs: Any, screen: Any) -> str:
    """The statement that an explanation gives to paste, once it has come."""
    found = docs.eventually(
        lambda: [said for said in screen.said if "to end it" in said], "an explanation"
    )
    return str(found[0].partition(": ")[2].partition(" --")[0])


@pytest.mark.usefixtures("hurried")
def test_what_is_pasted_ends_the_wait_and_the_build_is_finished(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    old = psycopg.connect(docs.url, application_name="lunch")
    old.execute("LOCK TABLE docs IN ROW EXCLUSIVE MODE")
    run = docs.beside(lambda: docs.apply(step, screen=screen, patient=Patient()))
    statement = pasted(docs, screen)
    assert statement == f"SELECT pg_terminate_backend({old.info.backend_pid});"
    docs.sql(statement)
    assert run.result()[0].end is End.DONE
    assert any("(lunch, role postgres, idle in transaction" in said for said in screen.said)
    old.close()


@pytest.mark.usefixtures("hurried")
def test_a_running_query_is_shown_without_its_values_and_can_be_cancelled(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    sleeper = docs.by_hand("SELECT pg_sleep(100), 'Zq9' AS note")
    docs.eventually(lambda: docs.sql("SELECT FROM pg_stat_activity WHERE query LIKE '%Zq9%' "
                                     "AND pid <> pg_backend_pid()"))  # fmt: skip
    run = docs.beside(lambda: docs.apply(step, screen=screen, patient=Patient()))
    docs.sql(pasted(docs, screen))
    assert run.result()[0].end is End.DONE
    assert isinstance(sleeper.exception(), psycopg.errors.QueryCanceled)
    assert "    it runs: select pg_sleep(?), ? as note" in screen.said
    assert "Zq9" not in "".join(screen.said)


@pytest.mark.usefixtures("hurried")
def test_a_role_that_sees_little_is_told_what_it_can_do(
    docs: Any, steps: Any, screen: Any, stranger: str
) -> None:
    docs.sql(f"ALTER TABLE docs OWNER TO {stranger}")
    docs.sql(f"GRANT CREATE ON SCHEMA public TO {stranger}")
    step, url = steps.create("docs_id", "docs", "id"), docs.url.replace("postgres@", f"{stranger}@")
    with docs.old_snapshot() as old:
        run = docs.beside(lambda: docs.apply(step, screen=screen, patient=Patient(), url=url))
        pid = old.info.backend_pid
        assert pasted(docs, screen) == f"SELECT pg_cancel_backend({pid});"
    assert run.result()[0].end is End.DONE
    assert any("state and age hidden from this role" in said for said in screen.said)
    docs.sql(f"DROP OWNED BY {stranger} CASCADE")


def test_a_partitions_build_that_is_given_up_leaves_nothing_of_it(
    docs: Any, steps: Any, screen: Any
) -> None:
    docs.sql("CREATE TABLE logs (id int, day int) PARTITION BY RANGE (day)")
    docs.sql("CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (1) TO (2)")
    docs.sql("INSERT INTO logs VALUES (1, 1)")
    step = steps.create("logs_id", "logs", "id")
    with docs.old_snapshot():
        (ending,) = docs.apply(step, screen=screen, patient=Patient(max_wait=0.4))
        assert ending.end is End.WAITING
        assert screen.statements[-1].startswith("DROP INDEX CONCURRENTLY public.logs_1")
        assert list(docs.indexes()) == [steps.temporary(step)]
    assert docs.apply(step)[0].end is End.DONE
    assert set(docs.indexes().values()) == {True}
