"""The names that other linters give to what our rules find, by linter, from the rules' aliases."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from outofband_lint.rule import Rule
from outofband_lint.rules import CHAPTERS, chapter_rules
from reference.weave import table

_DATA = Path(__file__).parents[1] / "linters.toml"


def linters() -> str:
    """Return a table for each linter: what it calls the hazard, and which rule finds it here."""
    named: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for rule in _rules():
        for alias in rule.aliases:
            if linter := linter_of(alias):
                named[linter][alias].append(_link(rule))
    parts = []
    for linter in _linters():
        rows = [(f"`{alias}`", ", ".join(ours)) for alias, ours in sorted(named[linter].items())]
        parts.append(f"### {linter}\n\n{table(('there', 'here'), rows)}")
    alone = sorted(_link(rule) for rule in _rules() if not rule.aliases)
    return "\n\n".join([*parts, "### Here alone", f"{', '.join(alone)}."])


def linter_of(alias: str) -> str | None:
    """Return whose name it is; None for one that several tools use or that ours only accepts."""
    for linter, known in _linters().items():
        if alias in known.get("names", ()) or re.fullmatch(known.get("pattern", "(?!)"), alias):
            return linter
    return None


@cache
def _linters() -> dict[str, Any]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def _rules() -> Iterator[Rule]:
    for chapter in CHAPTERS:
        yield from chapter_rules(chapter)


def _link(rule: Rule) -> str:
    return f"[{rule.name}](rules/{rule.name}.md)"
