"""A client that is killed while the server validates a constraint for it."""

from __future__ import annotations

from typing import Any

import suites
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddForeignKey
from outofband.runbook.ending import End

pytestmark = suites.FAULTS

KEY = AddForeignKey(
    "docs_kind_fkey", QualifiedName("docs"), ("kind",), QualifiedName("kinds"), ("name",)
)


def test_a_validation_that_outlives_its_client_is_left_to_end_and_the_next_run_looks(
    docs: Any,
) -> None:
    docs.sql("CREATE TABLE kinds (name text PRIMARY KEY)")
    docs.sql("INSERT INTO kinds SELECT DISTINCT kind FROM docs")
    docs.sql(f"{KEY.plain_sql} NOT VALID")
    validating = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%VALIDATE CONSTRAINT%' AND "
    waits = f"{validating} wait_event_type = 'Lock' AND datname = current_database()"
    with docs.transaction("LOCK TABLE kinds IN EXCLUSIVE MODE"):
        killed = docs.runner(KEY)
        docs.eventually(lambda: docs.sql(waits), "a validation that waits")
        killed.kill()
        assert docs.standing(KEY).state is State.NOT_VALID
    assert {e.end for e in docs.apply(KEY)} <= {End.DONE}
    assert docs.standing(KEY).done
