"""The rules that judge a project: ours and its own, under the names that its settings use."""

from __future__ import annotations

from itertools import chain

from outofband.errors import Misuse
from outofband.settings import Settings
from outofband_lint import own_rules
from outofband_lint.rehearsed import REHEARSED
from outofband_lint.rule import Rule
from outofband_lint.rule_names import what_is_meant
from outofband_lint.rules import all_rules


class RuleUnknown(Misuse):
    """``severity`` or ``per-path`` name a rule that there is none of."""


class OwnRulesWrong(Misuse):
    """A file in the folders of the setting ``rules`` is no rule, or its check failed."""


def prepare() -> None:
    """Load the linter and its rules, which takes as long as judging some hundred revisions."""
    from outofband_lint import engine  # noqa: F401

    all_rules()


def rules_for(settings: Settings, *, executes: bool = True) -> tuple[Rule, ...]:
    """Return the rules, the project's own ones at the end.

    Without ``executes`` these are left out: they are code of the project, which a pull request may
    have written. The names in the settings are then taken on trust where the project has rules of
    its own. Raises RuleUnknown and OwnRulesWrong.
    """
    rules = all_rules()
    if settings.rules and executes:
        try:
            rules += own_rules.load(settings.rules, rules)
        except own_rules.OwnRuleWrong as error:
            raise wrong(error) from None
    if executes or not settings.rules:
        _check_names(settings, rules)
    return rules


def wrong(error: own_rules.OwnRuleWrong) -> OwnRulesWrong:
    """Return the error that a command shows; nothing was judged then."""
    return OwnRulesWrong(
        str(error), do="Correct the rule, or the setting rules; nothing was judged"
    )


def _check_names(settings: Settings, rules: tuple[Rule, ...]) -> None:
    known = {rule.name for rule in rules} | REHEARSED
    for name in chain(settings.severity, *settings.per_path.values()):
        if name not in known:
            raise RuleUnknown(
                f"the settings name the rule {name!r}, which does not exist",
                do=what_is_meant(name, rules),
            )
