"""What is wanted after a sequence of statements and steps; written as the revisions' SQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, Backfill, CreateIndex, DropIndex, Step, WantedStep
from outofband.revisions.folding.fold import fold
from outofband.revisions.folding.wanted_list import WantedList
from outofband.revisions.render import Rendered
from outofband.revisions.wanted import of_rendered
from outofband_lint.source import Revision, Source

T = QualifiedName("t")


def create(name: str, *columns: str, table: QualifiedName = T, **more: object) -> CreateIndex:
    after = more.pop("after", ())
    keys = tuple(Key.of(column) for column in columns or ("a",))
    return CreateIndex(Index(name, table, keys, **more), after)  # type: ignore[arg-type]


def drop(name: str, after: tuple[str, ...] | None = None) -> DropIndex:
    return DropIndex(name, T, after)


def replacing(name: str, *columns: str, drops: DropIndex | None = None, **more) -> CreateIndex:
    return replace(create(name, *columns, **more), replaces=drops or drop(name))


def promote(name: str, using: str) -> AddConstraint:
    return AddConstraint(name, T, "unique_constraint", ("a",), using)


def backfill(table: QualifiedName = T) -> Backfill:
    return Backfill("fill", table, "app:fill")


def revision(id: str, *events: str | Step) -> Rendered:  # noqa: A002
    steps = tuple(event for event in events if not isinstance(event, str))
    sources = tuple(
        Source(event, f"{id}.py", n)
        if isinstance(event, str)
        else Source(event.plain_sql, f"{id}.py", n, out_of_band=True)
        for n, event in enumerate(events, start=1)
    )
    return Rendered(Revision(id, f"{id}.py", sources=sources), steps)


def folded(*events: str | Step) -> WantedList:
    """Fold events, each in a revision of its own."""
    return fold(revision(f"r{n}", event) for n, event in enumerate(events))


def wanted(*events: str | Step) -> list[Step]:
    return [entry.step for entry in folded(*events).entries]


U = QualifiedName("u")
LOWER = replace(create("ix").index, keys=(Key("(lower(a))"),), where="a > 'a' AND b > 0")

CASES: dict[str, tuple[list[str | Step], list[Step]]] = {
    "a step stays": ([create("ix"), "ANALYZE t"], [create("ix")]),
    "steps stay in order": (
        [create("ix"), promote("uq", "ix"), drop("old")],
        [create("ix"), promote("uq", "ix"), drop("old")],
    ),
    "a renamed table": (
        [create("ix"), promote("uq", "ix"), drop("o"), "ALTER TABLE t RENAME TO u"],
        [
            create("ix", table=U),
            replace(promote("uq", "ix"), table=U),
            replace(drop("o"), table=U),
        ],
    ),
    "another table's rename": ([create("ix"), "ALTER TABLE v RENAME TO u"], [create("ix")]),
    "a table of another schema": ([create("ix"), "DROP TABLE archive.t"], [create("ix")]),
    "public said and not said": ([create("ix"), "DROP TABLE public.t"], []),
    "a moved table": (
        [create("ix"), "ALTER TABLE t SET SCHEMA app"],
        [create("ix", table=QualifiedName("t", "app"))],
    ),
    "a renamed schema": (
        [create("ix", table=QualifiedName("t", "app")), "ALTER SCHEMA app RENAME TO web"],
        [create("ix", table=QualifiedName("t", "web"))],
    ),
    "a renamed index": ([create("ix"), "ALTER INDEX ix RENAME TO iy"], [create("iy")]),
    "a renamed index and who names it": (
        [
            create("ix"),
            promote("uq", "ix"),
            drop("old", after=("ix",)),
            "ALTER INDEX ix RENAME TO iy",
        ],
        [create("iy"), promote("uq", "iy"), drop("old", after=("iy",))],
    ),
    "a renamed constraint": (
        [create("ix"), promote("uq", "ix"), "ALTER TABLE t RENAME CONSTRAINT uq TO uz"],
        [create("ix"), promote("uz", "ix")],
    ),
    "a renamed column": (
        [create("ix", "a", "b"), promote("uq", "ix"), "ALTER TABLE t RENAME a TO c"],
        [create("ix", "c", "b"), replace(promote("uq", "ix"), columns=("c",))],
    ),
    "a renamed column in expressions": (
        [CreateIndex(LOWER), 'ALTER TABLE t RENAME COLUMN a TO "C"'],
        [CreateIndex(replace(LOWER, keys=(Key('(lower("C"))'),), where="\"C\" > 'a' AND b > 0"))],
    ),
    "a renamed included column": (
        [create("ix", "b", include=("a",)), "ALTER TABLE t RENAME a TO c"],
        [create("ix", "b", include=("c",))],
    ),
    "a dropped column": ([create("ix"), promote("uq", "ix"), "ALTER TABLE t DROP a"], []),
    "a dropped column in a condition": ([CreateIndex(LOWER), "ALTER TABLE t DROP COLUMN b"], []),
    "another dropped column": ([CreateIndex(LOWER), "ALTER TABLE t DROP c"], [CreateIndex(LOWER)]),
    "a dropped table": ([create("ix"), drop("old"), "DROP TABLE IF EXISTS t CASCADE"], []),
    "a dropped schema": (
        [create("ix", table=QualifiedName("t", "app")), "DROP SCHEMA app CASCADE"],
        [],
    ),
    "a plainly dropped index": ([create("ix"), "DROP INDEX CONCURRENTLY IF EXISTS ix"], []),
    "a plainly dropped index and who waits for it": (
        [create("ix"), drop("old", after=("ix", "iy")), "DROP INDEX ix"],
        [drop("old", after=("iy",))],
    ),
    "a drop of a promoted index's old name": (
        [create("ix"), promote("uq", "ix"), "DROP INDEX IF EXISTS ix"],
        [create("ix"), promote("uq", "ix")],
    ),
    "a drop out of band, done by hand": ([drop("ix"), "DROP INDEX ix"], []),
    "a dropped constraint": (
        [create("ix"), promote("uq", "ix"), "ALTER TABLE t DROP CONSTRAINT uq"],
        [],
    ),
    "a plain promotion": (
        [create("ix"), "ALTER TABLE t ADD CONSTRAINT uq UNIQUE USING INDEX ix"],
        [],
    ),
    "a name given again": (
        [create("ix", "a"), drop("ix"), create("ix", "b")],
        [replacing("ix", "b")],
    ),
    "a plain index's name given again": (
        ["CREATE INDEX ix ON t (a)", drop("ix", after=("iy",)), create("ix", "b")],
        [replacing("ix", "b", drops=drop("ix", after=("iy",)))],
    ),
    "a name given again and again": (
        [drop("ix"), create("ix", "b"), drop("ix", after=()), create("ix", "c")],
        [replacing("ix", "c", drops=drop("ix", after=()))],
    ),
    "a name given again, and renamed": (
        [drop("ix"), create("ix"), "ALTER INDEX ix RENAME TO iz; ALTER TABLE t RENAME TO u"],
        [replacing("iz", table=U, drops=replace(drop("iz"), table=U))],
    ),
    "a name given again, said twice": (
        [drop("ix"), create("ix", "b"), create("ix", "b")],
        [replacing("ix", "b")],
    ),
    "a name given again plainly": (
        [create("ix", "a"), drop("ix"), "CREATE INDEX ix ON t (b)"],
        [],
    ),
    "a stand-in replaced": (
        [create("temp"), create("ix", unique=True), drop("temp")],
        [create("temp"), create("ix", unique=True), drop("temp")],
    ),
    "said twice": ([create("ix"), create("ix")], [create("ix")]),
    "said otherwise": ([create("ix", "a"), create("ix", "b")], [create("ix", "b")]),
    "a name free again after a promotion": (
        [create("ix", "a"), promote("uq", "ix"), create("ix", "b")],
        [create("ix", "a"), promote("uq", "ix"), create("ix", "b")],
    ),
    "a table made again": ([create("ix"), "DROP TABLE t", create("ix", "b")], [create("ix", "b")]),
    "several statements at once": (
        [create("ix"), "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME a TO b;"],
        [create("ix", "b", table=U)],
    ),
    "a backfill follows its table": (
        [backfill(), "ALTER TABLE t RENAME TO u", "ALTER TABLE u RENAME a TO b"],
        [backfill(U)],
    ),
    "a backfill goes with its table": ([backfill(), "DROP TABLE t"], []),
    "an index of a backfill's name is another thing": (
        [backfill(), create("fill"), "ALTER INDEX fill RENAME TO ix", "DROP INDEX ix"],
        [backfill()],
    ),
    "what comes after a step that is cancelled waits for it no more": (
        [create("ix"), replace(backfill(), after=("ix",)), "DROP INDEX ix"],
        [backfill()],
    ),
    "a statement nobody understands": ([create("ix"), "FROBNICATE t"], [create("ix")]),
}


@pytest.mark.parametrize(("events", "steps"), CASES.values(), ids=CASES)
def test_steps_follow_what_revisions_do_later(events, steps) -> None:
    assert wanted(*events) == steps


def test_a_step_said_twice_is_wanted_since_the_first_time() -> None:
    (entry,) = folded(create("ix"), create("ix")).entries
    assert entry.wanted.revision == "r0"


@pytest.mark.parametrize(
    ("events", "names"),
    [
        (["CREATE INDEX ix ON t (a)", create("iy")], {"ix", "iy"}),
        (["CREATE INDEX ix ON t (a)", "DROP INDEX ix"], set()),
        (["CREATE INDEX ix ON t (a)", "DROP TABLE t"], set()),
        (["CREATE INDEX ix ON t (a)", "ALTER INDEX ix RENAME TO iz"], {"iz"}),
        (["CREATE INDEX ix ON t (a)", "ALTER TABLE t RENAME TO u", "DROP TABLE u"], set()),
        ([create("ix"), "ALTER INDEX ix RENAME TO iz"], {"iz"}),
    ],
)
def test_every_declared_index_name_is_known(events, names) -> None:
    assert folded(*events).declared_names == {QualifiedName(name) for name in names}


R1 = revision("r1", create("ix"))
R2 = revision("r2", create("iy"), "CREATE INDEX plain ON t (z)")
R3 = revision("r3", "ALTER TABLE t RENAME TO u")
R4 = revision("r4", create("iz", table=U), "DROP INDEX iy")
R5 = replace(revision("r5", drop("ix")), may_declare_more=True)
ALL = [R1, R2, R3, R4, R5]


def named(steps: tuple[WantedStep, ...]) -> list[tuple[str, str, str]]:
    return [(w.revision, w.step.name, w.step.table.name) for w in steps]


def test_without_a_destination_the_applied_revisions_want() -> None:
    seen = of_rendered(ALL, [R1, R2], [])
    assert named(seen.steps) == [("r1", "ix", "t"), ("r2", "iy", "t")]
    assert named(seen.unapplied) == [("r4", "iz", "u"), ("r5", "ix", "t")]
    assert seen.declared_names == {QualifiedName(name) for name in ("ix", "iy", "plain")}
    assert seen.incomplete == ()


def test_on_the_way_to_a_destination_names_are_those_of_today() -> None:
    seen = of_rendered(ALL, [R1], [R2, R3])
    assert named(seen.steps) == [("r1", "ix", "t"), ("r2", "iy", "t")]


def test_what_a_coming_revision_cancels_is_wanted_no_more() -> None:
    seen = of_rendered(ALL, [R1, R2], [R3, R4])
    assert named(seen.steps) == [("r1", "ix", "t"), ("r4", "iz", "u")]
    assert named(seen.unapplied) == [("r5", "ix", "t")]


def test_a_coming_replacement_is_known_as_one() -> None:
    coming = revision("r2", drop("ix"), create("ix", "b"), "ALTER INDEX ix RENAME TO iz")
    seen = of_rendered([R1, coming], [R1], [coming])
    assert seen.steps == (WantedStep(replacing("ix", "b"), "r2", ahead=True),)


def test_applied_renames_carry_steps_along() -> None:
    assert named(of_rendered(ALL, ALL[:3], []).steps) == [("r1", "ix", "u"), ("r2", "iy", "u")]


def test_a_revision_that_may_want_more_is_named_once_it_counts() -> None:
    assert of_rendered(ALL, ALL[:4], []).incomplete == ()
    assert of_rendered(ALL, ALL, []).incomplete == ("r5",)
    assert of_rendered(ALL, ALL[:4], [R5]).incomplete == ("r5",)
