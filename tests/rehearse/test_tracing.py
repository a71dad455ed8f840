"""What each statement does is seen on a real server, inside a transaction and outside of one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from outofband.rehearse import trace
from outofband.rehearse.trace import Traced
from outofband_lint.locks import LockMode
from outofband_lint.spelling import shown
from rehearsed import ASYNC_ENV, ENV, Project, Run

TABLES = """
for name in ("t", "u"):
    op.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, v varchar(20), w int)")
op.execute("CREATE INDEX t_w ON t (w)")
op.execute("CREATE FUNCTION hidden() RETURNS void LANGUAGE sql AS 'LOCK TABLE u'")
op.execute("CREATE TABLE parts (id int) PARTITION BY RANGE (id)")
"""
AUTOCOMMIT = "with op.get_context().autocommit_block():\n    "


@dataclass(frozen=True)
class Case:
    """An operation, and what is seen of its last statement."""

    operation: str
    locks: tuple[str, ...] = ()
    seeing: str = "held"
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    rebuilt: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


CASES = {
    "a column is added": Case(
        'op.add_column("t", sa.Column("n", sa.Integer))', ("ACCESS EXCLUSIVE t",)
    ),
    "a type is changed": Case(
        'op.alter_column("t", "id", type_=sa.BigInteger)',
        ("ACCESS EXCLUSIVE t",),
        rewritten=("t",),
        rebuilt=("t_pkey", "t_w"),
    ),
    "a NOT NULL reads all": Case(
        'op.alter_column("t", "w", nullable=False)', ("ACCESS EXCLUSIVE t",), scanned=("t",)
    ),
    "an index is built": Case(
        'op.create_index("t_v", "t", ["v"])', ("SHARE t",), scanned=("t",), created=("t_v",)
    ),
    "an index is dropped": Case(
        'op.drop_index("t_w", table_name="t")', ("ACCESS EXCLUSIVE t",), dropped=("t_w",)
    ),
    "a foreign key locks both": Case(
        'op.create_foreign_key("t_u", "t", "u", ["w"], ["id"])',
        ("SHARE ROW EXCLUSIVE t", "SHARE ROW EXCLUSIVE u"),
        scanned=("t",),
    ),
    "a function locks another table": Case(
        'op.execute("SELECT hidden()")', ("ACCESS EXCLUSIVE u",)
    ),
    "TRUNCATE writes no row anew": Case('op.execute("TRUNCATE t")', ("ACCESS EXCLUSIVE t",)),
    "an index over partitions stays invalid": Case(
        'op.execute("CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9)")\n'
        'op.execute("CREATE INDEX parts_id ON ONLY parts (id)")',
        (),
        created=("parts_id",),
        invalid=("parts_id",),
    ),
    "a concurrent build": Case(
        f'{AUTOCOMMIT}op.create_index("t_v", "t", ["v"], postgresql_concurrently=True)',
        ("SHARE UPDATE EXCLUSIVE t",),
        "parked",
        scanned=("t",),
        created=("t_v",),
    ),
    "a concurrent drop": Case(
        f'{AUTOCOMMIT}op.drop_index("t_w", table_name="t", postgresql_concurrently=True)',
        ("SHARE UPDATE EXCLUSIVE t",),
        "parked",
        dropped=("t_w",),
    ),
    "a concurrent REINDEX": Case(
        f'{AUTOCOMMIT}op.execute("REINDEX INDEX CONCURRENTLY t_w")',
        ("SHARE UPDATE EXCLUSIVE t",),
        "parked",
        scanned=("t",),
        rebuilt=("t_w",),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_is_seen_what_a_statement_does(case: Case, project: Project, run: Run) -> None:
    project.revise("1", TABLES)
    project.revise("2", case.operation)
    base, upgraded = run("base", "upgrade", base=("1",))
    assert base.failure is upgraded.failure is None
    traced = upgraded.statements[-1]
    assert _locks(traced) == case.locks
    assert traced.seeing == case.seeing
    for what in ("rewritten", "scanned", "rebuilt", "created", "dropped", "invalid"):
        assert tuple(str(shown(name)) for name in getattr(traced, what)) == getattr(case, what)


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg"])
def test_every_driver_is_seen_in_a_transaction_and_outside_of_one(
    driver: str, project: Project, run: Run
) -> None:
    url = f"postgresql+{driver}://app:secret@db.invalid:5432/production"
    project.configure(url, ENV if driver == "psycopg2" else ASYNC_ENV)
    project.revise("1", TABLES)
    inside, alone = CASES["an index is built"], CASES["a concurrent build"]
    drop = 'op.execute("DROP INDEX t_v")'
    project.revise("2", f"{inside.operation}\n{drop}\n{alone.operation}")
    _, upgraded = run("base", "upgrade", base=("1",))
    assert upgraded.failure is None
    built, _, again = upgraded.statements
    assert (_locks(built), built.seeing) == (inside.locks, "held")
    assert (_locks(again), again.seeing) == (alone.locks, "parked")


def test_what_a_transaction_has_made_itself_is_followed_to_its_end(
    project: Project, run: Run
) -> None:
    project.revise("1", TABLES)
    statements = (
        "CREATE TABLE made (id int PRIMARY KEY)",
        "CREATE INDEX made_id ON made (id)",
        "ALTER TABLE made ADD COLUMN n int REFERENCES t",
        "ALTER TABLE made RENAME TO another",
        "DROP INDEX made_id",
        "CREATE INDEX made_id ON another (id)",
        "DROP TABLE another",
        "CREATE TABLE made (id int)",
    )
    project.revise("2", "\n".join(f"op.execute({text!r})" for text in statements))
    _, upgraded = run("base", "upgrade", base=("1",))
    did = [
        [[str(shown(n)) for n in names] for names in (each.created, each.dropped)]
        for each in upgraded.statements
    ]
    assert did == [
        [["made", "made_pkey"], []],
        [["made_id"], []],
        [[], []],
        [["another"], ["made"]],
        [[], ["made_id"]],
        [["made_id"], []],
        [[], ["another", "made_id", "made_pkey"]],
        [["made"], []],
    ]
    assert _locks(upgraded.statements[2]) == ("SHARE ROW EXCLUSIVE t",)
    assert all(not _locks(each) for each in upgraded.statements[3:6])


def _locks(traced: Traced) -> tuple[str, ...]:
    return tuple(f"{lock.mode.value} {shown(lock.table)}" for lock in traced.locks)


def test_a_statement_survives_the_way_through_the_pipe(project: Project, run: Run) -> None:
    project.revise("1", TABLES)
    project.revise("2", 'op.alter_column("t", "id", type_=sa.BigInteger)')
    _, upgraded = run("base", "upgrade", base=("1",))
    (traced,) = upgraded.statements
    assert trace.from_json(trace.to_json(traced)) == traced
    assert traced.strongest is LockMode.ACCESS_EXCLUSIVE
