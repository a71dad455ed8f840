"""What a step took, added up from looks at it."""

from __future__ import annotations

from outofband.runbook.events import Failure, PhaseTime, Record, WaitTime, as_json
from outofband.runbook.hand import Blocker, Progress

SCAN, WRITERS = "building index: scanning table", "waiting for writers before build"
WEB = Blocker(7, "web", "app", "active", 1.0, "SELECT 'Zq9'")
PREPARED = Blocker(0, "", "app", "prepared", 1.0, None, "g1")


def looks(*seen: tuple[float, Progress], until: float) -> Record:
    record = Record()
    for seconds, progress in seen:
        record.look(seconds, progress)
    record.pause(until)
    return record


def at(phase: str, *whom: Blocker) -> Progress:
    return Progress(phase, 0, 0, "", whom)


def test_time_goes_to_the_phase_that_was_seen() -> None:
    record = looks((0.0, at(WRITERS, WEB)), (2.0, at(WRITERS, WEB)), (3.0, at(SCAN)), until=10.0)
    assert list(record.phases.values()) == [PhaseTime(WRITERS, 3.0, 3.0), PhaseTime(SCAN, 7.0, 0.0)]
    assert list(record.waits.values()) == [WaitTime(7, "web", "app", WRITERS, 3.0)]


def test_builds_of_one_step_add_up_and_the_time_between_them_is_nobodys() -> None:
    record = looks((0.0, at(SCAN)), until=1.0)
    record.look(5.0, at(SCAN))
    record.pause(7.0)
    record.pause(9.0)
    assert list(record.phases.values()) == [PhaseTime(SCAN, 3.0, 0.0)]


def test_a_phase_begins_once_and_again_after_another() -> None:
    record = Record()
    begun = [record.look(float(n), at(p)) for n, p in enumerate((WRITERS, WRITERS, SCAN, WRITERS))]
    assert begun == [True, False, True, True]


def test_a_prepared_transaction_is_named_in_what_was_waited_for() -> None:
    record = looks((0.0, at(WRITERS, WEB, PREPARED)), until=4.0)
    named = [(w.application_name, w.seconds) for w in record.waits.values()]
    assert named == [("web", 4.0), ("prepared g1", 4.0)]


def test_an_event_as_json_says_what_it_is_of_which_run_and_when() -> None:
    told = as_json(Failure("docs_id", "57014", "canceled"), "r1", "2026-11-27T06:00:00.000+00:00")
    assert told == {
        "event": "failure",
        "run": "r1",
        "at": "2026-11-27T06:00:00.000+00:00",
        "step": "docs_id",
        "sqlstate": "57014",
        "message": "canceled",
    }
