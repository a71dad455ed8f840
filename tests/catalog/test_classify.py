"""The state of a step follows from what the catalog shows, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.catalog.classify import classify
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex, DropIndex

DOCS = QualifiedName("docs")


def temporary(facts: Any) -> str:
    return str(replace(facts.declared(), table=facts.table_name).temporary_name)


def ours(facts: Any) -> str:
    return f"outofband:{replace(facts.declared(), table=facts.table_name).fingerprint}"


def state(
    facts: Any, *indexes: Any, declared: frozenset[QualifiedName] = frozenset(), **table: Any
) -> State:
    seen = facts.seen(facts.table(*indexes, **table))
    return classify(CreateIndex(facts.declared()), seen, declared).state


def test_an_index_of_a_missing_table_is_absent(facts: Any) -> None:
    assert classify(CreateIndex(facts.declared()), facts.seen(None)).state is State.ABSENT


def test_nothing_there_is_absent(facts: Any) -> None:
    assert state(facts) is State.ABSENT


def test_its_name_with_an_equal_definition_is_valid(facts: Any) -> None:
    assert state(facts, facts.index()) is State.VALID


def test_its_name_with_other_columns_is_different(facts: Any) -> None:
    assert state(facts, facts.index("docs_idx", "path")) is State.DIFFERENT


def test_the_name_it_is_built_under_with_other_columns_is_different(facts: Any) -> None:
    assert state(facts, facts.index(temporary(facts), "path")) is State.DIFFERENT


def test_its_name_on_another_relation_is_different(facts: Any) -> None:
    seen = facts.seen(facts.table(), docs_idx="S")
    sight = classify(CreateIndex(facts.declared()), seen)
    assert sight.state is State.DIFFERENT
    assert "a sequence" in sight.reason


def test_a_predicate_that_cannot_be_explained_alike_is_not_provably_equal(facts: Any) -> None:
    declared = facts.declared(where="id > 5")
    table = facts.table(facts.index(predicate="(id >= 6)"))
    sight = classify(CreateIndex(declared), facts.seen(table))
    assert sight.state is State.NOT_PROVABLY_EQUAL


def test_an_equal_index_under_another_name_is_found(facts: Any) -> None:
    assert state(facts, facts.index("by_hand")) is State.VALID_OTHER_NAME


def test_a_finished_build_that_was_not_renamed_is_found(facts: Any) -> None:
    assert state(facts, facts.index(temporary(facts))) is State.VALID_OTHER_NAME


def test_an_equal_index_that_a_revision_declares_is_left_alone(facts: Any) -> None:
    declared = frozenset({QualifiedName("by_hand")})
    assert state(facts, facts.index("by_hand"), declared=declared) is State.ABSENT


def test_an_equal_index_that_is_a_partition_of_another_is_left_alone(facts: Any) -> None:
    assert (
        state(facts, facts.index("by_hand", parent=QualifiedName("all_docs_id", "public")))
        is State.ABSENT
    )


def test_an_equal_index_of_a_constraint_serves(facts: Any) -> None:
    owned = facts.index("docs_pkey", constraint="docs_pkey", constraint_type="p")
    assert state(facts, owned) is State.CONSTRAINT_OWNED


@pytest.mark.parametrize("ready", [False, True])
@pytest.mark.parametrize("named", ["final", "temporary"])
def test_a_leftover_is_invalid_and_enforces_once_writes_maintain_it(
    facts: Any, named: str, ready: bool
) -> None:
    name = "docs_idx" if named == "final" else temporary(facts)
    left = facts.index(name, valid=False, ready=ready)
    assert state(facts, left) is (State.INVALID_ENFORCING if ready else State.INVALID)


def test_an_unfinished_index_is_not_dead_while_a_session_of_ours_builds_it(facts: Any) -> None:
    left = facts.index(temporary(facts), valid=False)
    assert state(facts, left, workers=(facts.worker(ours(facts)),)) is State.BUILDING


def test_an_unfinished_index_is_not_dead_while_anybody_works_on_its_table(facts: Any) -> None:
    left = facts.index(temporary(facts), valid=False)
    assert state(facts, left, workers=(facts.worker("psql"),)) is State.BUILDING_ELSEWHERE


def test_the_index_of_a_partitioned_table_waits_for_its_partitions(facts: Any) -> None:
    parent = facts.index(valid=False, partitioned=True)
    assert state(facts, parent) is State.PARTITION_INCOMPLETE


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, State.ABSENT),
        ({}, State.VALID),
        ({"valid": False, "ready": False}, State.INVALID),
        ({"valid": False}, State.INVALID_ENFORCING),
        ({"constraint": "c", "constraint_type": "u"}, State.CONSTRAINT_OWNED),
    ],
)
def test_a_drop_sees_whether_the_index_is_still_there(
    facts: Any, given: dict[str, Any] | None, expected: State
) -> None:
    table = facts.table() if given is None else facts.table(facts.index(**given))
    assert classify(DropIndex("docs_idx", DOCS), facts.seen(table)).state is expected


@pytest.mark.parametrize(
    ("owner", "columns", "expected"),
    [
        (None, ("id",), State.ABSENT),
        (("docs_pkey", "p"), ("id",), State.VALID),
        (("docs_pkey", "p"), ("path",), State.DIFFERENT),
        (("other_pkey", "p"), ("id",), State.VALID_OTHER_NAME),
        (("other_pkey", "p"), ("path",), State.DIFFERENT),
        (("docs_pkey", "u"), ("id",), State.DIFFERENT),
    ],
)
def test_a_promotion_is_done_when_its_constraint_is_there(
    facts: Any, owner: tuple[str, str] | None, columns: tuple[str, ...], expected: State
) -> None:
    step = AddConstraint("docs_pkey", DOCS, "primary_key", ("id",), "docs_unique")
    constraint, kind = owner or (None, None)
    found = facts.index("x", *columns, constraint=constraint, constraint_type=kind)
    assert classify(step, facts.seen(facts.table(found))).state is expected
