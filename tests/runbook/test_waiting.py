"""Whom a build waits for, told in words that a person can paste, and never with rows."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.runbook.hand import Blocker, Progress
from outofband.runbook.waiting import (
    Patience,
    Wait,
    described,
    explained,
    query_shape,
    remedy,
)

SNAPSHOTS = "waiting for old snapshots"
WRITERS = "waiting for writers before build"


def blocker(**given: Any) -> Blocker:
    plain: dict[str, Any] = {
        "pid": 7, "application_name": "web", "role": "app", "state": "active", "age_seconds": 200.0,
    }  # fmt: skip
    return Blocker(**{**plain, **given})


def waits(phase: str, *pids: int) -> Progress:
    return Progress(phase, 0, 0, "", tuple(blocker(pid=pid) for pid in pids))


def told_at(looks: list[tuple[float, Progress]]) -> list[float]:
    """The moments at which a wait is explained."""
    patience, moments = Patience(), []
    for seconds, progress in looks:
        wait = patience.at(seconds, progress)
        if wait is not None and patience.is_to_be_told(wait):
            moments.append(seconds)
    return moments


WORKS = Progress("building index: scanning table", 1, 2, "blocks")


@pytest.mark.parametrize(
    ("looks", "moments"),
    [
        pytest.param([(0, waits(WRITERS, 7)), (9, waits(WRITERS, 7))], [], id="soon over"),
        pytest.param([(0, waits(WRITERS, 7)), (10, waits(WRITERS, 7))], [10], id="ten seconds"),
        pytest.param(
            [(t, waits(WRITERS, 7)) for t in (0, 10, 11, 69, 70, 71)], [10, 70], id="every minute"
        ),
        pytest.param(
            [(t, waits(WRITERS, 7 if t < 12 else 8)) for t in (0, 10, 12, 19, 20, 21)],
            [10, 20],
            id="somebody else",
        ),
        pytest.param(
            [(0, waits(WRITERS, 7)), (10, waits(WRITERS, 7)), (12, waits(SNAPSHOTS, 7)),
             (21, waits(SNAPSHOTS, 7)), (22, waits(SNAPSHOTS, 7))],
            [10, 22],
            id="each phase for itself",
        ),
        pytest.param(
            [(0, waits(WRITERS, 7)), (5, WORKS), (6, waits(WRITERS, 7)), (12, waits(WRITERS, 7))],
            [],
            id="it worked in between",
        ),
        pytest.param([(0, WORKS), (100, WORKS)], [], id="it works"),
        pytest.param([(0, waits(SNAPSHOTS)), (99, waits(SNAPSHOTS))], [], id="nobody to name"),
    ],
)  # fmt: skip
def test_a_wait_is_explained_when_it_lasts_and_when_it_is_another(
    looks: list[tuple[float, Progress]], moments: list[float]
) -> None:
    assert told_at(looks) == moments


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        (blocker(), "SELECT pg_cancel_backend(7);"),
        (blocker(state="idle in transaction"), "SELECT pg_terminate_backend(7);"),
        (blocker(state="idle in transaction (aborted)"), "SELECT pg_terminate_backend(7);"),
        (blocker(state=None), "SELECT pg_cancel_backend(7);"),
        (blocker(pid=0, gid="o'brien"), "ROLLBACK PREPARED 'o''brien';"),
    ],
)
def test_the_statement_to_paste_is_the_one_that_ends_it(who: Blocker, statement: str) -> None:
    assert remedy(who) == statement
    assert any(statement in line for line in explained(Wait(SNAPSHOTS, 12.0, (who,))))


def test_an_explanation_says_who_why_and_how_to_end_it() -> None:
    who = blocker(state="idle in transaction", query="SELECT * FROM t WHERE secret = 'Zq9'")
    assert list(explained(Wait(SNAPSHOTS, 12.0, (who,)))) == [
        "waiting for old snapshots for 12.0 s, since they might look for rows that the index does "
        "not have; whatever table they read, every older snapshot of this database counts",
        "  pid 7 (web, role app, idle in transaction, transaction open for 3 min 20 s)",
        "    its last query: select * from t where secret = ?",
        "    to end it: SELECT pg_terminate_backend(7); "
        "-- cancelling does nothing to an idle transaction",
    ]


def test_what_is_hidden_is_said_and_both_ways_are_given() -> None:
    who = blocker(state=None, age_seconds=None, query=None, signalled_by_us=False)
    told = "\n".join(explained(Wait(SNAPSHOTS, 12.0, (who,))))
    assert "pid 7 (web, role app, state and age hidden from this role)" in told
    assert "as role app, a member of pg_signal_backend, or a superuser: SELECT pg_cancel" in told
    assert "if it is idle in transaction: SELECT pg_terminate_backend(7);" in told


def test_a_prepared_transaction_has_no_process_to_end() -> None:
    who = blocker(pid=0, gid="g1", state="prepared", age_seconds=90.0, signalled_by_us=False)
    assert described(who) == "prepared transaction 'g1' (role app, prepared 1 min 30 s ago)"
    told = "\n".join(explained(Wait(WRITERS, 12.0, (who,))))
    assert "to end it, as role app or a superuser: ROLLBACK PREPARED 'g1';" in told
    assert "backend" not in told


@pytest.mark.parametrize(
    ("query", "shape"),
    [
        ("SELECT 1", "select ?"),
        ("UPDATE t SET a='Zq9', b = -12.5e3", "update t set a=?, b = -?"),
        ('SELECT "I d" FROM T WHERE "I d" = $1', 'select "I d" from t where "I d" = ?'),
        ("SELECT E'Zq9', $$Zq9$$, U&'Zq9', B'01', X'1F', .5", "select ?, ?, ?, ?, ?, ?"),
        ("SELECT x::text -- Zq9\n FROM t /* Zq9 */", "select x::text from t"),
        ("COPY t FROM 'Zq9", "COPY …"),
        (r"SELECT 'it\'s Zq9'", "SELECT …"),
        ("", ""),
        ("SELECT " + "a, " * 200, "select " + "a, " * 51 + "…"),
    ],
)  # fmt: skip
def test_a_query_is_shown_without_its_values(query: str, shape: str) -> None:
    assert query_shape(query) == shape
    assert "Zq9" not in query_shape(query)


@pytest.mark.parametrize(
    ("phase", "lost"),
    [
        (SNAPSHOTS, "the finished index: Postgres throws it away"),
        ("waiting for writers before validation", "the index that is built, but not validated"),
        (WRITERS, ""),
        ("waiting for a lock", ""),
    ],
)
def test_giving_up_loses_what_the_phase_has(phase: str, lost: str) -> None:
    assert Wait(phase, 1.0).lost == lost
