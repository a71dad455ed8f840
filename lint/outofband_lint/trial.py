"""A rule on one of its examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outofband_lint.engine import lint
from outofband_lint.example import TODAY, Example
from outofband_lint.finding import Finding
from outofband_lint.rule import Rule


def findings_of(
    rule: Rule, example: Example, rules: Sequence[Rule] | None = None
) -> tuple[Finding, ...]:
    """Return what the rule finds in the example, were it switched on.

    `rules` judge beside it, all of ours unless given.
    """
    revisions = example.revisions(rule.given)
    settings = example.settings
    if rule.opt_in:
        settings = replace(settings, severity={rule.name: rule.severity, **settings.severity})
    found = lint(
        revisions,
        settings,
        judged={revisions[-1].id},
        base=example.base,
        environment=example.environment,
        queries=example.queries,
        rules=rules,
        suppressions=example.suppressions,
        today=TODAY,
    )
    return tuple(finding for finding in found if finding.rule == rule.name)
