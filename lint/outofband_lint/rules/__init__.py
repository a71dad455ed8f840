"""The rules: a folder a chapter, a file a rule, and the file's name is the rule's."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from outofband_lint.rule import Rule

CHAPTERS = (
    "indexes",
    "columns",
    "constraints",
    "tables",
    "data",
    "locks",
    "revisions",
    "policy",
)
"""The folders, in the order in which a reader wants them."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Import every rule and return them, sorted by name."""
    rules = [rule for chapter in CHAPTERS for rule in chapter_rules(chapter)]
    return tuple(sorted(rules, key=lambda rule: rule.name))


@cache
def chapter_rules(chapter: str) -> tuple[Rule, ...]:
    """Import the rules of one chapter and return them, sorted by name."""
    package = import_module(f"{__name__}.{chapter}")
    names = sorted(module.name for module in iter_modules(package.__path__))
    return tuple(getattr(import_module(f"{package.__name__}.{name}"), name) for name in names)


def rule_named(name: str) -> Rule | None:
    """Return the rule of that name."""
    return next((rule for rule in all_rules() if rule.name == name), None)
