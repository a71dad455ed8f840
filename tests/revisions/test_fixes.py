"""What every rule proposes, applied to a real revision: it renders, and the rule falls silent."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import alembic
import pytest

from outofband.revisions import graph
from outofband.revisions.render import render
from outofband.revisions.rewrite import rewritten
from outofband_lint.engine import lint
from outofband_lint.example import Example
from outofband_lint.finding import Finding
from outofband_lint.reader import read
from outofband_lint.rule import Rule
from outofband_lint.rules import all_rules
from outofband_lint.source import Revision

TEMPLATE = Path(alembic.__file__).parent / "templates/generic/script.py.mako"


def is_one_operation(example: Example) -> bool:
    """Tell whether the example is what one op.execute sends, which a machine can replace."""
    return bool(example.sql) and not example.out_of_band and len(read(example.sql)) == 1


def proposals() -> list[tuple[Rule, Example]]:
    return [
        (rule, example)
        for rule in all_rules()
        for example in rule.bad
        if is_one_operation(example) and any(f.fix for f in found_in(rule, example))
    ]


def found_in(rule: Rule, example: Example) -> list[Finding]:
    return judged(rule, example, example.revisions(rule.given), "2")


def judged(
    rule: Rule, example: Example, revisions: tuple[Revision, ...], *wanted: str
) -> list[Finding]:
    settings = example.settings
    if rule.opt_in:
        settings = replace(settings, severity={rule.name: rule.severity})
    found = lint(revisions, settings, judged=wanted, environment=example.environment)
    return [f for f in found if f.rule == rule.name]


def name(value: object) -> str:
    return value.name if isinstance(value, Rule) else " ".join(value.sql.split())[:60]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("rule", "example"), proposals(), ids=name)
def test_a_fix_renders_and_silences_its_rule(rule: Rule, example: Example, project) -> None:
    shutil.copy(TEMPLATE, project.folder / "migrations/script.py.mako")
    project.revision("1", f"op.execute({rule.given!r})" if rule.given else "pass")
    execute = f"op.execute({example.sql!r})"
    if example.autocommit:
        execute = f"with op.get_context().autocommit_block():\n    {execute}"
    project.revision("2", execute)
    environment = project.environment
    revisions = tuple(r.revision for r in render(environment, graph.every(environment.script)))
    findings = judged(rule, example, revisions, "2")
    assert [f.fix is not None for f in findings] == [True]

    rewriting = rewritten(environment, revisions, findings)
    assert (rewriting.made, rewriting.left) == (1, ())
    for change in rewriting.files:
        change.path.write_bytes(change.after)

    environment = project.environment
    after = tuple(r.revision for r in render(environment, graph.every(environment.script)))
    assert [r.problem for r in after] == [None] * len(after)
    assert judged(rule, example, after, *[r.id for r in after if r.id != "1"]) == []
