"""What is to be done at which target of a fleet, and what that does to everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from outofband.cli.fleet.looks import Looked
from outofband.cli.fleet.output import TargetLine, line_of_error, named, print_table
from outofband.cli.orders import Orders
from outofband.cli.run import acting
from outofband.cli.screen import OperatorScreen
from outofband.runbook.fleet import TargetState
from outofband.runbook.plan import Plan
from outofband.runbook.preflight.tell import lines as finding_lines
from outofband.runbook.show import deed, hazard_lines


def show(looked: Sequence[Looked], orders: Orders, screen: OperatorScreen) -> None:
    """Show what is to be done where, what is in the way, and what it does to everybody else."""
    print_table([planned_line(one) for one in looked], err=True)
    for one in looked:
        for line in finding_lines(one.seen.report) if one.seen else ():
            screen.say(f"{one.target.name}: {line}")
    steps = chain.from_iterable(one.seen.view.plan.steps for one in looked if one.seen)
    for line in hazard_lines(Plan(tuple(steps)), orders.dealing):
        screen.say(line)


def planned_line(looked: Looked) -> TargetLine:
    """Tell what is to be done at one target."""
    if looked.seen is None:
        assert looked.error is not None
        return line_of_error(looked.target, looked.error)
    steps = looked.seen.view.plan.steps
    state = TargetState.PENDING if steps else TargetState.DONE
    return TargetLine(looked.target, state, named([f"{deed(p)} {p.step.name}" for p in steps]))


def plan_of_all(looked: Sequence[Looked]) -> Plan:
    """Return all that is done anywhere, as one plan to agree to."""
    return Plan(tuple(chain.from_iterable(acting(one.seen) for one in looked if one.seen)))
