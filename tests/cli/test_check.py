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


MADE = {
    "it is INVALID": (
        'op.create_index("docs_path", "docs", ["path"])',
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'docs_path'::regclass",
        "REINDEX INDEX CONCURRENTLY public.docs_path",
    ),
    "another predicate": (
        "op.execute(\"CREATE INDEX docs_path ON docs (path) WHERE kind = 'k'\")",
        "DROP INDEX docs_path; CREATE INDEX docs_path ON docs (path) WHERE kind = 'x'",
        "may be another one than declared",
    ),
    "another INCLUDE": (
        'op.create_index("docs_path", "docs", ["path"], postgresql_include=["kind"])',
        "DROP INDEX docs_path; CREATE INDEX docs_path ON docs (path)",
        "is another one than declared, in INCLUDE",
    ),
    "another access method": (
        'op.create_index("docs_path", "docs", ["path"], postgresql_using="hash")',
        "DROP INDEX docs_path; CREATE INDEX docs_path ON docs (path)",
        "in access method",
    ),
}


@pytest.mark.parametrize(("revision", "happens", "said"), MADE.values(), ids=MADE)
def test_an_index_that_an_upgrade_made_is_judged_too(
    project: Any, revision: str, happens: str, said: str
) -> None:
    project.revise("2", "1", revision)
    project.upgrade("2")
    for _ in range(2):  # the second time by what is kept
        assert project.run("check").status == 0
    for statement in happens.split("; "):
        project.sql(statement)
    ran = project.run("check", "--format", "json")
    assert ran.status == 6
    (step,) = json.loads(ran.out)["steps"]
    assert (step["name"], step["since_revision"], step["done"]) == ("docs_path", "2", False)
    assert said in step["reason"]


def test_one_that_a_dba_dropped_is_for_the_doctor_to_tell(project: Any) -> None:
    project.revise("2", "1", 'op.create_index("docs_path", "docs", ["path"])')
    project.upgrade("2")
    project.sql("DROP INDEX docs_path")
    assert project.run("check").status == 0


def test_what_a_revision_may_have_changed_unread_is_not_judged_but_for_invalid(
    project: Any,
) -> None:
    other = "DROP INDEX docs_path; CREATE INDEX docs_path ON docs (kind)"
    project.revise(
        "2",
        "1",
        'op.create_index("docs_path", "docs", ["path"]); '
        f"op.execute(\"DO $$ BEGIN EXECUTE '{other}'; END $$\")",
    )
    project.upgrade("2")
    assert project.run("check").status == 0
    project.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'docs_path'::regclass")
    assert project.run("check").status == 6
