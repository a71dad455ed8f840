"""A revision that drops an index and makes another of its name: before the upgrade, and after."""

from __future__ import annotations

from typing import Any

import pytest

REPLACED = """op.drop_index_out_of_band("pages_id", "pages")
    op.create_index_out_of_band("pages_id", "pages", ["id"], unique=True)"""
UNIQUE = "SELECT indisunique FROM pg_index WHERE indexrelid = 'pages_id'::regclass"


@pytest.mark.parametrize("on_large", ["defer", "refuse"])
def test_built_ahead_it_is_found_by_the_upgrade_which_then_drops_nothing(
    project: Any, capfd: pytest.CaptureFixture[str], on_large: str
) -> None:
    project.filled("3")
    assert project.run("apply", "--yes").status == 0
    project.revise("4", "3", REPLACED)
    applied = project.run("apply", "--to", "head", "--yes")
    assert (applied.status, project.sql(UNIQUE)) == (0, [(True,)])
    with (project.folder / "pyproject.toml").open("a") as settings:
        settings.write(f'on_large = "{on_large}"\n')
    project.upgrade("head")
    assert "deferred" not in capfd.readouterr().err
    assert project.sql(UNIQUE) == [(True,)]
    assert project.run("check").status == 0


def test_after_the_upgrade_it_is_pending_and_not_wrong(project: Any) -> None:
    project.filled("3")
    assert project.run("apply", "--yes").status == 0
    project.revise("4", "3", REPLACED)
    project.upgrade("head")
    checked = project.run("check")
    assert checked.status == 1
    assert "another definition goes" in " ".join(checked.out.split())
    planned = project.run("plan").out
    verbs = [line.split()[0] for line in planned.splitlines() if line.startswith("    ")]
    assert [verb for verb in verbs if verb.isupper()] == ["CREATE", "DROP", "ALTER"]
    assert project.run("apply", "--yes").status == 0
    assert project.sql(UNIQUE) == [(True,)]
    assert project.run("check").status == 0
