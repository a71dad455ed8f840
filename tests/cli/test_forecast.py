"""What `plan` says a build will take, and `--as-is`, as an operator and a program see them."""

from __future__ import annotations

import json
from typing import Any


def builds(project: Any, *words: str) -> Any:
    told = json.loads(project.run("plan", "--only", "pages_id", "--format", "json", *words).out)
    (step,) = told["steps"]
    return step["builds"]


def test_a_plan_tells_programs_what_a_build_takes(project: Any) -> None:
    project.filled("3")
    (build,) = builds(project)
    assert (build["index"], build["table"]) == ("pages_id", "public.pages")
    assert 0 < build["seconds"] < 60
    assert build["size_bytes"] == 2 * 8192
    assert "maintenance_work_mem" in build["parameters"]
    assert len(build["reasons"]) == len(build["parameters"])


def test_as_is_sets_and_promises_nothing(project: Any) -> None:
    project.filled("3")
    (build,) = builds(project, "--as-is")
    assert (build["parameters"], build["reasons"]) == ({}, [])
    script = project.run("plan", "--sql", "--as-is").out
    assert "maintenance_work_mem" not in script
    assert "maintenance_work_mem" in project.run("plan", "--sql").out
    ran = project.run("apply", "--only", "pages_id", "--as-is")
    assert ran.status == 3
    assert "maintenance_work_mem" not in ran.err


def test_the_next_command_is_as_is_too(project: Any) -> None:
    project.filled("2")
    project.sql("INSERT INTO docs VALUES (1, 'p', 'k')")
    ran = project.run("apply", "--yes", "--as-is")
    assert ran.status == 4
    assert "--as-is" in ran.err.splitlines()[-1]
