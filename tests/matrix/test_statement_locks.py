"""The locks of statements are as statements.sql says, on every major version."""

from __future__ import annotations

import pytest

import suites
from matrix.cluster import Cluster
from matrix.corpus import Known, Locks, corpus
from matrix.servers import majors
from matrix.trace import Step
from outofband_lint.locks import LockMode

pytestmark = suites.MATRIX

GIVEN, STATEMENTS = corpus()
NEEDS_NO_TRANSACTION = "25001"


@pytest.mark.parametrize(
    ("known", "major"),
    [
        pytest.param(known, major, id=f"{known}-{major}")
        for known in STATEMENTS
        for major in majors()
        if major >= known.since
    ],
)
def test_a_statement_takes_the_locks_that_are_written_down(known: Known, cluster: Cluster) -> None:
    assert measured(known.sql, cluster) == known.on(cluster.major)


def measured(statement: str, cluster: Cluster) -> Locks:
    seen = cluster.measure((GIVEN,), Step(statement))
    if seen.sqlstate == NEEDS_NO_TRANSACTION:
        seen = cluster.measure((GIVEN,), Step(statement, in_transaction=False))
    assert seen.sqlstate is None, seen
    return {table: mode for table, mode in seen.locks.items() if mode is not LockMode.ACCESS_SHARE}
