"""Wanted is an ordered list: what is done, and what waits for what (contract, Operations)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.catalog.standing import Standing, standings
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step, Wanted, WantedStep

DOCS = QualifiedName("docs")


@pytest.fixture
def chain(facts: Any) -> tuple[Step, ...]:
    """The incident's cure on one table: stand-in, unique index, primary key, stand-in dropped."""
    return (
        CreateIndex(facts.declared("docs_temp")),
        CreateIndex(facts.declared("docs_unique", unique=True)),
        AddConstraint("docs_pkey", DOCS, "primary_key", ("id",), "docs_unique"),
        DropIndex("docs_temp", DOCS),
    )


def stand(facts: Any, steps: tuple[Step, ...], *indexes: Any, **table: Any) -> list[Standing]:
    wanted = Wanted(tuple(WantedStep(s, f"r{n}") for n, s in enumerate(steps)))
    return list(standings(wanted, facts.seen(facts.table(*indexes, **table))))


def done(listed: list[Standing]) -> list[bool]:
    return [s.done for s in listed]


def test_at_first_nothing_is_done_and_only_builds_may_start(
    facts: Any, chain: tuple[Step, ...]
) -> None:
    listed = stand(facts, chain)
    assert done(listed) == [False] * 4
    assert [s.waits_for for s in listed] == [
        (),
        (),
        ("docs_unique",),
        ("docs_unique", "docs_pkey"),
    ]


def test_with_the_stand_in_built_the_rest_goes_on(facts: Any, chain: tuple[Step, ...]) -> None:
    assert done(stand(facts, chain, facts.index("docs_temp"))) == [True, False, False, False]


def test_a_build_is_done_when_its_constraint_took_the_index(
    facts: Any, chain: tuple[Step, ...]
) -> None:
    promoted = facts.index("docs_pkey", unique=True, constraint="docs_pkey", constraint_type="p")
    listed = stand(facts, chain, facts.index("docs_temp"), promoted)
    assert done(listed) == [True, True, True, False]
    assert listed[3].waits_for == ()


def test_an_index_that_its_constraint_took_is_not_built_again_when_that_has_to_be_repaired(
    facts: Any, chain: tuple[Step, ...]
) -> None:
    owner = {"constraint": "docs_pkey", "constraint_type": "p", "valid": False}
    broken = facts.index("docs_pkey", unique=True, **owner)
    listed = stand(facts, chain, facts.index("docs_temp"), broken)
    assert done(listed) == [True, True, False, False]
    assert listed[2].waits_for == ()


def test_at_the_end_all_is_done_though_the_stand_in_is_gone(
    facts: Any, chain: tuple[Step, ...]
) -> None:
    promoted = facts.index("docs_pkey", unique=True, constraint="docs_pkey", constraint_type="p")
    assert done(stand(facts, chain, promoted)) == [True] * 4


def test_a_missing_stand_in_is_not_done_while_the_unique_index_is_pending(
    facts: Any, chain: tuple[Step, ...]
) -> None:
    assert not stand(facts, chain)[0].done


def test_steps_that_lean_on_each_other_in_a_circle_end(facts: Any) -> None:
    """Two indexes come and both go: each build is done by its drop, the drops by the builds."""
    steps = (
        CreateIndex(facts.declared("a")),
        CreateIndex(facts.declared("b", "path")),
        DropIndex("a", DOCS),
        DropIndex("b", DOCS),
    )
    assert done(stand(facts, steps)) == [True] * 4
    assert done(stand(facts, steps, facts.index("b", "path"))) == [True, True, True, False]


def test_a_drop_with_after_waits_for_these_steps_alone(facts: Any) -> None:
    steps = (
        CreateIndex(facts.declared("old")),
        CreateIndex(facts.declared("new", "path")),
        CreateIndex(facts.declared("other", "note")),
        DropIndex("old", DOCS, after=("new",)),
    )
    listed = stand(facts, steps, facts.index("old"), facts.index("new", "path"))
    assert listed[3].waits_for == ()
    assert not listed[3].done


def test_a_build_with_after_waits(facts: Any) -> None:
    steps = (
        CreateIndex(facts.declared("first")),
        CreateIndex(facts.declared("second", "path"), after=("first",)),
    )
    assert stand(facts, steps)[1].waits_for == ("first",)


def test_a_drop_waits_for_no_other_table(facts: Any) -> None:
    other = CreateIndex(facts.declared("elsewhere"))
    moved = DropIndex("docs_idx", QualifiedName("pages"))
    assert stand(facts, (other, moved))[1].waits_for == ()


def test_what_only_a_later_revision_declares_is_unwanted(facts: Any) -> None:
    wanted = Wanted(unapplied=(WantedStep(CreateIndex(facts.declared()), "r9"),))
    (left,) = standings(wanted, facts.seen(facts.table(facts.index())))
    assert (left.state, left.done, left.revision) == (State.UNWANTED, True, "r9")


def test_an_equal_index_under_another_name_is_not_unwanted(facts: Any) -> None:
    wanted = Wanted(unapplied=(WantedStep(CreateIndex(facts.declared()), "r9"),))
    assert standings(wanted, facts.seen(facts.table(facts.index("by_hand")))) == ()


@pytest.mark.parametrize(("column", "listed"), [("id", True), ("comes_later", False)])
def test_a_coming_revisions_step_counts_once_its_columns_are_there(
    facts: Any, column: str, listed: bool
) -> None:
    step = CreateIndex(facts.declared("i", column))
    wanted = Wanted((WantedStep(step, "r9", ahead=True),))
    assert bool(standings(wanted, facts.seen(facts.table()))) is listed


def test_a_coming_revisions_step_on_a_coming_table_does_not_count(facts: Any) -> None:
    wanted = Wanted((WantedStep(CreateIndex(facts.declared()), "r9", ahead=True),))
    assert standings(wanted, facts.seen(None)) == ()


def test_what_waits_for_a_step_that_cannot_be_done_yet_does_not_count_either(facts: Any) -> None:
    """Ahead of the upgrade, a stand-in stays until the column of its successor has come."""
    coming = (
        CreateIndex(facts.declared("docs_unique", "comes_later", unique=True)),
        AddConstraint("docs_pkey", DOCS, "primary_key", ("id",), "docs_unique"),
        DropIndex("docs_temp", DOCS),
        CreateIndex(facts.declared("docs_path", "path")),
    )
    wanted = Wanted(tuple(WantedStep(step, "r9", ahead=True) for step in coming))
    listed = standings(wanted, facts.seen(facts.table(facts.index("docs_temp"))))
    assert [s.step.name for s in listed] == ["docs_path"]


def test_what_an_applied_revision_declares_in_plain_words_is_not_unwanted(facts: Any) -> None:
    wanted = Wanted(
        unapplied=(WantedStep(CreateIndex(facts.declared()), "r9"),),
        declared_names=frozenset({QualifiedName("docs_idx")}),
    )
    assert standings(wanted, facts.seen(facts.table(facts.index()))) == ()


@pytest.mark.parametrize("valid", [False, True])
def test_what_a_build_left_for_an_unapplied_revision_is_unwanted(facts: Any, valid: bool) -> None:
    declared = facts.declared()
    name = replace(declared, table=facts.table_name).temporary_name
    wanted = Wanted(unapplied=(WantedStep(CreateIndex(declared), "r9"),))
    (left,) = standings(wanted, facts.seen(facts.table(facts.index(name, valid=valid))))
    assert left.state is State.UNWANTED
    assert left.sight.reason == f"a build left it as {name}"
