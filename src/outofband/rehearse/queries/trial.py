"""An index is built and the query planned with it, before anybody is told to have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from outofband.pretend import Plan, Pretended
from outofband.rehearse.queries.candidates import candidates, statement
from outofband.rehearse.queries.faults import World, faults
from outofband.rehearse.queries.spots import spots
from outofband.rehearse.queries.value import Fault, Suggestion
from outofband.runbook.hand import StatementFailed
from outofband_lint.statement import CreateIndex

_HELPS = 0.5
"""The share of its cost that a query has to be down to with an index, or it is not suggested."""
_ALIKE = 1.2
"""Costs within this factor are the same, and the index with fewer keys is the better one."""


class Explained(Protocol):
    """Returns the plan of a query, ``sized`` or not."""

    def __call__(self, sql: str, *, sized: bool) -> Plan:
        """Return it."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """Tries indexes for one query."""

    size: Pretended
    explained: Explained
    world: World
    sql: str
    sized: bool

    def of(self, fault: Fault, plan: Plan) -> Suggestion | None:
        """Return the index that mends a fault of a plan, None where none that was tried does."""
        spot = next(spot for spot in spots(plan) if spot.node is fault.node)
        best: Suggestion | None = None
        for index in candidates(spot, fault.table):
            found = self._with(index)
            if (
                found is not None
                and self._mends(found, fault, plan)
                and _is_better(found, index, best)
            ):
                best = Suggestion(index, found)
        return best

    def _with(self, index: CreateIndex) -> Plan | None:
        try:
            with self.size.trying(statement(index)):
                return self.explained(self.sql, sized=self.sized)
        except StatementFailed:
            return None  # a type that the method has no operators for, a function that may change

    def _mends(self, found: Plan, fault: Fault, before: Plan) -> bool:
        left = faults(found, self.world, sized=self.sized)
        if any((each.kind, each.table) == (fault.kind, fault.table) for each in left):
            return False
        return not self.sized or found.total_cost <= _HELPS * before.total_cost


def _is_better(found: Plan, index: CreateIndex, best: Suggestion | None) -> bool:
    if best is None:
        return True
    fewer = len(index.keys) < len(best.index.keys)
    return found.total_cost * (1 if fewer else _ALIKE) <= best.plan.total_cost * (
        _ALIKE if fewer else 1
    )
