"""A plan is asked for, and the session is afterwards as it was."""

from __future__ import annotations

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.pretend import WithoutSeqScan
from outofband.pretend.explain import explain


def test_what_one_plan_is_asked_under_does_not_hold_for_the_next(database: str) -> None:
    with Session(Url(database)) as session, session.transaction():
        session.rows("CREATE TABLE t (id int PRIMARY KEY)")
        size_free = WithoutSeqScan(session).explain("SELECT id FROM t")
        plan = explain(session, "SELECT id FROM t", {})
        assert session.rows("SHOW statement_timeout")[0]["statement_timeout"] == "0"
    assert (size_free.node_type, plan.node_type) == ("Bitmap Heap Scan", "Seq Scan")
