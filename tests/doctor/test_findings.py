"""What the doctor makes of values: ranks, counters, transactions, texts of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from outofband.doctor.asking import Asking, Candidate
from outofband.doctor.finding import Finding, fails, ranked
from outofband.doctor.indexes import Counted, Scans
from outofband.doctor.plans import numbered, of_queries
from outofband.doctor.sequential import Reading, judge, read_sequentially
from outofband.doctor.transactions import Holder, Waiting, in_the_way, judge_waiting
from outofband.model.names import QualifiedName
from outofband.stats.value import Relation
from outofband_lint.query import Query

MB = 1 << 20
DOCS = QualifiedName("docs", "public")


def relation(name: str = "docs", **given: Any) -> Relation:
    counted = {"seq_scan": 1000, "seq_tup_read": 10_000_000, "idx_scan": 0, "heap_bytes": 20 * MB}
    return Relation("public", name, 2560, 10_000, 20 * MB, **{**counted, **given})


def test_what_harms_now_comes_before_what_harms_more_but_later() -> None:
    little = Finding("a", "error", "little", harm=1)
    much = Finding("a", "error", "much", harm=100)
    later = Finding("a", "warning", "later", harm=1000)
    assert [f.what for f in ranked([later, little, much])] == ["much", "little", "later"]
    assert (fails([later], "error"), fails([later], "warning")) == (False, True)


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({}, True),
        ({"heap_bytes": 7 * MB}, False),
        ({"seq_scan": 9}, False),
        ({"idx_scan": 200_000}, False),  # a report now and then, beside a busy application
        ({"seq_tup_read": 5_000}, False),  # LIMIT stops it after a few rows
        ({"partition_of": "public.events"}, False),  # the whole is told
    ],
)
def test_a_table_is_read_sequentially_when_that_is_more_than_a_backup_does(
    given: dict[str, Any], is_told: bool
) -> None:
    whole = Relation("public", "events", 0, 0, 0, kind="partitioned table")
    found = list(read_sequentially([whole, relation(**given)], 8 * MB, None))
    assert bool(found) is is_told


def test_scans_count_by_the_rows_they_have_met() -> None:
    stopped_half_way = Reading(relation(seq_tup_read=5_000_000), None)
    assert stopped_half_way.read_bytes == 500 * 20 * MB
    never_analysed = Reading(Relation("public", "docs", 0, -1, 0, heap_bytes=MB, seq_scan=3), None)
    assert never_analysed.read_bytes == 3 * MB


def test_scans_of_partitions_are_not_scans_of_the_whole() -> None:
    finding = judge(Reading(relation(kind="partitioned table"), None), ["docs_id"], [], "")
    assert finding.evidence[0].startswith("about 1,000 sequential scans of partitions, which read")
    assert finding.cost.startswith("a query that asks all partitions reads 20 MB")


def test_an_index_to_come_is_the_next_command_unless_it_serves_no_query() -> None:
    lacking = Asking(Candidate("SELECT 1 FROM docs", "q"), frozenset({DOCS}), "op.create_index(…)")
    served = Asking(Candidate("SELECT 2 FROM docs", "r"), frozenset({DOCS}))
    apply = "outofband apply --to head"
    for queries, is_applied in (((), True), ((served, lacking), True), ((lacking,), False)):
        reading = Reading(relation(), None, queries)
        assert (judge(reading, [], ["docs_id"], apply).do == apply) is is_applied
    assert "op.create_index(…)" in judge(Reading(relation(), None, (lacking,)), ["i"], [], apply).do


def test_scans_that_are_over_are_a_note_where_every_query_was_planned() -> None:
    reading = Reading(relation(), None)
    severities = [judge(reading, ["docs_id"], [], "", asked).severity for asked in (0, 3)]
    assert severities == ["error", "note"]
    assert judge(reading, [], [], "", 3).severity == "error"


@pytest.mark.parametrize(
    ("since", "there_on", "doubt"),
    [
        ("2026-11-20", "2026-11-20", ""),
        ("2026-11-21", "2026-11-01", "that is less than 7 days: it may be needed all the same"),
        (None, "2026-11-01", "that is less than 7 days: it may be needed all the same"),
        ("2026-11-01", "2026-11-25", "it is known to be there since 2026-11-25 alone"),
        ("2026-11-01", None, "nobody knows since when it is there: one built lately"),
    ],
)
def test_an_index_is_called_unused_with_a_doubt_until_it_was_there_and_counted_for_long(
    since: str | None, there_on: str | None, doubt: str
) -> None:
    counted = Counted({}, since, "2026-11-27", standby=False)
    told = counted.doubt(Scans(0, 8192, there_on))
    assert told.startswith(doubt)
    assert bool(told) is bool(doubt)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1 FROM a WHERE b = :b AND c = :c OR d = :b", "b = $1 AND c = $2 OR d = $1"),
        ("SELECT 1 FROM a WHERE b = %(b)s AND c = %(c)s", "b = $1 AND c = $2"),
        ("SELECT 1 FROM a WHERE b = %s AND c = %s", "b = $1 AND c = $2"),
        ("SELECT 1 FROM a WHERE b = ? AND c = ?", "b = $1 AND c = $2"),
        ("SELECT 1 FROM a WHERE b = $2 AND c = $1", "b = $1 AND c = $2"),
    ],
)
def test_parameters_are_numbered_whatever_the_driver_calls_them(sql: str, expected: str) -> None:
    assert numbered(sql) == f"SELECT 1 FROM a WHERE {expected}"


def test_a_query_is_shown_without_its_constants_and_utility_statements_never() -> None:
    told = of_queries(
        [
            Query("find", "SELECT 1 FROM docs WHERE path = 'hunter2' AND id = :id", "q.sql", 1),
            Query("login", "ALTER ROLE docs PASSWORD 'hunter2'", "q.sql", 2),
        ],
        {"docs"},
    )
    assert [(c.name, c.sql) for c in told] == [
        ("find", "SELECT $2 FROM docs WHERE path = $3 AND id = $1")
    ]


def test_whoever_stands_at_the_head_of_a_queue_is_named_for_all_of_it() -> None:
    waiting = (
        Waiting(2, "AccessExclusiveLock", "docs", 9.0, (1,)),
        Waiting(3, "AccessShareLock", "docs", 4.0, (2,)),
    )
    (found,) = judge_waiting(waiting, (Holder(1, "job", "app", "idle in transaction", 900.0),))
    assert found.what == "2 sessions wait for pid 1 on docs"
    assert (found.harm, found.do) == (13.0, "Let it end, or run SELECT pg_terminate_backend(1);")


class Activity:
    """A reader of one old transaction, one that is hidden, and one prepared and lost."""

    def rows(self, sql: str, _: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        if "pg_prepared_xacts" in sql:
            return [{"gid": "x", "owner": "app", "age_seconds": 90.0, "table": "docs"}]
        about = {"application_name": "report", "role": "app", "locks": False}
        return [
            {"pid": 7, "state": "active", "age_seconds": 4000.0, **about},
            {"pid": 8, "state": "", "age_seconds": None, **about},
        ]

    def explain(self, _: str) -> None:
        raise AssertionError


def test_transactions_in_the_way_of_a_build_are_worse_the_longer_they_last() -> None:
    found = {f.severity: f for f in in_the_way(Activity(), [1], "reader")}
    assert "pid 7" in next(f.what for f in in_the_way(Activity(), [1], "reader"))
    assert "GRANT pg_read_all_stats TO reader" in found["note"].do
    assert "PREPARED" in found["error"].do
