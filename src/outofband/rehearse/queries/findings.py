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
_WHAT = {
    "sequential-scan": "has no index for what it asks",
    "filter-discards": "has no index for all that it asks",
    "sort-spills": "has no index in the order that it asks for",
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
        elif not new and each.waits_for_steps:
            yield _waits(each)


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
    before = f"; {_before(planned)}" if planned.got_worse else ""
    certain = fault.suggestion is not None or not fault.keeps_most
    is_all = fault.kind == "sequential-scan" and not certain
    what = "asks for most of a large table" if is_all else _WHAT[fault.kind]
    return _finding(
        planned,
        _RULES[fault.kind],
        "error" if certain else "warning",
        str(fault.table),
        f"The query {planned.query.name} {what}: {fault.why}{before}.",
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
        _keep(planned),
    )


def _keep(planned: Planned) -> str:
    assert isinstance(planned.base, Plan)
    assert isinstance(planned.head, Plan)
    now = {node.index_name for node in planned.head.nodes()}
    used = dict.fromkeys(node.index_name for node in planned.base.nodes() if node.index_name)
    lost = [name for name in used if name not in now]
    if not lost:
        return "See in the two plans what makes the new one dearer, and undo it"
    return (
        f"Keep what the old plan uses ({', '.join(lost)}), or declare what serves the query as well"
    )


def _waits(planned: Planned) -> Finding:
    assert isinstance(planned.deferred, Plan)
    return _finding(
        planned,
        "query-waits-for-steps",
        "warning",
        "",
        f"The query {planned.query.name} costs {planned.deferred.total_cost:.0f} from the upgrade "
        f"until outofband apply is done; {_before(planned)}.",
        "Run outofband apply --to head before alembic upgrade head, or remove what the old plan "
        "needs in a later revision, behind op.require_step(…)",
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
