"""What a terminal and a program get of a rehearsal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from outofband.rehearse.at_size import Duration
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import json as json_report
from outofband.rehearse.report import text, words
from outofband.rehearse.report.waits import waits
from outofband.rehearse.run import Failure
from rehearsals import GIGABYTE, HOSTILE, finding, rehearsal, traced

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "rehearsal.schema.json").read_text())
BUILD = traced("-- why\nCREATE INDEX i ON t (a)", "t", mode="SHARE", scanned=("t",), created=("i",))
SIZED = rehearsal(BUILD, sizes={"t": 31 * GIGABYTE}, predicted=[finding()], seen=[finding("seen")])
FAILED = rehearsal(failure=Failure("it fails"), notes=["not run down"])
LONG = "a_name_of_sixty_three_bytes_that_a_framework_has_made_of_others"
CROWDED = rehearsal(
    *(traced(f"ALTER TABLE {LONG} ADD c{n} int", *(f"{LONG}{m}" for m in range(9))) for n in "ab"),
    sizes={LONG: GIGABYTE},
)


@pytest.mark.parametrize(
    ("seconds", "method", "said"),
    [
        (0.004, "", "under 50 ms"),
        (0.2, "", "under 1 s"),
        (3.21, "", "about 3.2 s"),
        (0.004, "1 MB read", "under 1 s"),
        (24.166, "4 GB read", "at least 24 s"),
        (256.4, "31 GB written", "at least 4.3 min"),
        (9_999.0, "1 TB read", "at least 2.8 h"),
        (864_000.0, "1 PB read", "at least 10 days"),
    ],
)
def test_a_time_has_one_unit_and_two_digits(seconds: float, method: str, said: str) -> None:
    assert words.time(Duration(seconds, method)) == said


def test_of_many_works_in_a_transaction_two_are_told() -> None:
    assert words.method(Duration(9, "a; b; c; d")) == "a; b; and 2 more"


def test_what_nobody_knows_stands_before_what_nobody_notices() -> None:
    statements = [
        traced("", "short", transaction=1),
        traced("", "unknown", scanned=("unknown",), transaction=2),
        traced("", "long", scanned=("long",), transaction=3),
        traced("", "read", mode="ACCESS_SHARE", scanned=("read",), transaction=4),
    ]
    found = waits(rehearsal(*statements, sizes={"long": GIGABYTE, "read": GIGABYTE}).holds)
    assert [each.table.name for each in found] == ["long", "unknown", "short"]
    assert [each.are_short for each in found] == [False, False, True]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("told", [SIZED, FAILED, CROWDED], ids=["sized", "failed", "crowded"])
def test_a_terminals_lines_are_no_wider_than_it_is(told: Rehearsal, width: int) -> None:
    lines = text.report(told, width=width).splitlines()
    names = (line for line in lines if len(line) > width)
    assert [line for line in names if LONG not in line] == []
    assert lines[-1].endswith(".")


def test_a_terminal_sees_the_statement_its_lock_its_time_and_the_verdict_last() -> None:
    lines = text.report(SIZED, width=120).splitlines()
    assert "     7  CREATE INDEX i ON t (a)" in lines
    assert "        SHARE on t: stops every write for at least 2.8 min" in lines
    assert lines[-1] == "2 errors: every write of t waits for at least 2.8 min."


def test_a_hostile_name_moves_no_cursor() -> None:
    for name in HOSTILE:
        told = text.report(rehearsal(traced(f"DROP TABLE {name}", name), notes=[name]))
        assert not {"\x1b", "\x07", "\r", "\u202e"} & {*told}


@pytest.mark.parametrize("told", [SIZED, FAILED, CROWDED, rehearsal()])
def test_the_json_is_as_its_schema_says(told: Rehearsal) -> None:
    jsonschema.validate(json.loads(json_report.report(told)), SCHEMA)


def test_a_program_gets_who_waits_and_how_long() -> None:
    told = json.loads(json_report.report(SIZED))
    (wait,) = told["waits"]
    assert (wait["table"], wait["what"], wait["bytes"]) == ("t", "every write", 31 * GIGABYTE)
    assert wait["for"]["at_least_seconds"] == pytest.approx(166.43, abs=0.1)
    unknown = json.loads(json_report.report(replace(rehearsal(BUILD))))
    assert unknown["waits"][0]["for"] is None
    jsonschema.validate(unknown, SCHEMA)
