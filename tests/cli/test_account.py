"""What a run gives to programs: events, the journal, a command at its end."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

from commands import OUTOFBAND, Command

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "events.schema.json").read_text())
RULES = jsonschema.Draft202012Validator(SCHEMA)


def events(out: str) -> list[dict[str, Any]]:
    """The events of a run, each as its schema wants it."""
    told = [json.loads(line) for line in out.splitlines()]
    for event in told:
        RULES.validate(event)
    assert len({event["run"] for event in told}) == 1
    return told


def kinds(told: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in told]


def test_a_run_tells_its_events_as_lines_that_fit_the_schema(project: Any) -> None:
    project.filled("3")
    ran = project.run("apply", "--yes", "--format", "json", "--only", "pages_id")
    told = events(ran.out)
    of_looks = {"phase", "progress"}  # at a build that lasts long enough
    assert [kind for kind in kinds(told) if kind not in of_looks] == [
        "run_started", "step_started", "statement", "statement", "step_ended", "run_ended",
    ]  # fmt: skip
    assert told[0]["steps"] == [told[1]["step"]]
    assert told[-1]["outcome"] == "done"
    assert told[-1]["next"] == ""
    assert [step["outcome"] for step in told[-1]["steps"]] == ["done"]
    assert told[2]["sql"] in ran.err


def test_the_page_and_the_schema_know_the_same_events() -> None:
    page = (DOCS / "events.md").read_text()
    named = [event["title"] for event in SCHEMA["oneOf"]]
    assert all(f"| `{name}` |" in page for name in named)
    assert page.count("\n| `") == len(named)


@pytest.mark.parametrize(
    ("words", "status", "outcome"),
    [
        ([], 3, "refused"),
        (["--yes", "--database-url", "postgresql://127.0.0.1:1/shop"], 5, "unknown"),
        (["--yes", "--only", "nothing"], 2, "misuse"),
        (["--yes"], 4, "partly_done"),
    ],
)
def test_a_run_that_fails_ends_with_its_status_and_why(
    project: Any, words: list[str], status: int, outcome: str
) -> None:
    project.filled("3")
    project.sql("INSERT INTO docs (id) VALUES (7)")
    ran = project.run("apply", "--format", "json", *words)
    ended = events(ran.out)[-1]
    assert (ran.status, ended["exit_status"], ended["outcome"]) == (status, status, outcome)
    assert ended["why"]
    assert ended["next"].startswith("outofband apply")


def test_nothing_to_do_is_an_end_of_its_own(project: Any) -> None:
    project.filled("1")
    (ended,) = events(project.run("apply", "--format", "json").out)
    assert (ended["event"], ended["outcome"], ended["steps"]) == ("run_ended", "done", [])


def test_no_value_of_a_row_is_in_an_event(project: Any) -> None:
    project.filled("1")
    project.revise("2", "1", 'op.create_index_out_of_band("u", "docs", ["path"], unique=True)')
    project.sql("INSERT INTO docs VALUES (1, 'Zq9'), (2, 'Zq9')")
    project.upgrade("2")
    ran = project.run("apply", "--yes", "--format", "json", "--dedupe", "identical")
    assert ran.status in (3, 4)
    assert "Zq9" not in ran.out
    assert "Zq9" not in project.run("journal", "--format", "json").out


def test_a_reader_of_events_that_goes_away_stops_nothing(project: Any) -> None:
    project.filled("3")
    reads, writes = os.pipe()
    os.close(reads)
    ran = Command([OUTOFBAND, "apply", "--yes", "--format", "json"], project.folder, out=writes)
    os.close(writes)
    (err,) = ran.communicate(timeout=240)
    assert ran.returncode == 0, err
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
    assert project.indexes() == ["docs_pkey", "pages_id"]


def teller(project: Any) -> tuple[str, Path]:
    """A command that keeps what it is given, and the file it keeps it in."""
    kept = project.folder / "kept.json"
    script = project.folder / "tell.py"
    keep = f"pathlib.Path({str(kept)!r}).write_text(sys.stdin.read())"
    script.write_text(f"import sys, pathlib\n{keep}\nprint('told')\n")
    return f"{sys.executable} {script}", kept


@pytest.mark.parametrize("way", ["option", "setting"])
def test_the_command_is_given_the_summary(project: Any, way: str) -> None:
    project.filled("3")
    command, kept = teller(project)
    words = ["--notify", command] if way == "option" else []
    if way == "setting":
        settings = f"[tool.outofband]\ninline_max_bytes = 0\nnotify = {json.dumps(command)}\n"
        (project.folder / "pyproject.toml").write_text(settings)
    ran = project.run("apply", "--yes", *words)
    assert ran.status == 0
    (told,) = events(kept.read_text())
    assert (told["event"], told["outcome"]) == ("run_ended", "done")
    assert {step["name"] for step in told["steps"]} == {
        "docs_temp",
        "docs_unique",
        "docs_pkey",
        "pages_id",
    }
    assert ran.out == ""
    assert "told" in ran.err


def test_the_command_hears_of_failures_too(project: Any) -> None:
    project.filled("2")
    project.sql("INSERT INTO docs (id) VALUES (7)")
    command, kept = teller(project)
    assert project.run("apply", "--yes", "--only", "docs_unique", "--notify", command).status == 3
    (told,) = events(kept.read_text())
    assert (told["outcome"], told["why"]) == ("refused", "public.docs has duplicate rows")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-command --now", "notify: no-such-command could not be run: No such file"),
        ("false", "notify: false exited with 1"),
    ],
)
def test_a_command_that_fails_is_told_and_changes_nothing(
    project: Any, command: str, said: str
) -> None:
    project.filled("3")
    ran = project.run("apply", "--yes", "--notify", command)
    assert ran.status == 0
    assert said in ran.err


@pytest.mark.parametrize("command", ["", "tell 'unfinished"])
def test_a_command_that_cannot_be_read_is_a_wrong_call(project: Any, command: str) -> None:
    project.filled("3")
    ran = project.run("apply", "--yes", "--notify", command)
    assert ran.status == 2
    assert project.indexes() == []


def test_whoever_agreed_to_nothing_hears_of_nothing(project: Any) -> None:
    project.filled("3")
    command, kept = teller(project)
    assert project.run("apply", "--notify", command).status == 3
    assert not kept.exists()


def test_a_run_that_is_detached_is_told_and_kept(project: Any) -> None:
    project.filled()
    command, kept = teller(project)
    phase = "SELECT phase FROM pg_stat_progress_create_index WHERE datname = current_database()"
    with psycopg.connect(project.url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1")
        words = ["--only", "docs_unique", "--format", "json", "--notify", command]
        child = Command([OUTOFBAND, "apply", "--yes", *words], project.folder)
        while '"waiting for old snapshots"' not in child.printed()[0]:
            assert child.poll() is None
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        out, _ = child.communicate(timeout=240)
        assert child.returncode == 4
        assert project.sql(phase) == [("waiting for old snapshots",)]
    ended = events(out)[-1]
    assert (ended["outcome"], ended["exit_status"]) == ("detached", 4)
    assert ended["still_running"][0].startswith("CREATE UNIQUE INDEX CONCURRENTLY docs_unique__ob")
    assert [step["outcome"] for step in ended["steps"]] == ["detached"]
    assert json.loads(kept.read_text())["outcome"] == "detached"
    told = json.loads(project.run("journal", "--format", "json").out)["journal"]
    assert [(line["step"], line["event"]) for line in told] == [
        ("docs_unique", "started"),
        ("docs_unique", "detached"),
    ]


def test_the_journal_is_shown_as_a_table(project: Any) -> None:
    project.filled("3")
    ran = project.run("journal")
    assert (ran.status, ran.out, ran.err) == (0, "", "No journal is here.\n")
    project.run("apply", "--yes", "--only", "pages_id")
    shown = project.run("journal", "--step", "pages_id").out
    assert [line.split()[4:6] for line in shown.splitlines()[1:]] == [
        ["pages", "started"],
        ["pages", "done"],
    ]
    assert project.run("journal", "--step", "docs_temp").err == "The journal is empty.\n"
    assert len(project.run("journal", "--limit", "1").out.splitlines()) == 2
