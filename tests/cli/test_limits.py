"""The options that keep `apply` within limits, as an operator types them."""

from __future__ import annotations

import re
from typing import Any

import pytest

# Of such an index no time is estimated.
BLOCK_RANGES = """op.create_index_out_of_band(
        "pages_ranges", "pages", ["id"], postgresql_using="brin")"""


def flag(told: str) -> list[str]:
    """The flag that the plan gives to paste."""
    found = re.search(r"--accept \S+", told)
    assert found
    return found[0].split()


def test_the_flag_that_the_plan_gives_agrees_to_it(project: Any) -> None:
    project.filled("3")
    pasted = flag(project.run("plan").out)
    assert project.run("apply", *pasted).status == 0
    assert project.run("check").status == 0


def test_a_hazard_that_was_not_accepted_stops_the_run_also_with_yes(project: Any) -> None:
    project.filled("3")
    name, names = flag(project.run("plan").out)
    fewer = ",".join(n for n in names.split(",") if n != "drops-index")
    ran = project.run("apply", "--yes", name, fewer)
    assert ran.status == 3
    assert "hazards that were not accepted, drops-index" in ran.err
    assert f"--accept {names}" in ran.err
    assert project.indexes() == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--max-wait", "10"], "Invalid value for '--max-wait'"),
        (["--max-lag", "much"], "is neither a size"),
        (["--until", "25:00"], "is not a time of day"),
        (["--accept", "holds-xmn"], "no hazard is called 'holds-xmn'"),
    ],
)
def test_a_limit_that_means_nothing_is_a_wrong_call(
    project: Any, words: list[str], why: str
) -> None:
    project.filled()
    ran = project.run("apply", "--yes", *words)
    assert ran.status == 2
    assert why in ran.err
    assert project.indexes() == []


def test_what_does_not_start_in_its_hours_is_waiting_and_the_next_command_is_told(
    project: Any,
) -> None:
    project.filled("3")
    project.revise("4", "3", BLOCK_RANGES)
    project.upgrade("head")
    limits = ["--max-wait", "1min", "--max-lag", "500MB", "--until", "06:00"]
    ran = project.run("apply", "--yes", "--only", "pages_ranges", *limits)
    assert ran.status == 3
    assert "waiting  create index pages_ranges: nobody knows whether it is done by 06:00" in ran.err
    told = "apply --only pages_ranges --max-wait 60s --max-lag 524288000B --until 06:00\n"
    assert ran.err.endswith(f"Next: outofband {told}")
    assert project.indexes() == []


def test_what_is_estimated_to_be_done_in_time_starts(project: Any) -> None:
    project.filled("3")
    (clock,) = project.sql("SELECT to_char(now() + interval '12 hours', 'HH24:MI')")[0]
    assert project.run("apply", "--yes", "--only", "pages_id", "--until", clock).status == 0
    assert project.indexes() == ["pages_id"]


def test_the_window_of_the_settings_holds_for_every_run(project: Any) -> None:
    project.filled("3")
    settings = '[tool.outofband]\ninline_max_bytes = 0\nwindow = "06:00-06:01 Etc/GMT{}"\n'
    now = project.sql("SELECT extract(hour FROM now() AT TIME ZONE 'UTC')::int")[0][0]
    # A zone in which it is noon: the window is closed for hours in both directions.
    offset = now - 12
    (project.folder / "pyproject.toml").write_text(settings.format(f"{offset:+d}"))
    ran = project.run("apply", "--yes", "--only", "pages_id")
    assert ran.status == 3
    assert "waiting  create index pages_id: the window opens at 06:00" in ran.err
