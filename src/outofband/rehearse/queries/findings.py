"""What is wrong with the plans of the queries, as findings beside the linter's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from outofband.pretend.plan import Plan
from outofband.rehearse.queries.value import Fault, Planned, Unplanned
from outofband_lint.finding import Finding, Severity
from outofband_lint.fingerprint import fingerprint

SEQUENTIAL_SCAN = "query-sequential-scan"
_RULES = {
    "sequential-scan": SEQUENTIAL_SCAN,
    "filter-discards": "query-filter-discards",
    "sort-spills": "query-sort-spills",
}


def of(planned: Iterable[Planned]) -> Iterator[Finding]:
    """Yield what is wrong at head, but what was wrong with a known query at base already."""
    for each in planned:
        yield from _unplanned(each)
        new = [fault for fault in each.faults if not fault.is_old]
        for fault in new:
            yield _fault(each, fault)
        if not new and each.got_worse:
            yield _worse(each)


def _unplanned(planned: Planned) -> Iterator[Finding]:
    head, base = planned.head, planned.base
    if not isinstance(head, Unplanned) or (planned.known and isinstance(base, Unplanned)):
        return
    broken = isinstance(base, Plan)
    before = "; before these revisions it could" if broken else ""
    yield _finding(
        planned,
        "query-not-planned",
        "warning" if planned.observed and not broken else "error",
        "",
        f"The query {planned.query.name} cannot be planned at head: {head.why}{before}.",
        "Let the revision that changes what it names wait until no running application asks it"
        if broken
        else "Correct the query, or add the revision that makes what it names",
    )


def _fault(planned: Planned, fault: Fault) -> Finding:
    certain = fault.suggestion is not None or not fault.keeps_most
    return _finding(
        planned,
        _RULES[fault.kind],
        "error" if certain else "warning",
        str(fault.table),
        f"The query {planned.query.name} has no index for what it asks: {fault.why}."
        if not planned.got_worse
        else f"The query {planned.query.name} got worse: {fault.why}; {_before(planned)}.",
        _help(fault),
    )


def _worse(planned: Planned) -> Finding:
    assert isinstance(planned.head, Plan)
    return _finding(
        planned,
        "query-plan-worse",
        "error",
        "",
        f"The query {planned.query.name} costs {planned.head.total_cost:.0f} at head; "
        f"{_before(planned)}.",
        "See in the plans what is missing at head, and keep it",
    )


def _before(planned: Planned) -> str:
    assert isinstance(planned.base, Plan)
    scans = [node.title for node in planned.base.nodes() if node.relation is not None]
    return (
        f"before these revisions the cost is {planned.base.total_cost:.0f}"
        f"{f', by {scans[0]}' if scans else ''}"
    )


def _help(fault: Fault) -> str:
    tried = fault.suggestion
    if tried is None:
        return (
            "No index that was tried here helps: let the query ask for fewer rows, or name the "
            "table in `small`"
        )
    cost = f"the cost is {tried.plan.total_cost:.0f}" if fault.sized else "it is used"
    return f"Declare the index that was tried here ({cost} with it): {tried.operation}"


def _finding(
    planned: Planned, rule: str, severity: Severity, about: str, message: str, help_: str
) -> Finding:
    query = planned.query
    path = os.path.relpath(query.path) if query.path else ""
    key = fingerprint(rule, "", f"{query.name} {about}", 1)
    return Finding(rule, severity, "", path, query.line, message, help_, query.sql, key)
