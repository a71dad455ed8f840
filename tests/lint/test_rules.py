"""What holds for every rule, from the evidence that each carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from outofband_lint import rules
from outofband_lint.example import Example
from outofband_lint.finding import Finding
from outofband_lint.locks import LockMode
from outofband_lint.names import quote
from outofband_lint.reader import read
from outofband_lint.rule import Rule
from outofband_lint.rules import all_rules, rule_named
from outofband_lint.schema import Schema, fold
from outofband_lint.source import Source
from outofband_lint.statement import NotUnderstood
from outofband_lint.trial import findings_of

EVERY = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
# Rules about a revision, a session or an object that is no table have no table to name.
WITHOUT_TABLE = {
    "applied-revision-edited",
    "barrier-not-first",
    "database-dropped",
    "downgrade-missing",
    "enum-value-added-in-transaction",
    "enum-value-renamed",
    "environment-blocking-advisory-lock",
    "environment-not-run",
    "environment-outer-transaction",
    "environment-without-deploy-guard",
    "extension-changed",
    "identifier-truncated",
    "lock-timeout-missing",
    "multiple-heads",
    "object-renamed",
    "pending-step-removed",
    "revision-not-rendered",
    "revision-out-of-order",
    "rows-read-in-migration",
    "schema-dropped",
    "security-definer-without-search-path",
    "set-session-setting",
    "statement-not-understood",
    "statement-refused-in-transaction",
    "suppression-expired",
    "suppression-unused",
    "suppression-without-reason",
    "transaction-control-in-migration",
    "view-dropped-in-use",
}
VERB_LIST = """
    Add Build Change Commit Correct Create Declare Detach Drop Give Keep Leave Let List Lower Make
    Merge Move Name Put Read Remove Rename Replace Run Say Set Split Take Test Use Validate Wait
    Write
"""
VERBS = set(VERB_LIST.split())
SLOTS = ("Cost:", "Instead:", "Allowed when:", "Source:")


JUDGED: dict[tuple[Rule, int], list[Finding]] = {}


def found(rule: Rule, example: Example) -> list[Finding]:
    """Judge an example, once for all that is said of it; the very object is what is remembered."""
    if (rule, id(example)) not in JUDGED:
        JUDGED[rule, id(example)] = list(findings_of(rule, example))
    return JUDGED[rule, id(example)]


def finding_of(rule: Rule, example: Example) -> Finding:
    findings = found(rule, example)
    assert len(findings) == 1, example.sql
    return findings[0]


@EVERY
def test_a_bad_example_is_found_exactly_once(rule: Rule) -> None:
    for example in rule.bad:
        finding = finding_of(rule, example)
        assert finding.severity in ("error", "warning"), example.sql
        assert finding.path == "versions/2_example.py"
        assert finding.line >= 8, example.sql


@EVERY
def test_a_good_example_is_silent(rule: Rule) -> None:
    for example in rule.good:
        assert found(rule, example) == [], example.sql


@EVERY
def test_the_message_names_the_table(rule: Rule) -> None:
    for example in rule.bad:
        message = finding_of(rule, example).message
        assert message.endswith(".")
        if rule.name not in WITHOUT_TABLE:
            assert any(table in message for table in table_names(rule, example)), message


def sources(rule: Rule, example: Example) -> list[Source]:
    return [source for revision in example.revisions(rule.given) for source in revision.sources]


def table_names(rule: Rule, example: Example) -> set[str]:
    """Return the tables of the example as a message spells them, and those nobody created."""
    schema = Schema()
    names = {"created_by_hand", "the table of ix_nobody_knows"}
    for source in sources(rule, example):
        for statement in read(source.sql):
            schema = fold(schema, statement, revision="1")
            names |= {quote(table.name) for table in schema.tables}
    return names


@EVERY
def test_the_message_names_the_lock_and_what_it_blocks(rule: Rule) -> None:
    for example in rule.bad:
        message = finding_of(rule, example).message
        if rule.lock in (LockMode.SHARE, LockMode.ACCESS_EXCLUSIVE):
            assert rule.lock.value in message
            assert rule.lock.blocks in message


@EVERY
def test_the_help_says_what_to_do(rule: Rule) -> None:
    for example in rule.bad:
        told = finding_of(rule, example).help
        assert told.split()[0] in VERBS
        assert "you can" not in told.lower()


@EVERY
def test_the_page_has_every_part_in_order(rule: Rule) -> None:
    positions = [rule.page.find(f"\n\n{slot}") for slot in SLOTS]
    assert -1 not in positions
    assert positions == sorted(positions)
    assert rule.headline.endswith(".")
    assert "PostgreSQL 18" in rule.page


@EVERY
def test_the_page_names_the_operation_and_the_plain_form(rule: Rule) -> None:
    instead = " ".join(rule.page.split("Instead:")[1].split("Allowed when:")[0].split())
    assert "op." in instead
    assert "plain Alembic" in instead.replace("Plain", "plain") or "Alembic's" in instead


@EVERY
def test_a_rule_says_what_it_costs_and_has_several_examples(rule: Rule) -> None:
    assert (rule.lock is None) != (rule.failure is None)
    checks = (rule.check, rule.check_at_head, rule.check_project, rule.check_suppression)
    assert sum(map(bool, checks)) == 1
    assert len(rule.bad) >= 3
    assert len(rule.good) >= 2


@EVERY
def test_the_bad_examples_cover_quoted_names(rule: Rule) -> None:
    assert any('"' in source.sql for example in rule.bad for source in sources(rule, example))


@EVERY
def test_only_the_rule_about_it_has_examples_that_are_not_understood(rule: Rule) -> None:
    for example in (*rule.bad, *rule.good):
        statements = read(rule.given) + read(example.sql)
        if rule.name != "statement-not-understood":
            assert not [s for s in statements if isinstance(s, NotUnderstood)], example.sql


def test_every_file_in_the_folder_is_a_rule_of_that_name_in_order() -> None:
    files = sorted(path.stem for path in Path(rules.__path__[0]).glob("*/[a-z]*.py"))
    assert [rule.name.replace("-", "_") for rule in all_rules()] == files


def test_a_rule_is_found_by_its_name() -> None:
    for rule in all_rules():
        assert rule_named(rule.name) is rule
    assert rule_named("no-such-rule") is None
