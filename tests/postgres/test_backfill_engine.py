"""The engine does every unit once, whoever dies, and says why it waits or stops."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import copying
from copying import CALM, Copying, Told, run
from outofband.backfill.outcome import Verdict
from outofband.model.progress import Progress

SCRIPT = Path(copying.__file__)
LEASE_OVER = "UPDATE outofband.backfill_unit SET lease_until = now() - interval '1 s'"


@pytest.fixture
def units(db: Any) -> Any:
    """Five units of a hundred rows."""
    for statement in copying.SCHEMA:
        db.sql(statement)
    db.sql("INSERT INTO src SELECT 'u' || n % 5, n FROM generate_series(1, 500) AS n")
    return db


def copied_once(db: Any) -> bool:
    told = db.sql(
        "SELECT (SELECT count(*) FROM dst), (SELECT count(DISTINCT (unit, n)) FROM dst),"
        " (SELECT count(*) FROM src)"
    )
    return set(told[0]) == {500}


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(units: Any) -> Iterator[Start]:
    """Start runners as processes of their own, which take so long for a batch of ten rows: fifty
    batches are all there is.
    """
    children: list[subprocess.Popen[str]] = []

    def begin(slow: float, rows: int = 10) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPT), units.url, str(rows), str(slow)]
        children.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return children[-1]

    yield begin
    for child in children:
        with child:
            child.kill()


def verdict_of(child: subprocess.Popen[str]) -> str:
    return child.communicate()[0]


def has_begun(db: Any) -> Callable[[], bool]:
    return lambda: bool(
        db.sql("SELECT to_regclass('outofband.backfill_unit')")[0]
        and db.sql("SELECT sum(rows) > 0 FROM outofband.backfill_unit")[0]
    )


def test_every_unit_is_done_and_the_data_has_the_last_word(units: Any) -> None:
    spec, told = Copying(), Told()
    assert run(units.url, spec, told).verdict is Verdict.FINISHED
    assert copied_once(units)
    assert sorted(spec.settles) == ["u0", "u1", "u2", "u3", "u4"]
    assert told.shown[-1] == Progress(500, 500)
    row = units.sql("SELECT finished_at IS NOT NULL, done, total, waits FROM outofband.backfill")
    assert row == [(True, 500, 500, None)]


def test_what_is_done_already_is_finished_without_a_unit(units: Any) -> None:
    units.sql("INSERT INTO dst SELECT * FROM src")
    spec = Copying()
    assert run(units.url, spec).verdict is Verdict.FINISHED
    assert spec.sizes == []


def test_killed_at_any_moment_it_goes_on_where_it_was(units: Any, start: Start) -> None:
    for _ in range(3):
        child = start(slow=0.2)  # it must not end before it is killed
        before = units.sql("SELECT count(*) FROM dst")[0]
        units.eventually(lambda n=before: units.sql("SELECT count(*) > %s FROM dst", n)[0])
        child.kill()
        child.wait()
        units.sql(LEASE_OVER)
    assert run(units.url, Copying()).verdict is Verdict.FINISHED
    assert copied_once(units)


def test_a_lease_that_lives_is_left_alone_and_one_that_is_over_is_taken(
    units: Any, start: Start
) -> None:
    child = start(slow=0.5)  # it must be killed at its first unit, ten batches long
    units.eventually(has_begun(units))
    child.kill()
    child.wait()
    stopped = threading.Event()
    other = units.beside(lambda: run(units.url, Copying(), stopped=stopped))
    units.eventually(
        lambda: units.sql(
            "SELECT count(*) FILTER (WHERE done_at IS NULL) = 1 FROM outofband.backfill_unit"
        )[0]
    )
    assert not other.done()
    units.sql(LEASE_OVER)
    assert other.result().verdict is Verdict.FINISHED
    assert copied_once(units)


def test_two_runners_share_the_units(units: Any, start: Start) -> None:
    children = [start(slow=0.01), start(slow=0.01)]
    assert [verdict_of(child) for child in children] == ["finished", "finished"]
    assert copied_once(units)


def test_who_has_lost_its_lease_commits_nothing(units: Any) -> None:
    taken = threading.Event()

    class Slow(Copying):
        def batch(self, *given: Any) -> Any:
            batch = super().batch(*given)
            if not taken.is_set():
                taken.set()
                units.sql(
                    "UPDATE outofband.backfill_unit SET owner = gen_random_uuid(),"
                    " lease_until = now() - interval '1 s' WHERE owner IS NOT NULL"
                )
            return batch

    told = Told()
    assert run(units.url, Slow(), told).verdict is Verdict.FINISHED
    assert copied_once(units)
    assert any("is in other hands by now" in line for line in told.said)


def test_a_cut_connection_is_made_anew(units: Any) -> None:
    cut = threading.Event()

    class Cut(Copying):
        def batch(self, connection: Any, *given: Any) -> Any:
            batch = super().batch(connection, *given)
            if not cut.is_set():
                cut.set()
                units.sql("SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
            return batch

    told = Told()
    assert run(units.url, Cut(), told).verdict is Verdict.FINISHED
    assert copied_once(units)
    assert "the connection was lost; connecting again to see what is left" in told.said


@pytest.mark.parametrize("failing", ["damaged", "failing"])
def test_what_cannot_be_done_is_put_aside_with_its_reason(
    units: Any, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outofband.backfill.work._PAUSE_SECONDS", 0.0)
    spec, told = Copying(**{failing: ("u3",)}), Told()
    outcome = run(units.url, spec, told)
    assert outcome.verdict is Verdict.QUARANTINED
    assert outcome.why == "400 of 500 rows are done; in quarantine are 1 units and 0 rows"
    assert units.sql("SELECT count(*), count(*) FILTER (WHERE unit = 'u3') FROM dst") == [(400, 0)]
    (told_of,) = units.sql("SELECT reason FROM outofband.backfill_unit WHERE key = 'u3'")
    assert told_of == "the file is truncated" or told_of.startswith("ValueError at copying.py:")
    assert "secret" not in told_of


def test_what_the_driver_refuses_of_a_unit_is_put_aside_with_its_place(
    units: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WithNul(Copying):
        def batch(self, connection: Any, unit: Any, cursor: Any, size: Any) -> Any:
            if unit.key == "u3":
                connection.execute("SELECT %s", ["secret\0"])
            return super().batch(connection, unit, cursor, size)

    monkeypatch.setattr("outofband.backfill.work._PAUSE_SECONDS", 0.0)
    outcome = run(units.url, WithNul())
    assert outcome.why == "400 of 500 rows are done; in quarantine are 1 units and 0 rows"
    (told_of,) = units.sql("SELECT reason FROM outofband.backfill_unit WHERE key = 'u3'")
    assert told_of.startswith("DataError at test_backfill_engine.py:")


def test_a_unit_at_which_runners_die_is_put_aside(units: Any) -> None:
    outcome = run(units.url, Copying(damaged=("u0", "u1", "u2", "u3", "u4")))
    units.sql(
        "UPDATE outofband.backfill_unit SET quarantined_at = NULL, attempts = 2, retry_at = NULL,"
        " owner = gen_random_uuid(), lease_until = now() - interval '1 s'"
    )
    outcome = run(units.url, Copying())
    assert outcome.verdict is Verdict.QUARANTINED
    assert set(units.sql("SELECT reason FROM outofband.backfill_unit")) == {
        "3 runners in a row ended while they were at it"
    }


def test_a_timeout_halves_the_batch(units: Any) -> None:
    class Slow(Copying):
        def batch(self, connection: Any, unit: Any, cursor: Any, size: Any) -> Any:
            slow = size.rows > 30 and not self.sizes
            connection.execute("SELECT pg_sleep(%s)", (60 if slow else 0,))
            return super().batch(connection, unit, cursor, size)

    spec = Slow(replace(CALM, first_rows=60, most_rows=60, statement_timeout=1.0))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("outofband.backfill.pace._SHORTEST", 0.0)
        assert run(units.url, spec).verdict is Verdict.FINISHED
    assert spec.sizes[0] == 30
    assert copied_once(units)


def test_rows_that_others_lock_are_waited_for(units: Any) -> None:
    spec, told = Copying(replace(CALM, lock_timeout=0.05)), Told()
    with units.transaction("LOCK TABLE dst IN SHARE MODE"):
        other = units.beside(lambda: run(units.url, spec, told))
        units.eventually(lambda: any("met a lock" in line for line in told.said))
        waits = "SELECT waits LIKE 'batches in a row that met a lock, %' FROM outofband.backfill"
        units.eventually(lambda: units.sql(waits) == [True])
    assert other.result().verdict is Verdict.FINISHED
    assert copied_once(units)


@pytest.mark.parametrize(("status", "verdict"), [("paused", "paused"), ("cancelled", "cancelled")])
def test_an_operator_ends_it_between_two_batches(
    units: Any, start: Start, status: str, verdict: str
) -> None:
    child = start(slow=0.5)  # it must not have ended before the order comes
    units.eventually(has_begun(units))
    units.sql("UPDATE outofband.backfill SET status = %s", status)
    assert verdict_of(child) == verdict
    assert 0 < units.sql("SELECT count(*) FROM dst")[0] < 500
    assert units.sql("SELECT count(*) FROM outofband.backfill_unit WHERE owner IS NOT NULL") == [0]
    assert run(units.url, Copying()).verdict.value == verdict
    units.sql("UPDATE outofband.backfill SET status = 'active'")
    assert run(units.url, Copying()).verdict is Verdict.FINISHED
    assert copied_once(units)


def test_units_of_another_host_are_left_to_it(units: Any) -> None:
    spec = Copying(places={"u1": "far", "u2": "near"})
    outcome = run(units.url, spec, places=("near",))
    assert (outcome.verdict, outcome.why) == (
        Verdict.ELSEWHERE,
        "what is left is bound to other hosts: 1 units",
    )
    assert run(units.url, spec, places=("far",)).verdict is Verdict.FINISHED
    assert copied_once(units)


def test_a_unit_that_comes_meanwhile_is_done_too(units: Any) -> None:
    class Late(Copying):
        def settle(self, unit: Any) -> None:
            if not self.settles:
                units.sql("INSERT INTO src VALUES ('late', 1)")
            super().settle(unit)

    spec = Late()
    assert run(units.url, spec).verdict is Verdict.FINISHED
    assert "late" in spec.settles


def test_a_spec_that_counts_what_it_does_not_do_is_stuck(units: Any) -> None:
    class Wrong(Copying):
        def progress(self, _: Any) -> Progress:
            return Progress(1, 2)

    outcome = run(units.url, Wrong())
    assert outcome.verdict is Verdict.STUCK
    assert outcome.why == "every unit is done, and 1 of 2 rows are done"


def test_what_the_server_refuses_to_everybody_puts_nothing_aside(units: Any) -> None:
    class Denied(Copying):
        def batch(self, connection: Any, *given: Any) -> Any:
            connection.execute("SELECT * FROM there_is_none")
            return super().batch(connection, *given)

    outcome = run(units.url, Denied())
    assert outcome.verdict is Verdict.STUCK
    assert "there_is_none" in outcome.why
    assert units.sql(
        "SELECT count(*) FROM outofband.backfill_unit WHERE quarantined_at IS NOT NULL"
        " OR owner IS NOT NULL"
    ) == [0]


def test_a_unit_whose_settling_failed_is_settled_by_the_next_run(units: Any) -> None:
    class Failing(Copying):
        def settle(self, unit: Any) -> None:
            if unit.key == "u2":
                raise OSError("no")
            super().settle(unit)

    told = Told()
    assert run(units.url, Failing(), told).verdict is Verdict.FINISHED
    assert any(line.startswith("u2 is done, and not settled: OSError at ") for line in told.said)
    spec = Copying()
    assert run(units.url, spec).verdict is Verdict.FINISHED
    assert spec.settles == ["u2"]


def test_one_host_does_not_finish_while_another_has_work(units: Any) -> None:
    class Own(Copying):
        """As a spec that sees the files of its own host alone."""

        def progress(self, _: Any) -> Progress:
            return Progress(1, 1)

    run(units.url, Copying(places={"u1": "far"}), places=("near",))
    outcome = run(units.url, Own(places={"u1": "far"}), places=("near",))
    assert outcome.verdict is Verdict.ELSEWHERE
    assert units.sql("SELECT count(*) FROM outofband.backfill WHERE finished_at IS NOT NULL") == [0]


def test_a_unit_that_comes_after_one_in_quarantine_is_done(units: Any) -> None:
    damaged = Copying(damaged=("u3",))
    assert run(units.url, damaged).verdict is Verdict.QUARANTINED
    units.sql("INSERT INTO src VALUES ('late', 1)")
    outcome = run(units.url, damaged)
    assert outcome.verdict is Verdict.QUARANTINED
    assert units.sql("SELECT count(*) FROM dst WHERE unit = 'late'") == [1]


def test_a_batch_that_lasts_keeps_its_lease(units: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is renewed while the batch is at work, as often as somebody looks."""
    monkeypatch.setattr("outofband.backfill.heart.LEASE_SECONDS", 0.3)  # a beat is a third of it
    over = threading.Event()

    class Long(Copying):
        def batch(self, *given: Any) -> Any:
            batch = super().batch(*given)
            assert over.wait(60)
            return batch

    long = Long(replace(CALM, first_rows=1000, most_rows=1000))
    units.sql("DELETE FROM src WHERE unit <> 'u0'")
    first = units.beside(lambda: run(units.url, long))
    units.eventually(lambda: long.sizes)
    second = Copying(replace(CALM, first_rows=1000, most_rows=1000))
    other = units.beside(lambda: run(units.url, second))
    until = "SELECT lease_until FROM outofband.backfill_unit"
    for _ in range(2):
        (before,) = units.sql(until)
        units.eventually(lambda before=before: units.sql(until)[0] > before)
    over.set()
    assert [run.result().verdict for run in (first, other)] == [Verdict.FINISHED] * 2
    assert second.sizes == []


@pytest.mark.parametrize("method", ["progress", "units"])
def test_a_spec_that_raises_where_nothing_can_be_put_aside_is_told_in_words(
    units: Any, method: str
) -> None:
    class Broken(Copying):
        pass

    def broken(*_: Any) -> Any:
        raise ValueError("the secret of the row")

    setattr(Broken, method, broken)
    outcome = run(units.url, Broken())
    assert outcome.verdict is Verdict.STUCK
    assert outcome.why.startswith("the spec raises an exception: ValueError at test_backfill_")
    assert "secret" not in outcome.why
