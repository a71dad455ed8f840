"""Do what a plan says, one step after the other, looking again before every action.

Each pass asks the catalog where the step stands, plans it anew and does the first action only. So a
run may die after any of them, and what a colleague, another runner or a dying server did in between
is seen before the next. What was shown binds: a step whose plan is another one now is refused.
"""

from __future__ import annotations

from outofband.model.step import Backfill
from outofband.runbook.duplicates.policy import Dedupe, Policy
from outofband.runbook.ending import End, Ending
from outofband.runbook.evidence import step_name
from outofband.runbook.plan import Plan, PlannedStep
from outofband.runbook.preflight import Report
from outofband.runbook.turn import Turn
from outofband.runbook.world import World

_NOTHING_FOUND = Report()


def apply(
    plan: Plan, world: World, dedupe: Policy = Dedupe.REPORT, report: Report = _NOTHING_FOUND
) -> tuple[Ending, ...]:
    """Run the plan and tell how each step ended; a step that fails never stops those after it, and
    one that the preflight's ``report`` stops is not begun.

    Raises SessionLost when the server stays away for longer than a minute.
    """
    return tuple(_recorded(planned, world, dedupe, report) for planned in plan.steps)


def _recorded(planned: PlannedStep, world: World, dedupe: Policy, report: Report) -> Ending:
    world.evidence.begin(step_name(planned), planned.standing.state.value, world.hand)
    if found := report.obstacle(planned.step):
        ending = Ending(planned, End.REFUSED, found.what, found.do)
    elif isinstance(planned.step, Backfill):
        ending = world.backfills(planned, world)
    else:
        ending = Turn(planned, world, dedupe, report).run()
    world.evidence.end(ending.outcome, world.hand)
    return ending
