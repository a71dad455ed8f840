"""A build that needs more temporary space than temp_file_limit leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import suites
from outofband.model.step import Wanted
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End, Ending
from outofband.runbook.sizing.forecast import Forecaster
from outofband.runbook.world import Scope, World

ROWS = 150_000


@dataclass
class Owner:
    """A role that owns the table and is no superuser."""

    name: str
    url: str


def rows(first: int, last: int) -> str:
    """Sorted keys would need no temporary files, nor would compressible ones need enough."""
    return (
        "SELECT n AS id, sha256(n::text::bytea)::text AS path "
        f"FROM generate_series({first}, {last}) AS n ORDER BY md5(n::text)"
    )


@pytest.fixture
def owner(db: Any) -> Iterator[Owner]:
    name = f"owner_{db.sql('SELECT current_database()')[0]}"
    db.sql(f"CREATE ROLE {name} LOGIN")
    db.sql(f"GRANT CREATE ON SCHEMA public TO {name}")
    db.sql(f"CREATE TABLE docs AS {rows(1, ROWS)}")
    db.sql(f"ALTER TABLE docs OWNER TO {name}")
    db.sql(f"ALTER ROLE {name} SET maintenance_work_mem = '1MB'")
    db.sql(f"ALTER ROLE {name} SET work_mem = '64kB'")
    yield Owner(name, db.url.replace("postgres@", f"{name}@"))
    db.sql("DROP TABLE docs")
    db.sql(f"DROP OWNED BY {name}")
    db.sql(f"DROP ROLE {name}")


def limit(db: Any, owner: Owner, size: str, workers: int) -> None:
    db.sql(f"ALTER ROLE {owner.name} SET temp_file_limit = '{size}'")
    db.sql(f"ALTER ROLE {owner.name} SET max_parallel_maintenance_workers = 0")
    db.sql(f"ALTER ROLE {owner.name} SET max_parallel_workers = {workers}")


@suites.FAULTS
def test_more_workers_get_through_since_the_limit_is_each_ones_own(
    db: Any, owner: Owner, steps: Any, screen: Any
) -> None:
    # A sort that is over before the last worker has started is not shared.
    db.sql(f"INSERT INTO docs {rows(ROWS + 1, 4 * ROWS)}")
    limit(db, owner, "32MB", workers=4)
    step = steps.create("docs_path", "docs", "path")
    (foreseen,) = apply_as_told(owner, steps.wants(step), screen)
    assert (foreseen.end, foreseen.why, screen.said) == (End.DONE, "", [])
    db.sql("DROP INDEX docs_path")
    (ending,) = db.apply(step, screen=screen, url=owner.url)
    assert (ending.end, ending.why) == (End.DONE, "")
    assert any("sharing the sort among 4 workers" in line for line in screen.said)
    assert not any("raised" in line for line in screen.said)
    assert db.indexes() == {"docs_path": True}


def apply_as_told(owner: Owner, wanted: Wanted, screen: Any) -> tuple[Ending, ...]:
    """Apply with the settings that a plan's forecast has chosen."""
    with Session(Url(owner.url)) as session:
        world = World(session, screen, Scope(wanted))
        return apply(Forecaster(session).forecast(world.look().plan), world)


@pytest.mark.parametrize("size", ["1MB", "0"])
def test_with_the_grant_the_limit_is_raised(
    db: Any, owner: Owner, steps: Any, screen: Any, size: str
) -> None:
    if db.sql("SHOW server_version_num")[0] < "150000":
        pytest.skip("GRANT SET ON PARAMETER is new in PostgreSQL 15")
    limit(db, owner, size, workers=0)
    db.sql(f"GRANT SET ON PARAMETER temp_file_limit TO {owner.name}")
    (ending,) = db.apply(steps.create("docs_path", "docs", "path"), screen=screen, url=owner.url)
    assert (ending.end, ending.why) == (End.DONE, "")
    assert any("temp_file_limit raised to" in line for line in screen.said)


@pytest.mark.parametrize("unique", [False, True])
def test_without_the_grant_it_is_told_exactly_and_what_it_says_works(
    db: Any, owner: Owner, steps: Any, screen: Any, unique: bool
) -> None:
    limit(db, owner, "1MB", workers=0)
    step = steps.create("docs_path", "docs", "path", unique=unique)
    (ending,) = db.apply(step, screen=screen, url=owner.url)
    assert (ending.end, ending.why) == (End.FAILED, "temp_file_limit (1 MB) is too small")
    assert owner.name in ending.do
    db.sql(ending.do.removeprefix("Let a superuser run "))
    (ending,) = db.apply(step, url=owner.url)
    assert ending.end is End.DONE
    assert db.indexes() == {"docs_path": True}
