"""An index is built and the query planned with it, before anybody is told to have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from outofband.pretend import Plan
from outofband.rehearse.queries.candidates import candidates, statement
from outofband.rehearse.queries.faults import faults
from outofband.rehearse.queries.planning import Planning
from outofband.rehearse.queries.spots import Spot, spots
from outofband.rehearse.queries.value import Fault, Suggestion
from outofband.runbook.hand import StatementFailed
from outofband_lint.statement import CreateIndex

_HELPS = 0.8
"""The share of its cost that a query has to be down to with an index, or it is not suggested."""
_OF_A_PAIR = 4
"""Candidates that are tried for one table beside those of another."""
_ALIKE = 1.2
"""Costs within this factor are the same."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Tries indexes for one query; ``suggested`` are those that others are to have already."""

    server: Planning
    sql: str
    sized: bool
    suggested: Sequence[CreateIndex] = ()

    def of(self, fault: Fault, plan: Plan) -> Suggestion | None:
        """Return the index that mends a fault of a plan, None where none that was tried does."""
        best: Suggestion | None = None
        for index in dict.fromkeys(self._candidates(fault, plan)):
            found = self._with(index)
            if found is not None and self._mends(found, fault, plan):
                tried = Suggestion(index, found)
                best = tried if best is None or self._is_better(tried, best) else best
        return best

    def together(self, found: Sequence[Fault], plan: Plan) -> Iterator[Fault]:
        """Yield the faults of a plan, those that no index mends alone with the one that does beside
        what mends the others: a join may want one of each table before either helps.
        """
        helping = dict.fromkeys(f.suggestion.index for f in found if f.suggestion is not None)
        lacking = [f for f in found if f.suggestion is None]
        if not helping and len(lacking) > 1:
            first, *_ = lacking
            best = self._pair(first, lacking[1:], plan)
            yield from found if best is None else best
            return
        with ExitStack() as stack:
            better = plan
            if helping and lacking:
                for index in helping:
                    stack.enter_context(self.server.size.trying(statement(index)))
                better = self.server.explained(self.sql, sized=self.sized)
            for fault in found:
                mended = fault.suggestion or (self._within(fault, better) if helping else None)
                yield replace(fault, suggestion=mended)

    def _within(self, fault: Fault, plan: Plan) -> Suggestion | None:
        """Return what mends a fault in a plan that other indexes have made better already."""
        left = faults(plan, self.server.world, sized=self.sized)
        same = (f for f in left if (f.kind, f.table) == (fault.kind, fault.table))
        return next((self.of(f, plan) for f in same), None)

    def _pair(self, first: Fault, others: Sequence[Fault], plan: Plan) -> list[Fault] | None:
        """Return the faults with two indexes that mend the first and another only together."""
        for index in list(dict.fromkeys(self._candidates(first, plan)))[:_OF_A_PAIR]:
            try:
                with self.server.size.trying(statement(index)):
                    tried = self.server.explained(self.sql, sized=self.sized)
                    for other in others:
                        beside = self.of(replace(other, scan=_scan(tried, other)), tried)
                        if beside is not None and self._mends(beside.plan, first, plan):
                            both = {id(first): Suggestion(index, beside.plan), id(other): beside}
                            every = (first, *others)
                            return [replace(f, suggestion=both.get(id(f))) for f in every]
            except StatementFailed:
                continue
        return None

    def _candidates(self, fault: Fault, plan: Plan) -> Iterator[CreateIndex]:
        yield from (index for index in self.suggested if index.table == fault.table)
        spot = next((s for s in spots(plan) if s.node is fault.scan), Spot(fault.scan))
        yield from candidates(spot, fault.table)

    def _with(self, index: CreateIndex) -> Plan | None:
        try:
            with self.server.size.trying(statement(index)):
                return self.server.explained(self.sql, sized=self.sized)
        except StatementFailed:
            return None  # a type that the method has no operators for, a function that may change

    def _mends(self, found: Plan, fault: Fault, before: Plan) -> bool:
        left = faults(found, self.server.world, sized=self.sized)
        if any((each.kind, each.table) == (fault.kind, fault.table) for each in left):
            return False
        return not self.sized or found.total_cost <= _HELPS * before.total_cost

    def _is_better(self, tried: Suggestion, best: Suggestion) -> bool:
        """Prefer what is cheaper by far, then one index for several queries, then fewer keys."""
        cost, least = tried.plan.total_cost, best.plan.total_cost
        if best.index in self.suggested:
            return cost * _ALIKE < least
        fewer = len(tried.index.keys) < len(best.index.keys)
        return cost <= least * _ALIKE if fewer else cost * _ALIKE < least


def _scan(plan: Plan, fault: Fault) -> Plan:
    """Return the node of a plan that reads what the scan of a fault does."""
    same = (node for node in plan.nodes() if node.alias == fault.scan.alias and node.relation)
    return next(same, fault.scan)
