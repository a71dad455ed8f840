"""What finishes a foreign key, a check or a NOT NULL, from where it stands, on each version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outofband.catalog.constraining import constrain, proof_left
from outofband.catalog.constraint_facts import ConstraintFacts, Constraints
from outofband.catalog.constraints import constraint_sight
from outofband.catalog.facts import Column, IndexFacts, KeyFacts, Observation, TableFacts
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddCheck, AddForeignKey, Constraint, RowConstraint, SetNotNull

DOCS, KINDS = QualifiedName("docs", "public"), QualifiedName("kinds", "public")
CHECK = AddCheck("docs_positive", DOCS, "id > 0")
KEY = AddForeignKey("docs_kind_fkey", DOCS, ("kind",), KINDS, ("name",))
NOT_NULL = SetNotNull("docs_path_set", DOCS, "path")
PROOF = NOT_NULL.proof.name
UNIQUE = IndexFacts(
    name=QualifiedName("kinds_pkey", "public"),
    valid=True,
    ready=True,
    live=True,
    unique=True,
    nulls_not_distinct=False,
    method="btree",
    keys=(KeyFacts("name", "name", "text_ops", True, None, 0, False, False),),
    include=(),
    predicate=None,
    constraint="kinds_pkey",
    constraint_type="p",
    partitioned=False,
    bytes=8192,
)


def table(name: QualifiedName, oid: int, *columns: str, not_null: bool = False) -> TableFacts:
    told = {column: Column(not_null, 0) for column in columns}
    return TableFacts(oid, name, False, 8192, 10, told, (), ())


DOCS_TABLE = table(DOCS, 1, "id", "kind", "path")
KINDS_TABLE = replace(table(KINDS, 2, "name"), indexes=(UNIQUE,))
PARTS = tuple(
    table(QualifiedName(n, "public"), o, "id", "kind", "path") for n, o in (("a", 3), ("b", 4))
)
SPLIT = replace(DOCS_TABLE, partitioned=True, partitions=PARTS)


def check(name: str, condition: str, *, validated: bool) -> ConstraintFacts:
    return ConstraintFacts(name, "c", validated, condition=condition)


def key(*, validated: bool) -> ConstraintFacts:
    return ConstraintFacts(
        KEY.name, "f", validated, True, ("kind",), None, False, KINDS, ("name",), "a", "a"
    )


def left(
    step: RowConstraint,
    *found: ConstraintFacts,
    version: int = 180000,
    on: TableFacts = DOCS_TABLE,
    **parts: tuple[ConstraintFacts, ...],
) -> tuple[State, list[str], str]:
    """Return the state of a step, the statements that are left, and what is in the way."""
    numbers = {"a": 3, "b": 4}
    known = {on.oid: found, **{numbers[name]: kept for name, kept in parts.items()}}
    seen = Observation({DOCS: on, KINDS: KINDS_TABLE}, constraints=Constraints(version, known, {}))
    sight = constraint_sight(step, seen)
    actions, stuck = constrain(step, sight, on)
    sent = [s.sql.removeprefix("ALTER TABLE public.") for a in actions if (s := a.statement)]
    return sight.state, sent, stuck


ADD_CHECK = "docs ADD CONSTRAINT docs_positive CHECK (id > 0) NOT VALID"
ADD_KEY = "docs ADD CONSTRAINT docs_kind_fkey FOREIGN KEY (kind) REFERENCES public.kinds (name)"
ADD_PROOF = f"docs ADD CONSTRAINT {PROOF} CHECK (path IS NOT NULL) NOT VALID"
SET = "docs ALTER COLUMN path SET NOT NULL"
DROP = f"docs DROP CONSTRAINT {PROOF}"


@pytest.mark.parametrize(
    ("step", "found", "state", "statements"),
    [
        (CHECK, (), State.ABSENT, [ADD_CHECK, "docs VALIDATE CONSTRAINT docs_positive"]),
        (
            CHECK,
            (check("docs_positive", "id > 0", validated=False),),
            State.NOT_VALID,
            ["docs VALIDATE CONSTRAINT docs_positive"],
        ),
        (
            KEY,
            (),
            State.ABSENT,
            [f"{ADD_KEY} NOT VALID", "docs VALIDATE CONSTRAINT docs_kind_fkey"],
        ),
        (
            KEY,
            (key(validated=False),),
            State.NOT_VALID,
            ["docs VALIDATE CONSTRAINT docs_kind_fkey"],
        ),
    ],
)
@pytest.mark.parametrize("version", [140000, 180000])
def test_a_constraint_is_added_and_then_validated(
    step: Constraint,
    found: tuple[ConstraintFacts, ...],
    state: State,
    statements: list[str],
    version: int,
) -> None:
    assert left(step, *found, version=version) == (state, statements, "")


def declared(name: str) -> ConstraintFacts:
    return ConstraintFacts(name, "n", False, columns=("path",))


@pytest.mark.parametrize(
    ("version", "found", "state", "statements"),
    [
        (
            170000,
            (),
            State.ABSENT,
            [ADD_PROOF, f"docs VALIDATE CONSTRAINT {PROOF}", SET, DROP],
        ),
        (
            170000,
            (check(PROOF, "path IS NOT NULL", validated=False),),
            State.NOT_VALID,
            [f"docs VALIDATE CONSTRAINT {PROOF}", SET, DROP],
        ),
        (
            170000,
            (check(PROOF, "path IS NOT NULL", validated=True),),
            State.UNFINISHED,
            [SET, DROP],
        ),
        (170000, (check("by_hand", "path IS NOT NULL", validated=True),), State.ABSENT, [SET]),
        (
            170000,
            (check("by_hand", "path IS NOT NULL", validated=False),),
            State.ABSENT,
            [ADD_PROOF, f"docs VALIDATE CONSTRAINT {PROOF}", SET, DROP],
        ),
        (
            180000,
            (),
            State.ABSENT,
            [
                "docs ADD CONSTRAINT docs_path_set NOT NULL path NOT VALID",
                "docs VALIDATE CONSTRAINT docs_path_set",
            ],
        ),
        (
            180000,
            (declared("by_hand"),),
            State.NOT_VALID,
            ["docs VALIDATE CONSTRAINT by_hand"],
        ),
    ],
)
def test_a_not_null_is_proved_before_it_is_set_until_it_has_a_name_of_its_own(
    version: int, found: tuple[ConstraintFacts, ...], state: State, statements: list[str]
) -> None:
    assert left(NOT_NULL, *found, version=version) == (state, statements, "")


def test_a_proof_that_is_left_behind_a_column_goes() -> None:
    done = table(DOCS, 1, "path", not_null=True)
    known = Constraints(170000, {1: (check(PROOF, "path IS NOT NULL", validated=True),)})
    sight = constraint_sight(NOT_NULL, Observation({DOCS: done}, constraints=known))
    assert sight.state is State.VALID
    (drop,) = proof_left(NOT_NULL, sight, done)
    sent = drop.statement
    assert sent is not None
    assert sent.sql == f"ALTER TABLE public.{DROP}"


def test_a_check_over_partitions_is_validated_one_by_one_and_the_whole_last() -> None:
    parts = (check("docs_positive", "id > 0", validated=True),)
    unvalidated = check("docs_positive", "id > 0", validated=False)
    _, statements, _ = left(CHECK, unvalidated, on=SPLIT, a=parts, b=(unvalidated,))
    assert statements == [
        "b VALIDATE CONSTRAINT docs_positive",
        "docs VALIDATE CONSTRAINT docs_positive",
    ]


def test_before_18_each_partition_has_its_foreign_key_before_the_whole() -> None:
    assert left(KEY, version=170000, on=SPLIT, a=(key(validated=True),))[1] == [
        f"{ADD_KEY.replace('docs', 'b', 1)} NOT VALID",
        "b VALIDATE CONSTRAINT docs_kind_fkey",
        ADD_KEY,
    ]
    assert left(KEY, version=180000, on=SPLIT)[1] == [
        f"{ADD_KEY} NOT VALID",
        "docs VALIDATE CONSTRAINT docs_kind_fkey",
    ]
