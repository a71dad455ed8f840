"""The rules: every file in this folder is one, and its name is the rule's."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from outofband_lint.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Import the folder's files and return their rules, sorted by name."""
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(getattr(import_module(f"{__name__}.{name}"), name) for name in names)


def rule_named(name: str) -> Rule | None:
    """Return the rule of that name."""
    return next((rule for rule in all_rules() if rule.name == name), None)
