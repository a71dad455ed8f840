"""What a preflight makes of the facts: values in, findings out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.runbook.hand import Lag
from outofband.runbook.plan import PlannedStep, plan
from outofband.runbook.preflight.connections import Connections, judge_connections
from outofband.runbook.preflight.finding import Finding, Report
from outofband.runbook.preflight.pooler import judge_pooler
from outofband.runbook.preflight.privileges import Rights, judge_rights
from outofband.runbook.preflight.replication import Slot, judge_lags, judge_slots
from outofband.runbook.preflight.schema import OwnSchema, judge_own_schema
from outofband.runbook.preflight.server import Server, judge_server
from outofband.runbook.preflight.tell import document, lines
from outofband.runbook.preflight.transactions import (
    Open,
    Prepared,
    judge_open,
    judge_prepared,
)
from outofband.runbook.provider import SELF_HOSTED

PRIMARY = Server(180006, "app user", "shop", 1237, standby=False, read_only=False)
OWNER = Rights(QualifiedName("docs", "main"), "docs_owner", False, True, True, True)
GIB = 1 << 30


def told(findings: Any) -> list[str]:
    """Each finding as one line: stop or warn, what, do."""
    return [f"{'stop' if f.stops else 'warn'} | {f.what} | {f.do}" for f in findings]


@pytest.fixture
def build(world: Any) -> PlannedStep:
    standing = world.standing(world.create(), State.ABSENT)
    return plan([standing], world.seen()).steps[0]


@pytest.fixture
def drop(world: Any) -> PlannedStep:
    seen = world.seen(world.index("docs_id"))
    standing = world.standing(world.drop(), State.VALID, index=world.index("docs_id"))
    return plan([standing], seen).steps[0]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, []),
        (
            {"standby": True, "read_only": True},
            ["stop | this database takes no writes: it is a st"],
        ),
        (
            {"read_only": True},
            ["stop | role app user writes nothing in database shop: default"],
        ),
        ({"version": 140000}, ["stop | PostgreSQL 14.0 builds corrupt indexes concurrently"]),
        ({"version": 140003}, ["stop | PostgreSQL 14.3 builds corrupt indexes concurrently"]),
        ({"version": 140004}, []),
    ],
)
def test_a_server_that_takes_no_writes_or_corrupts_indexes_is_refused(
    changed: dict[str, Any], says: list[str]
) -> None:
    found = told(judge_server(replace(PRIMARY, **changed), builds=True))
    assert len(found) == len(says)
    assert all(f.startswith(s) for f, s in zip(found, says, strict=True))


def test_on_14_3_what_builds_nothing_may_run() -> None:
    assert told(judge_server(replace(PRIMARY, version=140003), builds=False)) == []


@pytest.mark.parametrize(("protocol", "stops"), [(1237, False), (-1520744467, True)])
def test_a_process_id_that_is_not_the_servers_shows_a_pooler(protocol: int, stops: bool) -> None:
    assert [f.stops for f in judge_pooler(protocol, 1237, SELF_HOSTED)] == [True] * stops


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, []),
        (
            {"owns": False, "may_become_owner": False},
            [
                "stop | role app user does not own main.docs, docs_owner does | "
                "Connect as docs_owner, or let a superuser run "
                'GRANT docs_owner TO "app user";'
            ],
        ),
        (
            {"owns": False, "may_become_owner": False, "superuser_owns": True, "owner": "postgres"},
            [
                "stop | role app user does not own main.docs, postgres does | "
                "Connect as postgres, or let a superuser run "
                'ALTER TABLE main.docs OWNER TO "app user";'
            ],
        ),
        (
            {"owns": False},
            [
                "stop | role app user does not own main.docs, docs_owner does | "
                'Run this as the owner, whom "app user" may become: '
                "PGOPTIONS='-c role=docs_owner'"
            ],
        ),
        (
            {"may_create": False},
            [
                "stop | role app user may not create anything in schema main, not even an index "
                "of its own table | Let a superuser run "
                'GRANT CREATE ON SCHEMA main TO "app user";'
            ],
        ),
    ],
)
def test_what_a_role_lacks_is_told_with_the_exact_grant(
    build: PlannedStep, changed: dict[str, Any], says: list[str]
) -> None:
    assert told(judge_rights(build, replace(OWNER, **changed), PRIMARY, SELF_HOSTED)) == says


def test_a_drop_needs_the_owner_and_nothing_of_the_schema(drop: PlannedStep) -> None:
    rights = replace(OWNER, may_create=False)
    assert told(judge_rights(drop, rights, PRIMARY, SELF_HOSTED)) == []
    (found,) = judge_rights(drop, replace(rights, owns=False), PRIMARY, SELF_HOSTED)
    assert found.stops


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (OwnSchema(exists=False, may_create=True), None),
        (OwnSchema(exists=False, may_create=False), 'CREATE SCHEMA outofband AUTHORIZATION "app'),
        (OwnSchema(exists=True, may_create=False), "GRANT USAGE, CREATE ON SCHEMA outofband TO"),
    ],
)
@pytest.mark.parametrize("needed", [False, True])
def test_without_a_place_for_a_quarantine_only_a_dedupe_stops(
    own: OwnSchema, says: str | None, needed: bool
) -> None:
    found = list(judge_own_schema(own, PRIMARY, SELF_HOSTED, needed=needed))
    assert [f.stops for f in found] == ([needed] if says else [])
    assert all(says in f.do for f in found if says)


def open_one(pid: int, age: float | None, **given: Any) -> Open:
    plain = {"application_name": "psql", "role": "ann", "state": "active", "locks": False}
    return Open(pid=pid, age_seconds=age, **{**plain, **given})


def test_long_transactions_are_named_with_the_call_that_ends_them() -> None:
    found = judge_open(
        [open_one(7, 7200, state="idle in transaction"), open_one(8, 61), open_one(9, 59)], "app"
    )
    assert told(found) == [
        "warn | the build will wait for pid 7 (psql, ann, idle in transaction, open for 7,200 s) | "
        "Let it end, or run SELECT pg_terminate_backend(7);",
        "warn | the build will wait for pid 8 (psql, ann, active, open for 61 s) | "
        "Let it end, or run SELECT pg_cancel_backend(8);",
    ]


def test_of_many_long_transactions_three_are_named_and_the_rest_counted() -> None:
    found = told(judge_open([open_one(pid, 100) for pid in range(9)], "app"))
    assert len(found) == 4
    assert "6 more old transactions" in found[-1]


def test_transactions_of_hidden_age_are_counted_with_the_grant_that_shows_them() -> None:
    (found,) = told(judge_open([open_one(7, None, state="")], "app"))
    assert "1 transaction whose age role app may not see" in found
    assert found.endswith("GRANT pg_read_all_stats TO app; shows it")


@pytest.mark.parametrize(("age", "stops"), [(59.0, False), (60.0, True)])
def test_a_prepared_transaction_that_stays_is_not_waited_for(age: float, stops: bool) -> None:
    (found,) = judge_prepared([Prepared("it's", "ann", age, "main.docs")])
    assert found.stops is stops
    assert "ROLLBACK PREPARED 'it''s';" in found.do


@pytest.mark.parametrize(
    ("lag", "count"),
    [
        (Lag("replica r", 0, None), 0),
        (Lag("replica r", GIB - 1, 59.0), 0),
        (Lag("replica r", GIB, 1.0), 1),
        (Lag("slot s", 0, 60.0), 1),
        (Lag("slot s", GIB, 60.0, idle=True), 0),  # judge_slots tells of it
    ],
)
def test_a_replica_that_is_behind_already_is_told(lag: Lag, count: int) -> None:
    found = list(judge_lags([lag], "app"))
    assert [f.stops for f in found] == [False] * count


def test_replicas_whose_lag_is_hidden_are_told_with_the_grant() -> None:
    hidden = [Lag(f"replica {name}", None, None, hidden=True) for name in "ab"]
    (found,) = judge_lags(hidden, "app")
    assert "replica a, replica b" in found.what
    assert "GRANT pg_monitor TO app" in found.do


@pytest.mark.parametrize(
    ("slot", "says"),
    [
        (Slot("s", True, 5 * GIB, None), []),
        (Slot("s", False, GIB - 1, None), []),
        (Slot("s", False, GIB, None), ["warn | nobody reads replication slot s: it keeps 1.0 GB"]),
        (Slot("s", True, 0, GIB - 1), ["warn | replication slot s would be lost"]),
        (Slot("s", False, 0, GIB - 1), ["stop | replication slot s would be lost"]),
        (Slot("s", False, 0, GIB), []),
    ],
)
def test_a_slot_that_a_build_would_lose_or_bloat_is_told(slot: Slot, says: list[str]) -> None:
    found = told(judge_slots([slot], GIB))
    assert len(found) == len(says)
    assert all(f.startswith(s) for f, s in zip(found, says, strict=True))


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (Connections(1, None, None), None),
        (Connections(0, None, None), "max_connections"),
        (Connections(50, 0, None), "database"),
        (Connections(50, None, 0), "role"),
    ],
)
def test_too_few_connections_to_watch_by_are_told(left: Connections, says: str | None) -> None:
    found = list(judge_connections(left))
    assert all(says in f.what for f in found if says)
    assert len(found) == (0 if says is None else 1)


def test_what_stops_comes_first_and_keys_of_rows_leave_no_terminal(build: PlannedStep) -> None:
    report = Report(
        (
            Finding("it is late", "Go home"),
            Finding("no room", "Make some", stops=True, step=build.step, rows=("secret",)),
        )
    )
    assert lines(report) == [
        "not now: docs_id: no room",
        "    Make some.",
        "warning: it is late",
        "    Go home.",
    ]
    assert document(report)[1] == {
        "severity": "obstacle",
        "step": "docs_id",
        "message": "no room",
        "help": "Make some",
    }
    assert report.obstacle(build.step) == report.findings[1]


def test_what_stops_the_run_stops_every_step(build: PlannedStep) -> None:
    report = Report((Finding("no", stops=True),))
    assert report.obstacle(build.step) == report.findings[0]
