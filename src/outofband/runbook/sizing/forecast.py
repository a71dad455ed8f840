"""Add to a plan what each of its builds will take, and the settings it will get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from outofband.model.action import Action, BuildIndex, RepairIndex
from outofband.model.index import Index
from outofband.runbook.glance import Surveyor
from outofband.runbook.plan import Plan, PlannedStep
from outofband.runbook.sizing.estimate import Forecast, estimate, sorted_bytes
from outofband.runbook.sizing.pace import LOOKS
from outofband.runbook.sizing.speed import Speed, measure
from outofband.runbook.sizing.survey import machine, survey
from outofband.runbook.sizing.tuning import Machine, as_it_is, most_workers, tuned


@dataclass(frozen=True, slots=True)
class Forecaster:
    """Estimates builds on one server; ``as_is`` leaves their settings alone, ``beside`` is how many
    run at once, ``speed`` tells how fast the server is, alone and with so many workers.
    """

    surveyor: Surveyor
    as_is: bool = False
    beside: int = 1
    speed: Callable[[Surveyor, int], Speed | None] = measure

    def forecast(self, plan: Plan) -> Plan:
        """Return the plan with a forecast for each of its builds."""
        if not any(built(action) for p in plan.steps for action in p.actions):
            return plan
        there = machine(self.surveyor)
        there = replace(there, speed=self.speed(self.surveyor, self._most_workers(there)))
        return Plan(tuple(self._step(planned, there) for planned in plan.steps))

    def _most_workers(self, there: Machine) -> int:
        if self.as_is:
            return min(there.maintenance_workers, there.parallel_workers, there.processes)
        return most_workers(there, self.beside)

    def _step(self, planned: PlannedStep, there: Machine) -> PlannedStep:
        builds = [index for index in map(built, planned.actions) if index is not None]
        looks = max(1, LOOKS // max(1, len(builds)))  # partitions are alike, and may be many
        return replace(planned, forecasts=tuple(self._build(i, there, looks) for i in builds))

    def _build(self, index: Index, there: Machine, looks: int) -> Forecast:
        ground = survey(self.surveyor, index, there.speed, looks)
        if self.as_is:
            tuning = as_it_is(there, index.method, ground.heap_bytes)
        else:
            sort = sorted_bytes(ground) or float(ground.heap_bytes)
            tuning = tuned(there, index.method, ground.heap_bytes, sort, self.beside)
        return Forecast(index, estimate(ground, tuning), tuning)


def built(action: Action) -> Index | None:
    """Return the index that an action builds; a REINDEX does the work of a build."""
    return action.index if isinstance(action, BuildIndex | RepairIndex) else None
