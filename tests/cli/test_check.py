"""``outofband check`` as a health probe: what it bears, and what is asked for by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


@pytest.fixture
def pending(project: Any) -> Any:
    """Four steps of revision 2 are pending, and a setting may bear it."""

    def make(bearable: str = "", days: float | None = None) -> Any:
        setting = f'pending-max-age = "{bearable}"\n' if bearable else ""
        (project.folder / "pyproject.toml").write_text(
            f"[tool.outofband]\ninline_max_bytes = 0\n{setting}"
        )
        if days is not None:
            path = project.folder / "migrations" / "versions" / "r2.py"
            date = datetime.now(UTC) - timedelta(days=days)
            path.write_text(f'"""x\n\nCreate Date: {date}\n"""\n{path.read_text()}')
        return project.filled()

    return make


@pytest.mark.parametrize(
    ("bearable", "days", "status"),
    [
        ("", 3, 1),
        ("7d", 3, 0),
        ("7d", 8, 1),
        ("12h", 0.25, 0),
        ("12h", 0.75, 1),
        ("7d", None, 1),
    ],
)
def test_pending_is_borne_as_long_as_the_setting_says(
    pending: Any, bearable: str, days: float | None, status: int
) -> None:
    ran = pending(bearable, days).run("check")
    assert ran.status == status
    assert ran.err.startswith("4 wanted, 4 pending\n")
    assert ("No step has been pending for as long" in ran.err) == (status == 0)


def test_what_is_wrong_is_never_borne(pending: Any) -> None:
    project = pending("7d", 1)
    project.sql("CREATE INDEX docs_unique ON docs (path)")
    assert project.run("check").status == 6


def test_what_is_named_has_to_be_done(pending: Any) -> None:
    project = pending("7d", 1)
    assert project.run("check", "--only", "docs_unique").status == 1
    project.run("apply", "--only", "docs_unique", "--yes")
    ran = project.run("check", "--only", "docs_unique")
    assert (ran.status, ran.out, ran.err) == (0, "", "1 wanted, 0 pending\n")
    assert project.run("check", "--only", "docs_unique", "--only", "docs_pkey").status == 1


def test_a_release_that_waits_for_what_comes_is_told_the_truth(pending: Any) -> None:
    project = pending("7d", 1)
    assert project.run("check", "--to", "head").status == 1


def test_an_unknown_name_is_a_wrong_call(pending: Any) -> None:
    ran = pending().run("check", "--only", "typo")
    assert (ran.status, ran.out) == (2, "")
    assert "no step is called 'typo'" in ran.err


def test_the_age_is_told(pending: Any) -> None:
    project = pending(days=9.5)
    for command in ("check", "status", "plan"):
        steps = json.loads(project.run(command, "--format", "json").out)["steps"]
        assert {step["pending_days"] for step in steps} == {9}
    assert "pending for up to 9 days" in project.run("check").out
    only = json.loads(project.run("check", "--only", "docs_pkey", "--format", "json").out)
    assert [step["name"] for step in only["steps"]] == ["docs_pkey"]


def test_a_server_that_is_away_is_5(pending: Any) -> None:
    ran = pending().run("check", "--database-url", "postgresql://127.0.0.1:1/app")
    assert ran.status == 5
    assert "Traceback" not in ran.err
