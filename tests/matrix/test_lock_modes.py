"""The table of lock conflicts is the server's."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from matrix.cluster import Cluster
from matrix.servers import majors
from outofband_lint.locks import LockMode


@pytest.mark.parametrize("major", majors())
@pytest.mark.parametrize("held", LockMode, ids=lambda mode: mode.name)
def test_a_mode_excludes_those_that_it_is_said_to_exclude(held: LockMode, cluster: Cluster) -> None:
    with (
        cluster.copy(("CREATE TABLE t ()",)) as url,
        psycopg.connect(url) as holder,
        psycopg.connect(url) as other,
    ):
        holder.execute(f"LOCK TABLE t IN {held.value} MODE".encode())
        refused = {mode for mode in LockMode if not obtains(other, mode)}
    assert refused == {mode for mode in LockMode if held.conflicts_with(mode)}


def obtains(connection: psycopg.Connection[Any], mode: LockMode) -> bool:
    try:
        connection.execute(f"LOCK TABLE t IN {mode.value} MODE NOWAIT".encode())
    except psycopg.errors.LockNotAvailable:
        return False
    else:
        return True
    finally:
        connection.rollback()
