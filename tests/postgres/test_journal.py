"""The journal: who did what, when, and what it took; never in the way, and without rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.ending import End
from outofband.runbook.evidence import Evidence
from outofband.runbook.journal import Journal, OtherJournal, read
from outofband.runbook.watch import Patient

RUN = "6b0f8f6c-3b0a-4c52-9d7a-000000000001"


def lines(docs: Any, step: str | None = None) -> list[Any]:
    with Session(Url(docs.url)) as session:
        return list(read(session, step, 100) or ())


class Kept:
    """A journal, and what was said of it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.journal = Journal(RUN, "0.1.0", self.said.append)
        self.evidence = Evidence(journal=self.journal)

    def prepared(self, url: str) -> Kept:
        with Session(Url(url)) as session:
            self.journal.prepare(session)
        return self


def applied(docs: Any, kept: Kept, *steps: Any, **given: Any) -> Any:
    kept.prepared(given.get("url") or docs.url)
    return docs.apply(*steps, evidence=kept.evidence, patient=Patient(), **given)


def test_a_build_leaves_a_line_where_it_begins_and_one_where_it_ends(docs: Any, steps: Any) -> None:
    kept = Kept()
    with docs.old_snapshot() as old:
        run = docs.beside(lambda: applied(docs, kept, steps.create("docs_id", "docs", "id")))
        docs.parked("waiting for old snapshots")
        docs.eventually(lambda: kept.evidence._record.waits)
        pid = old.info.backend_pid
    assert run.result()[0].end is End.DONE
    began, ended = lines(docs)
    assert (began["event"], began["outcome"], began["index_bytes"]) == ("started", None, 0)
    assert (ended["event"], ended["outcome"], ended["run"]) == ("ended", "done", RUN)
    assert (ended["role"], ended["step"], ended["table_name"]) == ("postgres", "docs_id", "docs")
    assert ended["index_bytes"] > 0
    assert ended["table_bytes"] > 0
    assert began["at"] < ended["at"]
    waited = {phase["phase"]: phase["waited_seconds"] for phase in ended["phases"]}
    assert 0 < waited["waiting for old snapshots"] <= ended["seconds"]
    (whom,) = ended["waits"]
    assert (whom["pid"], whom["role"]) == (pid, "postgres")
    assert kept.said == []


def test_failures_are_kept_as_their_sqlstates_and_not_the_rows_that_made_them(
    docs: Any, steps: Any
) -> None:
    docs.sql("INSERT INTO docs (id, path) VALUES (5000, 'Zq9'), (5001, 'Zq9')")
    one = steps.create("docs_id", "docs", "id")
    two = steps.create("docs_path", "docs", "path", unique=True)
    with docs.old_snapshot():
        run = docs.beside(lambda: applied(docs, Kept(), one, two))
        docs.sql("SELECT pg_cancel_backend(%s)", docs.parked("waiting for old snapshots"))
        run.result()
    ended = [line for line in lines(docs) if line["event"] == "ended"]
    assert [line["outcome"] for line in ended] == ["failed", "failed"]
    assert [line["sqlstates"] for line in ended] == [["57014"], []]
    assert "Zq9" not in str(docs.sql("SELECT j::text FROM outofband.journal AS j"))


def test_two_sessions_may_make_it_at_once(docs: Any) -> None:
    kept = [Kept() for _ in range(8)]
    for made in [docs.beside(k.prepared, docs.url) for k in kept]:
        made.result()
    assert [k.said for k in kept] == [[]] * 8
    assert lines(docs) == []


def test_hostile_names_are_written_as_they_are(docs: Any, steps: Any) -> None:
    name = "it's \"; DROP TABLE docs; --\u00e9%s"
    docs.sql('CREATE TABLE "we""ird %%s" (id int)'.replace("%%", "%"))
    applied(docs, Kept(), steps.create(name, 'we"ird %s', "id"))
    assert [(line["step"], line["event"]) for line in lines(docs, name)] == [
        (name, "started"),
        (name, "ended"),
    ]
    assert lines(docs, "another") == []


@pytest.fixture
def owner(docs: Any) -> Iterator[str]:
    """The URL of a role that owns the table, and may make no schema."""
    docs.sql("CREATE ROLE outofband_owner LOGIN")
    docs.sql("ALTER TABLE docs OWNER TO outofband_owner")
    docs.sql("GRANT CREATE ON SCHEMA public TO outofband_owner")
    yield docs.url.replace("postgres@", "outofband_owner@")
    docs.sql("DROP OWNED BY outofband_owner CASCADE")
    docs.sql("DROP ROLE outofband_owner")


def test_a_role_that_may_not_make_it_is_told_the_statement_once_and_goes_on(
    docs: Any, steps: Any, owner: str
) -> None:
    kept = Kept()
    ends = applied(docs, kept, steps.create("docs_id", "docs", "id"), url=owner)
    assert [ending.end for ending in ends] == [End.DONE]
    (said,) = kept.said
    assert said.startswith("no journal is kept: permission denied for database")
    assert "CREATE SCHEMA IF NOT EXISTS outofband; GRANT USAGE, CREATE ON SCHEMA outofband" in said


def test_what_the_line_says_is_enough(docs: Any, steps: Any, owner: str) -> None:
    kept = Kept().prepared(owner)
    grants = kept.said[0].split(": ")[2].split(" and where the table")[0]
    for statement in grants.removesuffix(";").split(";"):
        docs.sql(statement)
    applied(docs, again := Kept(), steps.create("docs_id", "docs", "id"), url=owner)
    assert again.said == []
    assert [line["role"] for line in lines(docs)] == ["outofband_owner"] * 2


def test_a_journal_that_this_role_may_not_add_to_stops_nothing(
    docs: Any, steps: Any, owner: str
) -> None:
    Kept().prepared(docs.url)
    kept = Kept()
    ends = applied(docs, kept, steps.create("docs_id", "docs", "id"), url=owner)
    assert [ending.end for ending in ends] == [End.DONE]
    (said,) = kept.said
    assert "GRANT SELECT, INSERT ON outofband.journal TO outofband_owner;" in said


def test_subscribers_of_all_tables_are_not_sent_a_table_that_they_lack(
    docs: Any, steps: Any
) -> None:
    docs.sql('CREATE PUBLICATION "every" FOR ALL TABLES')
    kept = Kept()
    applied(docs, kept, steps.create("docs_id", "docs", "id"))
    (said,) = kept.said
    assert said.startswith("no journal is kept: publication every publishes every table")
    assert docs.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'outofband'") == [0]


def test_a_table_of_that_name_with_other_columns_is_left_alone(docs: Any, steps: Any) -> None:
    docs.sql("CREATE SCHEMA outofband")
    docs.sql("CREATE TABLE outofband.journal (note text)")
    kept = Kept()
    ends = applied(docs, kept, steps.create("docs_id", "docs", "id"))
    assert [ending.end for ending in ends] == [End.DONE]
    (said,) = kept.said
    assert "ALTER TABLE outofband.journal RENAME TO" in said
    assert docs.sql("SELECT count(*) FROM outofband.journal") == [0]


def test_another_table_of_its_name_is_told_with_what_to_do(docs: Any) -> None:
    docs.sql("CREATE SCHEMA outofband")
    docs.sql("CREATE TABLE outofband.journal (id int)")
    with pytest.raises(OtherJournal) as raised:
        lines(docs)
    assert raised.value.exit_status == 3
    assert "ALTER TABLE outofband.journal RENAME TO" in str(raised.value)
