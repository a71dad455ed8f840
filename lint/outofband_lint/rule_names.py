"""What a rule's name stands for, and what was meant by one that stands for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from outofband_lint.rule import Rule


def rules_called(name: str, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return the rule of that name, or those that another linter calls so.

    Case and `_` for `-` do not matter.
    """
    wanted = name.strip().lower().replace("_", "-")
    own = tuple(rule for rule in rules if rule.name == wanted)
    return own or tuple(
        rule
        for rule in rules
        if wanted in {alias.lower().replace("_", "-") for alias in rule.aliases}
    )


def what_is_meant(name: str, rules: Sequence[Rule]) -> str:
    """Return in words what to write in place of a name that no rule has."""
    found = [rule.name for rule in rules_called(name, rules)]
    if found:
        return f"Write {' or '.join(found)}, which is our name for it"
    close = get_close_matches(name.lower().replace("_", "-"), [rule.name for rule in rules], n=1)
    return f"Did you mean {close[0]}?" if close else "List the rules with: outofband rule"
