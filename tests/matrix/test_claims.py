"""A rule that claims something else than what a server shows is told so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matrix.claims import bad_cases, disagreements, shows_all_that_is_claimed, understatements
from matrix.cluster import Cluster
from matrix.servers import majors
from matrix.trace import Seen
from outofband_lint.locks import LockMode
from outofband_lint.rule import Rule
from outofband_lint.rules import rule_named

OTHERS = [mode for mode in LockMode if mode is not LockMode.SHARE]


@pytest.fixture
def major() -> int:
    return majors()[-1]


@pytest.fixture
def rule() -> Rule:
    """A rule that claims SHARE and a scan."""
    found = rule_named("index-built-in-deploy")
    assert found is not None
    return found


@pytest.fixture
def seen(rule: Rule, cluster: Cluster) -> Seen:
    case = bad_cases(rule)[0]
    return cluster.measure(case.setup, *case.steps)


@pytest.mark.parametrize("mode", OTHERS, ids=lambda mode: mode.name)
def test_another_lock_is_a_disagreement(rule: Rule, seen: Seen, mode: LockMode) -> None:
    assert disagreements(rule, seen) == []
    assert disagreements(replace(rule, lock=mode), seen) == [f"it claims {mode.value}"]


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"rewrites": True}, ["it claims a rewrite"]),
        ({"lock": None, "rewrites": True}, ["it claims a rewrite"]),
        ({"lock": LockMode.EXCLUSIVE, "rewrites": True}, ["EXCLUSIVE", "a rewrite"]),
    ],
)
def test_a_cost_that_is_not_there_is_a_disagreement(
    rule: Rule, seen: Seen, claims: dict[str, object], said: list[str]
) -> None:
    found = disagreements(replace(rule, **claims), seen)  # type: ignore[arg-type]
    assert len(found) == len(said)
    assert all(word in text for word, text in zip(said, found, strict=True))


def test_a_scan_that_cannot_be_seen_is_believed(rule: Rule, seen: Seen) -> None:
    unseen = replace(seen, scanned=frozenset())
    assert disagreements(rule, unseen) == ["it claims a scan"]
    assert disagreements(rule, replace(unseen, parked=True)) == []


def test_an_error_is_a_disagreement_unless_it_is_claimed(rule: Rule) -> None:
    refused = Seen(sqlstate="42P01", problem="no such table")
    assert disagreements(rule, refused) == ["it claims no error"]
    assert disagreements(replace(rule, sqlstate="23505"), refused) == ["it claims 23505"]
    assert disagreements(replace(rule, sqlstate="42P01"), refused) == []


def test_a_cost_that_all_examples_show_must_be_claimed(rule: Rule, seen: Seen) -> None:
    silent = replace(rule, scans=False)
    assert understatements(rule, [seen, seen]) == []
    assert understatements(silent, [seen, seen]) == ["scans=True"]
    assert understatements(silent, [seen, Seen()]) == []
    assert understatements(replace(silent, sqlstate="23502"), [seen, seen]) == []


def test_a_good_example_may_show_a_part_of_the_cost(rule: Rule, seen: Seen) -> None:
    assert shows_all_that_is_claimed(rule, seen)
    assert not shows_all_that_is_claimed(rule, replace(seen, scanned=frozenset()))
    assert not shows_all_that_is_claimed(replace(rule, lock=LockMode.ACCESS_EXCLUSIVE), seen)
    assert not shows_all_that_is_claimed(replace(rule, sqlstate="23505"), seen)


def test_what_was_seen_is_spelled_in_one_line(seen: Seen) -> None:
    assert str(seen).startswith("SHARE on public.events; scanned public.events; created public.")
    assert str(Seen()) == "nothing"
    assert str(Seen(sqlstate="42P01", problem="gone")) == "42P01 (gone)"
