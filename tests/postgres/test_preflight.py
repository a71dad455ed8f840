"""What a preflight sees on a real server, as a role without any rights to spare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from outofband import ephemeral
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.ending import End
from outofband.runbook.preflight import Report, preflight
from outofband.runbook.preflight.connections import read_connections
from outofband.runbook.preflight.replication import judge_slots, read_slots
from outofband.runbook.preflight.transactions import read_open
from outofband.runbook.world import Scope, look


@dataclass
class Role:
    """A role that may log in, and nothing else."""

    name: str
    url: str


@pytest.fixture
def role(docs: Any) -> Iterator[Role]:
    name = f"app_{docs.sql('SELECT current_database()')[0]}"
    docs.sql(f"CREATE ROLE {name} LOGIN")
    yield Role(name, docs.url.replace("postgres@", f"{name}@"))
    docs.sql(f"REASSIGN OWNED BY {name} TO postgres")
    docs.sql(f"DROP OWNED BY {name}")
    docs.sql(f"DROP ROLE {name}")


def survey(url: str, wanted: Any, **given: Any) -> Report:
    with Session(Url(url)) as session:
        return preflight(session, look(session, Scope(wanted)), **given)


def stops(report: Report) -> list[str]:
    return [f.what for f in report.findings if f.stops]


def test_nothing_is_found_where_all_is_well(docs: Any, steps: Any) -> None:
    assert survey(docs.url, steps.wants(*steps.cure())).findings == ()


def test_each_missing_privilege_is_told_and_what_it_says_works(
    docs: Any, steps: Any, role: Role
) -> None:
    """Run what each refusal says until none is left; then the build goes through."""
    docs.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    docs.sql("CREATE ROLE docs_owner")
    docs.sql("ALTER TABLE docs OWNER TO docs_owner")
    step = steps.create("docs_id", "docs", "id", unique=True)
    told = []
    while refused := [
        f for f in survey(role.url, steps.wants(step), dedupes=True).findings if f.stops
    ]:
        told.append(refused[0].what)
        docs.sql(refused[0].do.partition(" run ")[2])
        assert len(told) < 5
    docs.sql("GRANT docs_owner TO postgres")
    (ending,) = docs.apply(step, url=role.url)
    docs.sql("DROP TABLE docs")
    docs.sql("DROP OWNED BY docs_owner")
    docs.sql("DROP ROLE docs_owner")
    assert [what.split(", ")[0] for what in told] == [
        f"role {role.name} does not own public.docs",
        f"role {role.name} may not create anything in schema public",
        f"role {role.name} may not create tables in schema outofband",
    ]
    assert ending.end is End.DONE


def test_a_member_who_does_not_inherit_is_told_to_become_the_owner(
    docs: Any, steps: Any, role: Role
) -> None:
    docs.sql(f"ALTER ROLE {role.name} NOINHERIT")
    docs.sql("CREATE ROLE docs_owner")
    docs.sql("GRANT CREATE ON SCHEMA public TO docs_owner")
    docs.sql("ALTER TABLE docs OWNER TO docs_owner")
    docs.sql(f"GRANT docs_owner TO {role.name}")
    step = steps.create("docs_id", "docs", "id")
    (found, *_) = survey(role.url, steps.wants(step)).findings
    as_owner = f"{role.url}{'&' if '?' in role.url else '?'}options=-c%20role%3Ddocs_owner"
    (ending,) = docs.apply(step, url=as_owner)
    docs.sql("DROP TABLE docs")
    docs.sql("DROP OWNED BY docs_owner")
    docs.sql("DROP ROLE docs_owner")
    assert "PGOPTIONS='-c role=docs_owner'" in found.do
    assert ending.end is End.DONE


def test_what_is_refused_is_not_begun_and_the_rest_is_done(
    docs: Any, steps: Any, role: Role, screen: Any
) -> None:
    docs.sql("CREATE TABLE pages (id int)")
    docs.sql("INSERT INTO pages SELECT generate_series(1, 100)")
    docs.sql(f"ALTER TABLE pages OWNER TO {role.name}")
    docs.sql(f"GRANT CREATE ON SCHEMA public TO {role.name}")
    both = steps.create("docs_id", "docs", "id"), steps.create("pages_id", "pages", "id")
    report = survey(role.url, steps.wants(*both))
    endings = docs.apply(*both, url=role.url, screen=screen, report=report)
    assert [(e.end, e.acted) for e in endings] == [(End.REFUSED, False), (End.DONE, True)]
    assert not any("docs" in sql for sql in screen.statements)


def test_whom_a_build_would_wait_for_is_seen_by_any_role(docs: Any, role: Role) -> None:
    oid = docs.sql("SELECT 'docs'::regclass::oid::bigint")
    with docs.writer("docs") as writer, docs.old_snapshot() as reader, Session(Url(role.url)) as s:
        seen = {t.pid: t for t in read_open(s, oid)}
        assert seen[writer.info.backend_pid].locks
        assert not seen[reader.info.backend_pid].locks
        assert seen[reader.info.backend_pid].age_seconds is None
        with Session(Url(docs.url)) as superuser:
            ages = [t.age_seconds for t in read_open(superuser, oid)]
        assert ages == sorted(ages, reverse=True)


def test_who_only_reads_and_has_no_snapshot_is_not_listed(docs: Any) -> None:
    oid = docs.sql("SELECT 'docs'::regclass::oid::bigint")
    serializable = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT count(*) FROM docs"
    with (
        docs.transaction("SELECT count(*) FROM docs") as idle,
        docs.transaction(*serializable) as committed,
        docs.transaction(*serializable),
        Session(Url(docs.url)) as session,
    ):
        committed.commit()  # what it has read is kept in pg_locks beside the other
        listed = [t.pid for t in read_open(session, oid)]
        assert listed
        assert not {idle.info.backend_pid, committed.info.backend_pid} & set(listed)


def test_connections_are_counted_for_server_database_and_role(docs: Any, role: Role) -> None:
    name = docs.sql("SELECT current_database()")[0]
    with Session(Url(role.url)) as session:
        before = read_connections(session)
        docs.sql(f"ALTER DATABASE {name} CONNECTION LIMIT 5")
        docs.sql(f"ALTER ROLE {role.name} CONNECTION LIMIT 3")
        after = read_connections(session)
        with Session(Url(role.url)):
            one_more = read_connections(session)

        def taken_by_one() -> int:
            free = read_connections(session).server
            with Session(Url(role.url)):
                return free - read_connections(session).server

        docs.eventually(lambda: taken_by_one() == 1)  # but for those of others that end meanwhile
    assert (before.database, before.role) == (None, None)
    assert (after.database, after.role) == (3, 2)
    assert (one_more.database, one_more.role) == (2, 1)


def test_a_prepared_transaction_stops_the_build_that_would_wait_for_it(
    docs_on: Callable[[str], Any], steps: Any
) -> None:
    with ephemeral.server(settings={"max_prepared_transactions": "5"}) as own:
        docs = docs_on(own.url())
        step = steps.create("docs_id", "docs", "id")
        docs.sql("BEGIN")
        docs.sql("INSERT INTO docs (id) VALUES (1001)")
        docs.sql("PREPARE TRANSACTION 'left behind'")
        (young,) = survey(docs.url, steps.wants(step)).findings
        assert not young.stops
        assert "'left behind' of postgres has locked docs" in young.what
        docs.sql(young.do.partition(" or ")[2])
        assert survey(docs.url, steps.wants(step)).findings == ()


def test_replicas_and_slots_are_seen_by_any_role(docs_on: Callable[[str], Any], steps: Any) -> None:
    with ephemeral.server(settings={"max_slot_wal_keep_size": "64MB"}) as own:
        docs = docs_on(own.url())
        docs.sql("CREATE ROLE app LOGIN")
        docs.sql("GRANT CREATE ON SCHEMA public TO app")
        docs.sql("ALTER TABLE docs OWNER TO app")
        docs.sql("SELECT pg_create_physical_replication_slot('lost_soon', true)")
        step = steps.create("docs_id", "docs", "id")
        url = docs.url.replace("postgres@", "app@")
        assert survey(url, steps.wants(step)).findings == ()
        with Session(Url(url)) as session:
            (slot,) = read_slots(session)
            assert slot.safe_bytes is not None
            assert 0 < slot.safe_bytes < 1 << 27
            (found,) = judge_slots([slot], slot.safe_bytes + 1)
        assert found.stops
        docs.sql(found.do.partition(" run ")[2])
        with Session(Url(url)) as session:
            assert read_slots(session) == ()
