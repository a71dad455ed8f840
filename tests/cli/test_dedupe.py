"""``--dedupe``, ``--by`` and ``--undo-dedupe`` as a shell types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def twice(project: Any) -> Any:
    """One id is there twice, with two paths."""
    project.filled()
    project.sql("INSERT INTO docs VALUES (1, 'zzz', 'k')")
    return project


WRONG = {
    "no column": (["--dedupe", "keep-newest"], "Add --by COLUMN"),
    "no policy": (["--by", "path"], "it belongs to --dedupe keep-newest"),
    "no such policy": (["--dedupe", "newest"], "'newest' is not one of"),
    "undo and more": (["--undo-dedupe", "docs_unique", "--only", "docs_unique"], "Give it alone"),
    "undo of nothing": (["--undo-dedupe", "typo", "--yes"], "no step is called 'typo'"),
}


@pytest.mark.parametrize(("words", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_is_2(twice: Any, words: list[str], says: str) -> None:
    ran = twice.run("apply", *words)
    assert ran.status == 2
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_the_newest_stays_the_rest_comes_back(twice: Any, tmp_path: Path) -> None:
    words = ["--only", "docs_unique", "--dedupe", "keep-newest", "--by", "path"]
    ran = twice.run("apply", *words, "--yes")
    assert ran.status == 0
    assert "hazard moves-older-rows (docs): of duplicates all but those with the" in ran.err
    assert "greatest path, which differ, leave the table for quarantine" in ran.err
    assert twice.sql("SELECT path FROM docs WHERE id = 1") == [("zzz",)]
    refused = twice.run("apply", "--undo-dedupe", "docs_unique", "--yes")
    assert refused.status == 3
    assert "DROP INDEX CONCURRENTLY public.docs_unique;" in refused.err
    twice.sql("DROP INDEX docs_unique")
    unconfirmed = twice.run("apply", "--undo-dedupe", "docs_unique")
    assert (unconfirmed.status, "Add --yes" in unconfirmed.err) == (3, True)
    heard = tmp_path / "heard"
    words = ["--undo-dedupe", "docs_unique", "--yes", "--format", "json"]
    undone = twice.run("apply", *words, "--notify", f"tee {heard}")
    assert undone.status == 0
    assert "rows put back into public.docs: 1\n" in undone.err
    (step,) = json.loads(heard.read_text())["steps"]
    assert (step["name"], step["kind"], step["outcome"]) == ("docs_unique", "undo_dedupe", "done")
    told = [json.loads(line)["event"] for line in undone.out.splitlines()]
    assert [e for e in told if e != "message"] == [
        "run_started", "step_started", "step_ended", "run_ended",
    ]  # fmt: skip
    kept = "SELECT event, outcome FROM outofband.journal WHERE kind = 'undo_dedupe' ORDER BY id"
    assert twice.sql(kept) == [("started", None), ("ended", "done")]
    assert twice.sql("SELECT path FROM docs WHERE id = 1 ORDER BY 1") == [("p1",), ("zzz",)]


def test_moving_rows_is_accepted_by_name(twice: Any) -> None:
    words = ["apply", "--only", "docs_unique", "--dedupe", "keep-newest", "--by", "path"]
    of_the_build = "blocks-vacuum,holds-xmin,writes-wal,waits-for-transactions"
    refused = twice.run(*words, "--accept", of_the_build)
    assert (refused.status, "moves-older-rows" in refused.err) == (3, True)
    assert twice.run(*words, "--accept", f"{of_the_build},moves-older-rows").status == 0


def test_what_cannot_go_back_is_4(twice: Any) -> None:
    twice.run("apply", "--only", "docs_unique", "--dedupe", "keep-newest", "--by", "path", "--yes")
    twice.sql("DROP INDEX docs_unique")
    twice.sql("ALTER TABLE docs ADD CHECK (path <> 'p1')")
    ran = twice.run("apply", "--undo-dedupe", "docs_unique", "--yes")
    assert ran.status == 4
    assert "1 of 1 rows did not go back: 1 since a check forbids them" in ran.err
    assert "What did not go back stays in quarantine." in ran.err
    kept = "SELECT outcome, why FROM outofband.journal WHERE kind = 'undo_dedupe' ORDER BY id"
    why = "1 of 1 rows did not go back: 1 since a check forbids them"
    assert twice.sql(kept)[-1] == ("failed", why)


def test_no_value_of_a_row_is_in_what_a_log_keeps(twice: Any) -> None:
    twice.sql("UPDATE docs SET path = 'hunter2' WHERE id = 1")
    ran = twice.run("apply", "--only", "docs_unique", "--yes")
    assert ran.status == 3
    assert "hunter2" not in ran.err + ran.out
