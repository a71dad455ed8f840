"""An upgrade whose connection breaks at any round trip leaves what the next one finishes."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest

from outofband.deploy.failing import UpgradeCutOff
from proxy import proxy

CUTS = 1000 if os.environ.get("FAULTS") else 2
"""How many of the round trips; `make test-faults` has the time for every one."""

SCHEMA = """
SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid
  FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1
"""


@pytest.fixture(params=[True, False], ids=["a transaction each", "one transaction"])
def chain(on_server: Any, request: pytest.FixtureRequest) -> Any:
    options = f'{{"transaction_per_migration": {request.param}}}'
    on_server.env_py(options=options, guarded=True)
    on_server.revision("r1", 'op.create_table("t", sa.Column("a", sa.Integer()))')
    on_server.revision("r2", 'op.create_index_out_of_band("ix", "t", ["a"])')
    on_server.revision("r3", 'op.add_column("t", sa.Column("b", sa.Text()))')
    return on_server


def schema(url: str) -> list[Any]:
    with psycopg.connect(url) as session:
        return session.execute(SCHEMA).fetchall()


def is_lost(chain: Any) -> bool:
    try:
        chain.upgrade()
    except UpgradeCutOff:
        return True
    return False


def sampled(first: int, last: int, count: int) -> list[int]:
    return [*range(first, last + 1)][(last - first) // (count + 1) :: (last - first) // count or 1]


def test_the_next_upgrade_finishes_it(
    chain: Any,
    make_database: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    through = monkeypatch.setenv
    with proxy(chain.libpq_url) as counting:
        through("PROJECT_URL", counting.url.replace("postgresql:", "postgresql+psycopg:"))
        chain.upgrade()
        sent = counting.sent
    first = next(n for n, data in enumerate(sent) if b"pg_try_advisory_lock" in data)
    expected, lost = schema(chain.libpq_url), 0
    for number in sampled(first, len(sent) - 1, CUTS):
        for heard in (False, True):
            url = make_database()
            with proxy(url) as network:
                network.cut_at(number, heard=heard)
                through("PROJECT_URL", network.url.replace("postgresql:", "postgresql+psycopg:"))
                lost += is_lost(chain)
            through("PROJECT_URL", url.replace("postgresql:", "postgresql+psycopg:"))
            chain.upgrade()
            assert schema(url) == expected, (number, heard)
    assert lost >= min(CUTS, 50)
