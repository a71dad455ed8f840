"""A backfill is a step: every command that knows steps knows it."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from outofband import ready
from outofband.queue import extra

SPEC = """
from outofband.backfill import Keyset

kinds = Keyset(table="docs", key=["id"], set={"kind": "'k'"}, where="kind IS NULL")
"""
DECLARED = 'op.backfill_out_of_band("docs_kind", "docs", spec="fills:kinds")'
BARRIER = 'op.require_step("docs_kind")\n    op.alter_column("docs", "kind", nullable=False)'


@pytest.fixture
def filling(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project whose third revision declares a backfill, and whose fourth waits for it."""
    ini = project.folder / "alembic.ini"
    ini.write_text(f"{ini.read_text()}path_separator = os\nprepend_sys_path = {project.folder}\n")
    (project.folder / "fills.py").write_text(SPEC)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "fills", raising=False)
    importlib.invalidate_caches()
    table = 'op.execute("CREATE TABLE docs (id int PRIMARY KEY, kind text)")'
    project.revise("1", None, table)
    project.revise("2", "1", DECLARED)
    project.revise("3", "2", BARRIER)
    yield project
    sys.modules.pop("fills", None)


@pytest.fixture
def filled(filling: Any) -> Any:
    """The same with rows in the table, and the backfill declared."""
    filling.upgrade("1")
    filling.sql("INSERT INTO docs SELECT n FROM generate_series(1, 1000) AS n")
    filling.upgrade("2")
    return filling


def step_of(project: Any, *words: str) -> dict[str, Any]:
    (step,) = json.loads(project.run("status", "--format", "json", *words).out)["steps"]
    return dict(step)


def test_an_upgrade_defers_it_and_imports_nothing(
    filling: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    (filling.folder / "fills.py").write_text("raise RuntimeError")
    filling.upgrade("1")
    filling.sql("INSERT INTO docs VALUES (1)")
    capfd.readouterr()
    filling.upgrade("2")
    assert "deferred backfill docs_kind: no upgrade moves data" in capfd.readouterr().err
    assert "fills" not in sys.modules


def test_a_new_database_goes_through_the_barrier_in_one_upgrade(filling: Any) -> None:
    filling.upgrade("head")
    assert filling.sql("SELECT version_num FROM alembic_version") == [("3",)]
    step = step_of(filling)
    assert (step["state"], step["done"], step["reason"]) == ("finished", True, "the table is empty")
    assert filling.run("check").status == 0


def test_it_is_shown_done_and_then_the_barrier_opens(filled: Any) -> None:
    step = step_of(filled)
    assert (step["kind"], step["state"], step["done"]) == ("backfill", "absent", False)
    assert (step["progress"]["done"], step["progress"]["total"]) == (0, 1000)
    assert filled.run("check").status == 1
    plan = filled.run("plan").out
    assert "backfill docs_kind on docs" in plan
    assert "run fills:kinds, batch by batch" in plan
    assert "hazard writes-in-batches (docs)" in plan
    with pytest.raises(SystemExit) as refused:
        filled.upgrade("head")
    assert refused.value.code == 3
    done = filled.run("apply", "--accept", "writes-in-batches")
    assert done.status == 0, done.err
    assert "done     backfill docs_kind" in done.err
    assert filled.sql("SELECT count(*) FROM docs WHERE kind = 'k'") == [(1000,)]
    assert step_of(filled)["state"] == "finished"
    assert filled.run("check").status == 0
    filled.upgrade("head")


def test_status_says_how_far_it_is(filled: Any) -> None:
    filled.sql("UPDATE docs SET kind = 'k' WHERE id <= 250")
    line = filled.run("status").out.splitlines()[1]
    assert "███░░░░░░░░░ 25% of 1,000 rows" in line


def test_what_was_done_by_hand_needs_the_verdict_alone(filled: Any) -> None:
    filled.sql("UPDATE docs SET kind = 'mine'")
    step = step_of(filled)
    assert (step["state"], step["done"]) == ("finished", True)
    assert step["reason"] == "nothing is left to do"
    assert filled.run("check").status == 0
    assert filled.run("apply", "--yes").status == 0
    filled.upgrade("head")
    assert filled.sql("SELECT count(*) FROM docs WHERE kind = 'mine'") == [(1000,)]
    assert filled.run("apply", "--yes").err.strip() == "Nothing is pending."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "fills has no kinds"),
        ("import there_is_none", "there is no module there_is_none"),
        ("raise RuntimeError('a secret')", "importing it raises RuntimeError"),
        ("kinds = 7", "it is no spec"),
    ],
)
def test_a_spec_that_cannot_be_loaded_is_told_and_nothing_happens(
    filled: Any, text: str, why: str
) -> None:
    (filled.folder / "fills.py").write_text(text)
    assert why in step_of(filled)["reason"]
    done = filled.run("apply", "--yes")
    assert done.status == 3
    assert why in done.err
    assert "secret" not in done.err


def test_a_script_says_that_it_is_deferred_and_stops_at_the_barrier(filled: Any) -> None:
    out = io.StringIO()
    config = Config(filled.folder / "alembic.ini", output_buffer=out)
    with contextlib.redirect_stdout(io.StringIO()):
        command.upgrade(config, "1:head", sql=True)
    block, barrier = (t for t in out.getvalue().split(";\n\n") if "DO $outofband$" in t)
    told: list[str] = []
    with psycopg.connect(filled.url, autocommit=True) as session:
        session.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        session.execute(block)
        with pytest.raises(psycopg.errors.RaiseException, match="docs_kind is not done"):
            session.execute(barrier)
        assert told == ["outofband: deferred backfill docs_kind: outofband apply runs it"]
        assert filled.run("apply", "--yes").status == 0
        told.clear()
        session.execute(block)
        session.execute(barrier)
        assert told == []


@pytest.mark.parametrize("how", [(), ("--no-exec",)], ids=["run", "read"])
def test_lint_finds_nothing_wrong_with_it(filled: Any, how: tuple[str, ...]) -> None:
    found = json.loads(filled.run("lint", "--format", "json", *how).out)["findings"]
    assert [f for f in found if f["revision"] == "2"] == []


def test_lint_knows_what_a_script_has_of_it(filled: Any) -> None:
    out = io.StringIO()
    config = Config(filled.folder / "alembic.ini", output_buffer=out)
    command.upgrade(config, "1:head", sql=True)
    script = filled.folder / "script.sql"
    script.write_text("\n\n".join(t for t in out.getvalue().split("\n\n") if "outofband" in t))
    assert (
        json.loads(filled.run("lint", "--sql", str(script), "--format", "json").out)["findings"]
        == []
    )


def test_lint_wants_the_barrier_first(filled: Any) -> None:
    filled.revise("3", "2", 'op.execute("SELECT 1")\n    op.require_step("docs_kind")')
    found = json.loads(filled.run("lint", "--format", "json").out)["findings"]
    assert "barrier-not-first" in [f["rule"] for f in found]


def test_a_downgrade_leaves_what_is_done(filled: Any) -> None:
    assert filled.run("apply", "--yes").status == 0
    command.downgrade(Config(filled.folder / "alembic.ini"), "1")
    assert filled.sql("SELECT count(*) FROM docs WHERE kind = 'k'") == [(1000,)]
    assert filled.run("check").status == 0


def test_it_waits_for_what_it_comes_after(filled: Any) -> None:
    later = 'spec="fills:kinds", after=["docs_id"]'
    filled.revise(
        "3",
        "2",
        'op.create_index_out_of_band("docs_id", "docs", ["id"])\n'
        f'    op.backfill_out_of_band("again", "docs", {later})',
    )
    filled.upgrade("3")
    (again,) = (
        s
        for s in json.loads(filled.run("status", "--format", "json").out)["steps"]
        if s["name"] == "again"
    )
    assert again["waits_for"] == ["docs_id"]
    assert filled.run("apply", "--yes").status == 0


def test_outside_its_hours_it_does_not_begin(filled: Any) -> None:
    settings = Path(filled.folder / "pyproject.toml")
    settings.write_text('[tool.outofband]\ninline_max_bytes = 0\nwindow = "00:00-00:01 UTC"\n')
    done = filled.run("apply", "--yes")
    assert done.status in (0, 3)  # 0 in the first minute of the day
    assert done.status == 0 or "waiting  backfill docs_kind" in done.err


def test_ready_answers_for_it_once_there_is_a_verdict(filled: Any) -> None:
    with psycopg.connect(filled.url) as session:
        assert not ready(session, "docs_kind")
        assert filled.run("apply", "--yes").status == 0
        assert ready(session, "docs_kind")
        assert ready(session, "docs_kind", schema="public")
        assert not ready(session, "docs_kind", schema="elsewhere")


def test_the_verdict_is_written_on_an_empty_table_too(filling: Any) -> None:
    filling.upgrade("head")
    assert filling.run("apply", "--yes").status == 0
    with psycopg.connect(filling.url) as session:
        assert ready(session, "docs_kind")
    assert filling.run("apply", "--yes").err.strip() == "Nothing is pending."


def test_what_is_paused_before_it_begins_does_not_begin(filled: Any) -> None:
    assert filled.run("backfill", "pause", "docs_kind").status == 0
    assert step_of(filled)["state"] == "paused"
    refused = filled.run("apply", "--yes")
    assert refused.status == 3
    assert "it is paused" in refused.err
    assert "Run outofband backfill resume" in refused.err
    assert filled.run("check").status == 1
    assert filled.run("backfill", "resume", "docs_kind").status == 0
    assert filled.run("apply", "--yes").status == 0


def test_what_is_cancelled_may_be_wanted_after_all(filled: Any) -> None:
    filled.run("backfill", "cancel", "docs_kind")
    assert step_of(filled)["state"] == "cancelled"
    assert filled.run("apply", "--yes").status == 3
    filled.run("backfill", "resume", "docs_kind")
    assert filled.run("apply", "--yes").status == 0


def test_what_is_finished_is_not_said_to_be_paused(filled: Any) -> None:
    assert filled.run("apply", "--yes").status == 0
    told = filled.run("backfill", "pause", "docs_kind")
    assert told.err == "docs_kind is finished: nothing of it runs. Nothing was changed.\n"
    assert step_of(filled)["state"] == "finished"


def test_verify_tells_what_is_wrong_with_what_was_done(filled: Any) -> None:
    assert filled.run("apply", "--yes").status == 0
    right = filled.run("backfill", "verify", "docs_kind")
    assert (right.status, right.out, right.err) == (0, "", "docs_kind: nothing wrong\n")
    filled.sql("UPDATE docs SET kind = 'x' WHERE id <= 3")
    wrong = filled.run("backfill", "verify", "docs_kind", "--format", "json")
    assert wrong.status == 6
    assert json.loads(wrong.out) == {
        "name": "docs_kind",
        "wrong": ["rows of docs whose kind is another than it is filled with: 3"],
    }


def test_an_estimate_tries_batches_and_leaves_nothing(filled: Any) -> None:
    told = filled.run("backfill", "estimate", "docs_kind", "--yes", "--format", "json")
    assert told.status == 0, told.err
    entry = json.loads(told.out)
    assert (entry["left"], entry["unit"]) == (1000, "rows")
    assert 0 < entry["shortest"] <= entry["seconds"] <= entry["longest"]
    assert filled.sql("SELECT count(kind) FROM docs") == [(0,)]
    words = filled.run("backfill", "estimate", "docs_kind", "--yes").out
    assert words.startswith("left 1,000 rows, at ")
    assert "with one runner, without pauses" in words


def test_of_nothing_left_there_is_no_estimate(filled: Any) -> None:
    assert filled.run("apply", "--yes").status == 0
    told = filled.run("backfill", "estimate", "docs_kind", "--yes")
    assert told.status == 3
    assert "nothing is left to do" in told.err


def test_without_a_way_back_there_is_none(filled: Any) -> None:
    told = filled.run("backfill", "reverse", "docs_kind", "--yes")
    assert told.status == 3
    assert "docs_kind has no way back" in told.err


BOTH_WAYS = """
from dataclasses import dataclass
from outofband.backfill import Keyset

@dataclass(frozen=True)
class Both(Keyset):
    def reverse(self):
        return Keyset(self.table, self.key, {"kind": "NULL"}, "kind IS NOT NULL")

kinds = Both(table="docs", key=["id"], set={"kind": "'k'"}, where="kind IS NULL")
"""


def test_a_way_back_takes_the_verdict_with_it_and_leads_forth_again(filled: Any) -> None:
    (filled.folder / "fills.py").write_text(BOTH_WAYS)
    assert filled.run("apply", "--yes").status == 0
    back = filled.run("backfill", "reverse", "docs_kind", "--yes")
    assert back.status == 0, back.err
    assert filled.sql("SELECT count(kind) FROM docs") == [(0,)]
    assert step_of(filled)["state"] == "cancelled"
    with pytest.raises(SystemExit):
        filled.upgrade("head")
    filled.run("backfill", "resume", "docs_kind")
    assert filled.run("apply", "--yes").status == 0
    assert filled.sql("SELECT count(kind) FROM docs") == [(1000,)]
    filled.upgrade("head")


@pytest.mark.parametrize(("order", "status"), [("pause", "paused"), ("cancel", "cancelled")])
def test_a_way_back_that_is_under_way_is_what_is_stopped(
    filled: Any, order: str, status: str
) -> None:
    (filled.folder / "fills.py").write_text(BOTH_WAYS)
    assert filled.run("apply", "--yes").status == 0
    assert filled.run("backfill", "reverse", "docs_kind", "--yes").status == 0
    filled.sql("UPDATE outofband.backfill SET finished_at = NULL")  # as while it is under way
    told = filled.run("backfill", order, "docs_kind").err
    assert told.startswith(f"The way back of docs_kind is {status}; ")
    states = filled.sql("SELECT reverse, status FROM outofband.backfill ORDER BY reverse")
    assert states == [(False, "cancelled"), (True, status)]
    assert filled.run("backfill", "reverse", "docs_kind", "--yes").status == 0


def test_rows_that_fail_are_left_out_told_and_given_another_chance(filled: Any) -> None:
    text = SPEC.replace("'k'", "CASE WHEN id IN (7, 700) THEN (1 / (id - id))::text ELSE 'k' END")
    (filled.folder / "fills.py").write_text(text)
    failed = filled.run("apply", "--yes")
    assert failed.status == 4
    assert "998 of 1,000 rows are done; in quarantine are 0 units and 2 rows" in failed.err
    assert step_of(filled)["state"] == "quarantined"
    assert filled.run("check").status == 6
    rows = json.loads(filled.run("backfill", "quarantine", "docs_kind", "--format", "json").out)[
        "quarantine"
    ]
    assert [(r["unit"], r["key"], r["reason"]) for r in rows] == [
        ("docs", "7", "DivisionByZero"),
        ("docs", "700", "DivisionByZero"),
    ]
    (filled.folder / "fills.py").write_text(SPEC)
    sys.modules.pop("fills")
    filled.run("backfill", "resume", "docs_kind", "--quarantined")
    assert filled.run("apply", "--yes").status == 0
    assert filled.sql("SELECT count(kind) FROM docs") == [(1000,)]


@pytest.fixture
def failing(filled: Any) -> Any:
    """The same after two rows have failed."""
    text = SPEC.replace("'k'", "CASE WHEN id IN (7, 700) THEN (1 / (id - id))::text ELSE 'k' END")
    (filled.folder / "fills.py").write_text(text)
    assert filled.run("apply", "--yes").status == 4
    return filled


ABANDON = ("backfill", "abandon", "docs_kind")


def test_what_is_in_quarantine_may_be_given_up_for_good_and_that_be_taken_back(
    failing: Any,
) -> None:
    given_up = failing.run(*ABANDON, "docs", "--because", "nobody reads them")
    assert given_up.status == 0, given_up.err
    assert "backfill abandon docs_kind docs --undo takes that back" in given_up.err
    assert (step_of(failing)["state"], step_of(failing)["reason"]) == ("unfinished", "given up: 2")
    assert failing.run("apply", "--yes").status == 0
    step = step_of(failing)
    assert (step["state"], step["done"], step["reason"]) == ("finished", True, "given up: 2")
    assert step["progress"]["abandoned"] == 2
    assert failing.run("check").status == 0
    told = failing.run("backfill", "quarantine", "docs_kind")
    assert told.out.count("nobody reads them") == 2
    assert told.err == "2 in quarantine, of these given up 2\n"
    assert failing.run(*ABANDON, "docs", "--undo").status == 0
    assert step_of(failing)["state"] == "quarantined"
    assert failing.run("check").status == 6


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("docs",), 2, "why docs is given up is not told. Add --because"),
        (("docs", "--because", " "), 2, "Add --because"),
        (("--because", "x"), 2, "what is given up is not told"),
        (("docs", "--place", "a", "--because", "x"), 2, "Name one: a UNIT, or a host"),
        (("pages", "--because", "x"), 3, "it is not in quarantine, and no row of it was left out"),
        (("--place", "a", "--because", "x"), 3, "it is no host that holds units or is awaited"),
        (("docs", "--undo"), 3, "docs of docs_kind is as it was: it is not given up"),
    ],
)
def test_who_gives_up_says_what_and_why(
    failing: Any, words: tuple[str, ...], status: int, told: str
) -> None:
    ran = failing.run(*ABANDON, *words)
    assert (ran.status, told in ran.err) == (status, True), ran.err


HOSTS = """
from outofband.backfill import Batch, Progress, Spec

class Files(Spec):
    def progress(self, connection):
        return Progress(0, 0, "files")
    def hosts(self, connection):
        return ["disk-7"]
    def units(self, connection):
        return ()
    def batch(self, connection, unit, cursor, size):
        return Batch()

kinds = Files()
"""


def test_who_sees_nothing_to_do_from_here_says_of_which_hosts_nobody_knows(
    filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (filled.folder / "fills.py").write_text(HOSTS)
    step = step_of(filled)
    unheard = "hosts that have not listed what they hold: disk-7"
    assert (step["state"], step["done"], step["reason"]) == ("absent", False, unheard)
    assert step["progress"]["hosts_unheard"] == ["disk-7"]
    assert filled.run("check").status == 1
    done = filled.run("apply", "--yes")
    assert done.status in (3, 4)
    assert unheard in done.err
    assert (step_of(filled)["state"], step_of(filled)["reason"]) == ("unfinished", unheard)
    monkeypatch.setenv("OUTOFBAND_PLACE", "disk-7")
    assert filled.run("apply", "--yes").status == 0
    assert filled.run("check").status == 0


@pytest.mark.parametrize("module", ["procrastinate", "psycopg_pool"])
def test_a_worker_without_its_extra_says_what_to_install(
    filled: Any, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == module else object())
    told = filled.run("backfill", "worker", "--until-done")
    assert (told.status, told.out) == (2, "")
    assert told.err == (
        f"outofband: outofband backfill worker needs {module}. "
        "pip install 'alembic-outofband[worker]'. Nothing was changed.\n"
    )
    assert filled.sql("SELECT to_regnamespace('outofband')") == [(None,)]


def test_an_unknown_backfill_is_told_with_those_that_there_are(filled: Any) -> None:
    told = filled.run("backfill", "pause", "nothing")
    assert told.status == 2
    assert "There are: docs_kind" in told.err


def test_a_verdict_that_is_an_old_one_is_asked_for_again(filled: Any) -> None:
    assert filled.run("apply", "--yes").status == 0
    filled.sql("INSERT INTO docs SELECT n FROM generate_series(2001, 2010) AS n")
    assert filled.run("apply", "--yes").err.strip() == "Nothing is pending."
    filled.run("backfill", "resume", "docs_kind")
    assert step_of(filled)["state"] == "unfinished"
    done = filled.run("apply", "--yes")
    assert done.status == 0, done.err
    assert filled.sql("SELECT count(kind) FROM docs") == [(1010,)]
