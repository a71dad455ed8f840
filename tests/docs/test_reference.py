"""What the code says of itself in the pages is complete, and a page that is out of date is told."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from outofband.cli.group import COMMANDS
from outofband.settings import Settings
from reference.__main__ import main
from reference.parts.commands import commands
from reference.parts.errors import errors
from reference.parts.linters import linter_of
from reference.parts.operations import operations
from reference.parts.rooms import reduced
from reference.parts.settings import settings
from reference.weave import UnknownPart, woven
from terminal import plain, settled

PAGE = "# Top\n\n<!-- made: number -->\nold\n<!-- /made -->\n\nbelow\n"


def test_a_part_is_made_between_its_marks_and_nothing_else_is_touched() -> None:
    made = woven(PAGE, {"number": lambda: "42\n"})
    assert made == "# Top\n\n<!-- made: number -->\n\n42\n\n<!-- /made -->\n\nbelow\n"
    assert woven(made, {"number": lambda: "42\n"}) == made


def test_a_part_that_nobody_makes_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownPart, match="number; there are letter"):
        woven(PAGE, {"letter": str})


def test_a_page_out_of_date_fails_the_check_and_is_written_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- made: settings -->\n<!-- /made -->\n", encoding="utf-8")
    assert main([str(tmp_path), "--check"]) == 1
    assert f"{page} is not what the code says: run make docs" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0


def test_every_setting_says_what_it_takes_and_means() -> None:
    lines = {line.split("`")[1]: line for line in settings().splitlines()[2:]}
    assert set(lines) == {field.name for field in fields(Settings)} - {"folder"}
    assert all(cell.strip() for line in lines.values() for cell in line.split(" | ")[1:])
    assert lines["lock_timeout"].startswith('| `lock_timeout` | duration such as `"500ms"`')


def test_every_command_and_subcommand_has_a_section() -> None:
    text = commands()
    assert all(f"## outofband {name}\n" in text for name in COMMANDS)
    assert "## outofband backfill pause\n" in text


def test_every_error_has_its_exit_status_and_what_it_says_to_do() -> None:
    text = errors()
    misuse = text[: text.index("## Exit status 3")]
    assert "### settings-wrong\n" in misuse
    assert "| setting … in … is unknown |" in misuse
    assert "| --by: it belongs to --dedupe keep-newest | Leave it out |" in misuse
    assert "### database-not-reached\n" in text[text.index("## Exit status 5") :]


def test_an_id_means_one_error() -> None:
    headings = [line for line in errors().splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(set(headings))


def test_every_operation_is_shown_as_it_is_called() -> None:
    assert "def require_step(name: str) -> None: ..." in operations()
    assert "    using_index: str,\n" in operations()


@pytest.mark.parametrize(
    ("name", "linter"),
    [
        ("ban-drop-column", "squawk"),
        ("add_foreign_key", "strong_migrations, online_migrations"),
        ("AG001", "alembic-guard, zdm, lockcheck"),
        ("E15", "eugene"),
        ("PG301", "Atlas"),
        ("US027", "pgrubic"),
        ("drop-table", None),
    ],
)
def test_a_name_is_known_for_its_linters(name: str, linter: str | None) -> None:
    assert linter_of(name) == linter


def test_an_arrow_that_goes_without_saying_is_left_out() -> None:
    imported = {"cli": {"plan", "model"}, "plan": {"model"}, "model": set()}
    assert reduced("cli", imported) == {"plan"}


def test_a_line_that_was_erased_is_not_on_the_screen() -> None:
    written = "first\nbar 10%\n\x1b[1A\x1b[2K\x1b[36mdone\x1b[0m\n"
    assert settled(written) == "first\n\x1b[36mdone\x1b[0m\n"
    assert plain(settled(written)) == "first\ndone\n"
