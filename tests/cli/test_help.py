"""``--help`` of the runbook's commands: what an option is when it is not given is said of each."""

from __future__ import annotations

import click
import pytest

from outofband.cli import apply, check, plan, status

ACTS = {"by", "undo_dedupe"}
"""Options without a default: one belongs to another option, one is a deed of its own."""
OPTIONS = [
    pytest.param(command, option, id=f"{command.name} {option.name}")
    for command in (apply.command, check.command, plan.command, status.command)
    for option in command.params
    if isinstance(option, click.Option) and option.name not in ACTS
]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_says_its_default(command: click.Command, option: click.Option) -> None:
    with click.Context(command) as context:
        _, told = option.get_help_record(context) or ("", "")
    assert "default: " in told


@pytest.mark.parametrize(
    ("option", "units"),
    [
        ("max_wait", ("500ms", "5min", "12h", "7d")),
        ("max_lag", ("500MB", "30s")),
        ("until", ("HH:MM", "this machine's clock")),
        ("notify", ("30 s",)),
    ],
)
def test_what_is_measured_says_its_unit(option: str, units: tuple[str, ...]) -> None:
    (found,) = [p for p in apply.command.params if p.name == option]
    with click.Context(apply.command) as context:
        told = " ".join(found.get_help_record(context) or ())
    assert all(unit in told for unit in units)
