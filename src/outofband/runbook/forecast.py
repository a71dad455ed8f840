"""Add to a plan what each of its builds will take, and the settings it will get."""

from __future__ import annotations

from dataclasses import dataclass, replace

from outofband.model.index import Index
from outofband.model.statements import Action, BuildIndex, RepairIndex
from outofband.runbook.estimate import Forecast, estimate, sorted_bytes
from outofband.runbook.plan import Plan, PlannedStep
from outofband.runbook.sampling import Surveyor
from outofband.runbook.survey import machine, reference, survey
from outofband.runbook.tuning import Machine, as_it_is, tuned


@dataclass(frozen=True, slots=True)
class Forecaster:
    """Estimates builds on one server; ``as_is`` leaves their settings alone, ``beside`` is how many
    run at once.
    """

    surveyor: Surveyor
    as_is: bool = False
    beside: int = 1

    def forecast(self, plan: Plan) -> Plan:
        """Return the plan with a forecast for each of its builds."""
        if not any(built(action) for p in plan.steps for action in p.actions):
            return plan
        there, speed = machine(self.surveyor), reference(self.surveyor)
        return Plan(tuple(self._step(planned, there, speed) for planned in plan.steps))

    def _step(self, planned: PlannedStep, there: Machine, speed: float | None) -> PlannedStep:
        builds = [index for index in map(built, planned.actions) if index is not None]
        return replace(planned, forecasts=tuple(self._build(i, there, speed) for i in builds))

    def _build(self, index: Index, there: Machine, speed: float | None) -> Forecast:
        ground = survey(self.surveyor, index, speed)
        if self.as_is:
            tuning = as_it_is(there, index.method, ground.heap_bytes)
        else:
            sort = sorted_bytes(ground) or float(ground.heap_bytes)
            tuning = tuned(there, index.method, ground.heap_bytes, sort, self.beside)
        return Forecast(index, estimate(ground, tuning), tuning)


def built(action: Action) -> Index | None:
    """Return the index that an action builds; a REINDEX does the work of a build."""
    return action.index if isinstance(action, BuildIndex | RepairIndex) else None
