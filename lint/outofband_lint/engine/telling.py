"""How a rule's violation becomes a finding: how bad it is, what it says, what tells it apart."""

from __future__ import annotations

from outofband_lint.context import Context
from outofband_lint.finding import Severity
from outofband_lint.fingerprint import normalised
from outofband_lint.names import QualifiedName
from outofband_lint.rule import Rule, Violation
from outofband_lint.settings import Settings
from outofband_lint.spelling import shown


def severity_of(
    rule: Rule,
    violation: Violation,
    path: str,
    context: Context,
    emptied: frozenset[QualifiedName],
) -> Severity | None:
    """Return how bad a finding is, by the project's word before the rule's; None for off.

    `emptied` are the tables that the same session has removed all rows of: as good as small.
    """
    level = context.settings.level(rule.name, path)
    if level is not None:
        return None if level == "off" else level
    if rule.opt_in:
        return None
    own = violation.severity or rule.severity
    costs = violation.costs
    if costs and all(context.is_small(table) or table in emptied for table in costs):
        return "warning" if own == "error" else None
    return own


def with_sizes(violation: Violation, settings: Settings) -> str:
    """Return the message, and how large the tables are whose size is the cost, where known."""
    known = filter(None, map(settings.relation, dict.fromkeys(violation.costs)))
    sizes = ", ".join(f"{shown(relation.name)} has {relation.size}" for relation in known)
    return f"{violation.message} In production {sizes}." if sizes else violation.message


def subject_of(violation: Violation, sql: str) -> str:
    """Return what tells findings of a rule in a revision apart, whatever the file looks like."""
    if violation.subject:
        return violation.subject
    return normalised(sql) if violation.table is None else str(violation.table.created_as)
