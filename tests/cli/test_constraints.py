"""`status`, `plan`, `apply` and `check` on foreign keys, checks and NOT NULL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

STEPS = """op.create_check_constraint_out_of_band("docs_positive", "docs", "id > 0")
    op.create_foreign_key_out_of_band("docs_kind_fkey", "docs", "kinds", ["kind"], ["name"])
    op.set_not_null_out_of_band("docs_path_set", "docs", "path")"""
ALL = ("docs_positive", "docs_kind_fkey", "docs_path_set")


@pytest.fixture
def filled(project: Any) -> Any:
    """Tables with rows, and a revision that comes after them."""
    project.filled("1")
    project.sql("CREATE TABLE kinds (name text PRIMARY KEY)")
    project.sql("INSERT INTO kinds VALUES ('k')")
    project.revise("2", "1", STEPS)
    return project


def told(project: Any, *words: str) -> dict[str, Any]:
    ran = project.run(*words, "--format", "json")
    assert ran.status == 0, ran.err
    return {step["name"]: step for step in json.loads(ran.out)["steps"]}


def test_ahead_of_the_upgrade_they_are_added_and_validated_and_it_adopts_them(
    filled: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    before = told(filled, "status", "--to", "2")
    assert [(s["kind"], s["state"]) for s in before.values()] == [
        ("check", "absent"),
        ("foreign_key", "absent"),
        ("not_null", "absent"),
    ]
    assert filled.run("apply", "--to", "2", "--yes").status == 0
    filled.upgrade("2")
    said = capfd.readouterr().err
    assert [name for name in ALL if f"{name}: it is there, valid and as declared" in said] == [*ALL]
    assert filled.run("check").status == 0


def test_what_comes_with_its_own_revision_is_left_to_it(filled: Any) -> None:
    filled.revise(
        "2",
        "1",
        """op.execute("ALTER TABLE docs ADD size int")
    op.create_check_constraint_out_of_band("docs_size_check", "docs", "size > 0")
    op.set_not_null_out_of_band("docs_size_set", "docs", "size", after=["docs_size_check"])""",
    )
    assert told(filled, "status", "--to", "2") == {}


def test_between_deploy_and_apply_they_are_not_valid_and_pending(filled: Any) -> None:
    filled.upgrade("2")
    for name, step in told(filled, "status").items():
        assert (name in ALL, step["state"], step["done"]) == (True, "not_valid", False)
    assert filled.run("check").status == 1
    planned = told(filled, "plan")
    assert [step["statements"] for step in planned.values()] == [
        [f"ALTER TABLE public.docs VALIDATE CONSTRAINT {name}"] for name in ALL
    ]
    assert filled.run("apply", "--yes").status == 0
    assert filled.run("check").status == 0


def test_the_script_of_a_plan_does_what_apply_does(filled: Any) -> None:
    script = filled.run("plan", "--to", "2", "--sql").out
    for statement in script.split(";\n"):
        lines = (line for line in statement.splitlines() if not line.startswith(("--", "\\")))
        if text := "\n".join(lines).strip():
            filled.sql(text)
    filled.upgrade("2")
    assert filled.run("check").status == 0


def test_another_constraint_of_the_name_is_wrong(filled: Any) -> None:
    filled.sql("ALTER TABLE docs ADD CONSTRAINT docs_positive UNIQUE (id)")
    filled.upgrade("2")
    assert told(filled, "status")["docs_positive"]["state"] == "different"
    assert filled.run("check").status == 6


def test_a_downgrade_leaves_it_unwanted_where_nothing_takes_it_away(filled: Any) -> None:
    filled.upgrade("2")
    command.downgrade(Config(filled.folder / "alembic.ini"), "1")
    assert {step["state"] for step in told(filled, "status").values()} == {"unwanted"}
    assert filled.run("apply", "--only", "docs_kind_fkey", "--yes").status == 0
    assert "docs_kind_fkey" not in told(filled, "status")
