"""What has to be so before anything is changed: nothing in the way, and somebody who agrees."""

from __future__ import annotations

import click

from outofband.cli.screen import is_interactive
from outofband.errors import NothingChanged
from outofband.runbook.duplicates.policy import Policy
from outofband.runbook.hazards import require_accepted
from outofband.runbook.plan import Plan
from outofband.runbook.preflight import Report
from outofband.runbook.preflight.finding import first_stop


class NotConfirmed(NothingChanged):
    """Nobody agreed to the plan: there is no terminal and no ``--yes``, or the answer was no."""


class NotNow(NothingChanged):
    """Something in the server or on the way to it stops the whole plan."""


def require_fit(report: Report) -> None:
    """Refuse to begin where something stops all of it. Raises NotNow."""
    if found := first_stop(report.general):
        raise NotNow(found.what, do=found.do)


def confirm(plan: Plan, dealing: Policy, accepted: tuple[str, ...], *, yes: bool) -> None:
    """Have a plan agreed to. Raises NotConfirmed or HazardNotAccepted."""
    if accepted:
        require_accepted(plan, accepted, dealing)
    ask(agreed=yes or bool(accepted))


def ask(*, agreed: bool) -> None:
    """Ask, where nobody has ``agreed`` yet. Raises NotConfirmed."""
    if agreed:
        return
    if not is_interactive():
        raise NotConfirmed(
            "the plan was not confirmed",
            why="there is no terminal",
            do="Add --yes, or --accept with the hazards of the plan",
        )
    if not click.confirm("Do it?", err=True):
        raise NotConfirmed("the plan was not confirmed", why="the answer was no")
