"""The pages of docs/rules: one a rule, made from it, and as the repository has them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from outofband_lint import pages
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.page import markdown, shown_example, shown_fix
from outofband_lint.rule import Rule
from outofband_lint.rules import all_rules, rule_named
from outofband_lint.settings import Settings
from outofband_lint.source import Problem, Revision, Source

FOLDER = Path(__file__).parents[2] / "docs" / "rules"


def test_the_pages_in_the_repository_are_those_of_the_rules() -> None:
    assert pages.main([str(FOLDER), "--check"]) == 0


def test_the_check_tells_what_differs_and_writing_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pages.main([str(tmp_path)]) == 0
    assert pages.main([str(tmp_path), "--check"]) == 0
    (tmp_path / "index-built-in-deploy.md").write_text("by hand")
    (tmp_path / "no-such-rule.md").write_text("gone")
    assert pages.main([str(tmp_path), "--check"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [Path(line.split(" is not ")[0]).name for line in told] == [
        "index-built-in-deploy.md",
        "no-such-rule.md",
    ]
    assert pages.main([str(tmp_path)]) == 0
    assert not (tmp_path / "no-such-rule.md").exists()
    assert pages.main([str(tmp_path), "--check"]) == 0


def test_the_index_names_every_rule_once_and_every_link_leads_somewhere() -> None:
    made = pages.pages()
    for rule in all_rules():
        assert made[pages.INDEX].count(f"[{rule.name}]({rule.name}.md)") == 1
        assert f"{rule.name}.md" in made


def rule(**changes: object) -> Rule:
    found = rule_named("index-built-in-deploy")
    assert found is not None
    return replace(found, **changes)  # type: ignore[arg-type]


def test_a_page_says_the_lock_and_what_it_blocks_and_the_other_names() -> None:
    text = markdown(rule(lock=LockMode.SHARE, aliases=("add_index",)), "indexes")
    assert "- Takes SHARE on the table, which blocks every write." in text
    assert "Compared with what PostgreSQL 14 to 18 show" in text
    assert "`add_index`" in text


def test_what_no_server_shows_is_not_called_measured() -> None:
    text = markdown(rule(lock=None, scans=False, failure="nobody can tell"), "indexes")
    assert "- Nobody can tell." in text
    assert "Compared" not in text


@pytest.mark.parametrize(
    ("example", "shown"),
    [
        (Example("SELECT 1"), "SELECT 1;"),
        (Example("SELECT 1", autocommit=True), "-- in an autocommit block\nSELECT 1;"),
        (Example("SELECT 1", out_of_band=True), "-- declared out of band\nSELECT 1;"),
        (Example(barrier="ix"), "-- op.require_step('ix')"),
        (
            Example("SELECT 1", settings=Settings(large=("t*",), deploy="job")),
            "-- large = ['t*']\n-- deploy = \"job\"\nSELECT 1;",
        ),
        (
            Example(
                chain=(
                    Revision("1", "1.py", sources=(Source("SELECT 1", "1.py", 1),)),
                    Revision("2", "2.py", ("1",), problem=Problem("it asks", 3)),
                )
            ),
            "-- revision 1\nSELECT 1;\n-- revision 2, after 1\n"
            "-- the rest cannot be rendered: it asks",
        ),
    ],
)
def test_an_example_is_shown_with_what_it_depends_on(example: Example, shown: str) -> None:
    assert shown_example(example) == shown


@pytest.mark.parametrize(
    ("fix", "shown"),
    [
        (Fix(("op.a()",)), "op.a()"),
        (
            Fix(("op.a()", "op.b()"), autocommit=True),
            "with op.get_context().autocommit_block():\n    op.a()\n    op.b()",
        ),
        (
            Fix(("op.a()",), later=("op.c()",)),
            "op.a()\n\n# in a revision of its own, behind it\nop.c()",
        ),
    ],
)
def test_a_fix_is_shown_as_the_python_that_it_writes(fix: Fix, shown: str) -> None:
    assert shown_fix(fix) == shown


def test_the_generator_is_a_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "outofband_lint.pages", str(FOLDER), "--check"], capture_output=True
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
