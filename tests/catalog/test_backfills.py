"""Where a backfill stands, by what is kept of it and what the data says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outofband import wire
from outofband.catalog.backfills import backfill_sight, told
from outofband.catalog.facts import BackfillFacts, Observation, TableFacts
from outofband.catalog.standing import standings
from outofband.catalog.verdict import Verdict, verdict
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.progress import Progress
from outofband.model.state import State
from outofband.model.step import Backfill, CreateIndex, DropIndex, Step, Wanted, WantedStep

DOCS = QualifiedName("docs")
FILL = Backfill("fill", DOCS, "app:fill")
TABLE = TableFacts(7, QualifiedName("docs", "public"), False, 8192, 10, {}, (), ())
BEGUN = BackfillFacts(begun=True, open=2)
ALL, SOME = Progress(10, 10), Progress(3, 10)


def seen(facts: BackfillFacts | None, table: TableFacts = TABLE) -> Observation:
    kept = {} if facts is None else {QualifiedName("fill"): facts}
    return Observation({DOCS: table}, backfills=kept)


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        (None, State.ABSENT, ""),
        (BackfillFacts(truth=SOME), State.ABSENT, ""),
        (BackfillFacts(truth="there is no module app"), State.ABSENT, "there is no module app"),
        (BackfillFacts(truth=ALL), State.FINISHED, "nothing is left to do"),
        (BEGUN, State.UNFINISHED, ""),
        (replace(BEGUN, truth=ALL), State.FINISHED, "nothing is left to do"),
        (replace(BEGUN, truth=ALL, running=1), State.RUNNING, ""),
        (replace(BEGUN, running=1, waits="a lock"), State.RUNNING, "waits: a lock"),
        (replace(BEGUN, status="paused"), State.PAUSED, ""),
        (replace(BEGUN, status="cancelled", running=1), State.CANCELLED, ""),
        (replace(BEGUN, quarantined=1), State.UNFINISHED, ""),
        (
            replace(BEGUN, open=0, quarantined=1, reason="it is truncated"),
            State.QUARANTINED,
            "in quarantine are 1 units and 0 rows: it is truncated",
        ),
        (
            replace(BEGUN, open=0, left_out=2),
            State.QUARANTINED,
            "in quarantine are 0 units and 2 rows",
        ),
        (replace(BEGUN, finished=True), State.FINISHED, ""),
    ],
)
def test_each_state_is_told_from_the_others(
    facts: BackfillFacts | None, state: State, reason: str
) -> None:
    sight = backfill_sight(FILL, seen(facts))
    assert (sight.state, sight.reason) == (state, reason)


EMPTY = replace(TABLE, heap_bytes=0)


def test_of_an_empty_table_nothing_is_to_be_done_unless_it_comes_from_elsewhere() -> None:
    assert backfill_sight(FILL, seen(None, EMPTY)).state is State.FINISHED
    files = replace(FILL, from_elsewhere=True)
    assert backfill_sight(files, seen(None, EMPTY)).state is State.ABSENT
    assert backfill_sight(FILL, seen(BEGUN, EMPTY)).state is State.UNFINISHED


def test_the_data_is_asked_only_where_there_is_no_verdict() -> None:
    asked: list[Backfill] = []

    def truth(step: Backfill) -> Progress:
        asked.append(step)
        return SOME

    for facts, table in ((replace(BEGUN, finished=True), TABLE), (None, EMPTY)):
        told(seen(facts, table), [FILL], truth)
    assert asked == []
    facts = told(seen(None), [FILL], truth).backfills[QualifiedName("fill")]
    assert (asked, facts.truth) == ([FILL], SOME)


def wanted(*steps: Step, ahead: bool = False) -> Wanted:
    return Wanted(tuple(WantedStep(step, f"r{n}", ahead) for n, step in enumerate(steps)))


def test_a_drop_on_its_table_waits_for_it() -> None:
    drop = DropIndex("old", DOCS)
    fill, dropped = standings(wanted(FILL, drop), seen(None))
    assert (fill.done, dropped.waits_for) == (False, ("fill",))


def test_it_waits_for_what_it_comes_after() -> None:
    build = CreateIndex(Index("ix", DOCS, (Key.of("id"),)))
    after = replace(FILL, after=("ix",))
    assert standings(wanted(build, after), seen(None))[1].waits_for == ("ix",)


def test_one_of_a_coming_revision_is_not_run_ahead() -> None:
    assert standings(wanted(FILL, ahead=True), seen(None)) == ()


def test_check_takes_quarantine_for_wrong_and_the_rest_for_pending() -> None:
    def judged(facts: BackfillFacts | None) -> Verdict:
        return verdict(standings(wanted(FILL), seen(facts)), {}, None)

    assert judged(replace(BEGUN, open=0, left_out=1)) is Verdict.WRONG
    assert judged(replace(BEGUN, status="paused")) is Verdict.PENDING
    assert judged(replace(BEGUN, finished=True)) is Verdict.FINE


def test_it_comes_through_the_pipe_as_it_was() -> None:
    step = Backfill("a\\b", QualifiedName("t", "s"), "app.m:x", ("ix",), from_elsewhere=True)
    assert wire.wanted_from_json(wire.wanted_to_json(wanted(step))) == wanted(step)
