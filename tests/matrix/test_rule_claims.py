"""What the rules claim about locks, rewrites, scans and errors is what servers show."""

from __future__ import annotations

import functools

import psycopg
import pytest

from matrix.claims import (
    Case,
    bad_cases,
    claims_anything,
    disagreements,
    good_cases,
    shows_all_that_is_claimed,
    understatements,
)
from matrix.cluster import Cluster
from matrix.servers import majors, releases
from matrix.trace import Seen
from outofband_lint.rule import Rule
from outofband_lint.rules import all_rules

MEASURED = [rule for rule in all_rules() if claims_anything(rule)]
NEWEST = max(releases())
SYNTAX_ERROR = "42601"


def each(cases: list[Case]) -> pytest.MarkDecorator:
    """Run the test for each case on each version for which its rule speaks."""
    return pytest.mark.parametrize(
        ("case", "major"),
        [
            pytest.param(case, major, id=f"{str(case)[:90]}-{major}")
            for case in cases
            for major in majors()
            if major >= case.rule.since
        ],
    )


BAD = [case for rule in MEASURED for case in bad_cases(rule)]
GOOD = [case for rule in MEASURED for case in good_cases(rule)]


@functools.cache
def seen_of(case: Case, cluster: Cluster, rows: tuple[str, ...]) -> Seen:
    """Measure a case, once; one in a form that an older version does not know is passed over."""
    try:
        seen = cluster.measure((*case.setup, *rows), *case.steps)
    except psycopg.Error as error:
        seen = Seen(sqlstate=error.sqlstate, problem=str(error).splitlines()[0])
        if seen.sqlstate != SYNTAX_ERROR or cluster.major == NEWEST:
            pytest.fail(f"{case}\n  on {cluster.major} what was there cannot be made: {error}")
    if seen.sqlstate == SYNTAX_ERROR and cluster.major < NEWEST:
        pytest.skip(f"{cluster.major} does not know this form")
    return seen


@pytest.mark.parametrize("rule", MEASURED, ids=lambda rule: rule.name)
def test_every_claim_has_an_example_that_a_server_can_run(rule: Rule) -> None:
    assert bad_cases(rule)


@each(BAD)
def test_a_bad_example_shows_what_its_rule_claims(case: Case, cluster: Cluster) -> None:
    seen = seen_of(case, cluster, () if case.is_provoked else case.rows)
    wrong = disagreements(case.rule, seen)
    assert not wrong, f"{case}\n  {'; '.join(wrong)}, but {cluster.major} shows: {seen}"


@each([case for case in BAD if case.is_provoked])
def test_the_rows_of_a_bad_example_make_it_fail_as_claimed(case: Case, cluster: Cluster) -> None:
    seen = seen_of(case, cluster, case.rows)
    assert seen.sqlstate == case.rule.sqlstate, f"{case}\n  on {cluster.major}: {seen}"


@each([bad_cases(rule)[0] for rule in MEASURED if bad_cases(rule)])
def test_a_rule_claims_what_all_its_bad_examples_show(case: Case, cluster: Cluster) -> None:
    cases = bad_cases(case.rule)
    seen = [seen_of(c, cluster, () if c.is_provoked else c.rows) for c in cases]
    assert not understatements(case.rule, seen), f"{case.rule.name} on {cluster.major}"


@each([bad_cases(rule)[0] for rule in MEASURED if rule.sqlstate and bad_cases(rule)])
def test_every_claimed_error_is_raised(case: Case, cluster: Cluster) -> None:
    raised = {seen_of(c, cluster, c.rows).sqlstate for c in bad_cases(case.rule)}
    assert case.rule.sqlstate in raised


@each(GOOD)
def test_a_good_example_does_not_cost_what_its_rule_warns_of(case: Case, cluster: Cluster) -> None:
    seen = seen_of(case, cluster, case.rows)
    assert seen.sqlstate in (None, case.rule.sqlstate), f"{case}\n  on {cluster.major}: {seen}"
    expensive = shows_all_that_is_claimed(case.rule, seen)
    assert not expensive, f"{case}\n  is good, but {cluster.major} shows: {seen}"


@pytest.mark.parametrize("major", majors())
def test_if_not_exists_passes_over_the_invalid_index_of_a_failed_build(cluster: Cluster) -> None:
    """What concurrent-index-if-not-exists says happens."""
    build = b"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON events (kind)"
    given = "CREATE TABLE events (id int, kind text); INSERT INTO events VALUES (1, 'a'), (2, 'a')"
    with cluster.copy((given,)) as url, psycopg.connect(url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(build)
        connection.execute("DELETE FROM events WHERE id = 2")
        connection.execute(build)
        row = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass"
        ).fetchone()
    assert row == (False,)
