"""``status``, ``plan`` and ``check`` with ``--targets``: each of them over a whole fleet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from outofband.catalog.verdict import Verdict, verdict
from outofband.cli.fleet.looks import Looked, look_around
from outofband.cli.fleet.output import TargetLine, line_of, line_of_error, print_lines, tell
from outofband.cli.fleet.targets import open_fleet
from outofband.cli.options import Where
from outofband.cli.output import print_json
from outofband.errors import Misuse
from outofband.runbook.fleet import DONE, PENDING, UNKNOWN, TargetState, combined
from outofband.runbook.once import once_a_server
from outofband.runbook.preflight.tell import document, lines
from outofband.runbook.show import plan_document, plan_lines
from outofband.runbook.sizing.forecast import Forecaster
from outofband.runbook.sizing.speed import measure

_WRONG = 6
_STATES = {
    Verdict.FINE: TargetState.DONE,
    Verdict.PENDING: TargetState.PENDING,
    Verdict.WRONG: TargetState.WRONG,
}
_STATUSES = {TargetState.DONE: DONE, TargetState.PENDING: PENDING, TargetState.WRONG: _WRONG}


class OneScript(Misuse):
    """``plan --sql`` is a script for one database."""


def status(where: Where, path: Path, form: str) -> int:
    """Print where every target stands; return the exit status."""
    told = _judged(look_around(open_fleet(where, path), where))
    print_lines(told, form)
    return _unknown(told)


def check(where: Where, path: Path, only: Sequence[str], form: str) -> int:
    """Judge every target; return the exit status."""
    fleet = open_fleet(where, path)
    strict = bool(only or where.to)
    looked = look_around(fleet, where, only)
    told = _judged(looked, only, borne=not strict)
    failed = [line for line in told if line.state is not TargetState.DONE]
    print_lines(told if form == "json" or not failed else failed, form)
    return combined(_STATUSES.get(line.state, UNKNOWN) for line in told)


def plan(
    where: Where, path: Path, only: Sequence[str], as_sql: bool, as_is: bool, form: str
) -> int:
    """Show what apply would do at every target; return the exit status."""
    if as_sql:
        raise OneScript(
            "plan --sql with --targets",
            why="a script is for one database",
            do="Leave --targets, and name the database with --database-url",
        )
    speed = once_a_server(measure)
    looked = look_around(
        open_fleet(where, path),
        where,
        only,
        lambda session, view: Forecaster(session, as_is, speed=speed).forecast(view.plan),
    )
    told = [_planned(one) for one in looked]
    if form == "json":
        print_json({"targets": [line.as_json() for line in told]})
    else:
        for one in looked:
            click.echo("\n".join(_plan_lines(one)))
        tell(told)
    return _unknown(told)


def _judged(
    looked: Sequence[Looked], only: Sequence[str] = (), *, borne: bool = False
) -> list[TargetLine]:
    return [_judge(one, only, borne=borne) for one in looked]


def _judge(looked: Looked, only: Sequence[str], *, borne: bool) -> TargetLine:
    if looked.seen is None:
        assert looked.error is not None
        return line_of_error(looked.target, looked.error)
    seen = looked.seen
    judged = [s for s in seen.view.standings if not only or s.step.name in only]
    found = verdict(judged, seen.ages, seen.pending_max_age if borne else None)
    if found is Verdict.FINE and seen.scope.wanted.incomplete and not only:
        found = Verdict.PENDING
    return line_of(looked, judged, _STATES[found])


def _planned(looked: Looked) -> TargetLine:
    if looked.seen is None:
        assert looked.error is not None
        return line_of_error(looked.target, looked.error)
    plan = looked.seen.view.plan
    told = {
        **plan_document(plan, looked.seen.ages),
        "preflight": document(looked.seen.report),
    }
    state = TargetState.PENDING if plan.steps else TargetState.DONE
    return TargetLine(looked.target, state, document=told)


def _plan_lines(looked: Looked) -> list[str]:
    heading = f"{looked.target.name} ({looked.target.place}):"
    if looked.seen is None:
        return [heading, f"  {looked.error}"]
    plan = looked.seen.view.plan
    told = plan_lines(plan) if plan.steps else ["Nothing is pending."]
    return [heading, *(f"  {line}" for line in (*told, *lines(looked.seen.report)))]


def _unknown(told: Sequence[TargetLine]) -> int:
    return UNKNOWN if any(line.state is TargetState.UNKNOWN for line in told) else DONE
