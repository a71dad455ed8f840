"""``outofband rule``: what a rule finds and why, by our name or another linter's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill, indent
from typing import TYPE_CHECKING

import click

from outofband.cli.options import format_option
from outofband.errors import Misuse

if TYPE_CHECKING:
    from outofband_lint.rule import Rule

_WIDTH = 80
_OWN = "of the project's own"


class NoSuchRule(Misuse):
    """No rule has the name, and no linter that we know of calls one of ours so."""


@click.command("rule")
@click.argument("name", required=False)
@format_option
def command(name: str | None, form: str) -> None:
    """List the rules by chapter, or explain the one called NAME.

    NAME may be the name that squawk, strong_migrations, Atlas or another linter has for it.
    """
    chapters = _chapters()
    if name is not None:
        chapters = _called(name, chapters)
    if form == "json":
        told = [_values(rule, chapter) for chapter, rules in chapters.items() for rule in rules]
        sys.stdout.write(json.dumps({"rules": told}, indent=2, ensure_ascii=False) + "\n")
    elif name is None:
        sys.stdout.write("\n".join(_listed(chapters)) + "\n")
    else:
        pages = (_page(rule, chapter) for chapter, rules in chapters.items() for rule in rules)
        sys.stdout.write("\n".join(pages))


def _chapters() -> dict[str, tuple[Rule, ...]]:
    """Return the rules by chapter, those of the project around the working directory at the end."""
    from outofband import settings
    from outofband.gate.rules import rules_for
    from outofband_lint.rules import CHAPTERS, all_rules, chapter_rules

    found = {chapter: chapter_rules(chapter) for chapter in CHAPTERS}
    own = rules_for(settings.load(Path.cwd()))[len(all_rules()) :]
    return {chapter: rules for chapter, rules in (found | {_OWN: own}).items() if rules}


def _called(name: str, chapters: dict[str, tuple[Rule, ...]]) -> dict[str, tuple[Rule, ...]]:
    from outofband_lint.rule_names import rules_called, what_is_meant

    every = [rule for rules in chapters.values() for rule in rules]
    wanted = rules_called(name, every)
    if not wanted:
        raise NoSuchRule(f"no rule is called {name!r}", do=what_is_meant(name, every))
    of = {chapter: tuple(r for r in rules if r in wanted) for chapter, rules in chapters.items()}
    return {chapter: rules for chapter, rules in of.items() if rules}


def _listed(chapters: dict[str, tuple[Rule, ...]]) -> Iterator[str]:
    for number, (chapter, rules) in enumerate(chapters.items()):
        yield f"{'' if number == 0 else chr(10)}{chapter}"
        for rule in rules:
            severity = f"{rule.severity}{', opt-in' if rule.opt_in else ''}"
            yield f"  {rule.name} ({severity})"
            yield _wrapped(rule.headline, "      ")


def _page(rule: Rule, chapter: str) -> str:
    from outofband_lint import page

    parts = [f"{rule.name} ({page.severity(rule)}; {chapter})", _wrapped(rule.headline)]
    for slot, text in page.paragraphs(rule):
        parts.append(_wrapped(f"{slot}: {text}" if slot else text))
    parts.append("\n".join(_wrapped(f"- {claim}") for claim in page.claims(rule)))
    if page.shown_given(rule):
        parts.append(f"Given:\n{indent(page.shown_given(rule), '    ')}")
    for title, examples in (("Found", rule.bad), ("Not found", rule.good)):
        shown = "\n".join(indent(page.shown_example(e), "    ") for e in examples)
        if shown:
            parts.append(f"{title}:\n{shown}")
    fix = page.example_of_fix(rule)
    if fix is not None:
        before, after = page.shown_example(fix[0]), page.shown_fix(fix[1])
        parts.append(f"--fix makes of:\n{indent(before, '    ')}\nthis:\n{indent(after, '    ')}")
    if rule.aliases:
        parts.append(_wrapped(f"Other linters call it: {', '.join(rule.aliases)}"))
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str, margin: str = "") -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _values(rule: Rule, chapter: str) -> dict[str, object]:
    from outofband_lint import page

    return {
        "name": rule.name,
        "chapter": chapter,
        "severity": rule.severity,
        "opt_in": rule.opt_in,
        "headline": rule.headline,
        "page": rule.page,
        "lock": rule.lock.value if rule.lock else None,
        "rewrites": rule.rewrites,
        "scans": rule.scans,
        "sqlstate": rule.sqlstate,
        "since": rule.since,
        "failure": rule.failure,
        "given": page.shown_given(rule),
        "bad": [page.shown_example(example) for example in rule.bad],
        "good": [page.shown_example(example) for example in rule.good],
        "aliases": list(rule.aliases),
    }
