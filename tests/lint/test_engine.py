"""Which findings a run reports, and under which identity."""

from __future__ import annotations

import pytest

from outofband_lint.engine import UnknownRevision, lint
from outofband_lint.finding import Finding
from outofband_lint.settings import Settings
from outofband_lint.source import Base, Problem, Revision, Source

DEFAULTS = Settings()


def chain(*texts: str) -> tuple[Revision, ...]:
    """Revisions 1, 2, 3 …, one after the other, each sending one text."""
    return tuple(
        Revision(
            str(number),
            f"versions/{number}.py",
            down_revisions=(str(number - 1),) if number > 1 else (),
            sources=(Source(text, f"versions/{number}.py", 10 + number),),
        )
        for number, text in enumerate(texts, 1)
    )


def base(*ids: str) -> Base:
    return Base(tuple(Revision(id_, f"versions/{id_}.py") for id_ in ids))


def told(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{finding.rule} in {finding.revision}:{finding.line}" for finding in findings]


LOST = chain(
    "CREATE TABLE lsif_data_metadata (dump_id int, num_result_chunks int)",
    "CREATE TABLE lsif_data_documents (dump_id int, path text, PRIMARY KEY (dump_id, path))",
    "CREATE TABLE lsif_data_references (dump_id int); CREATE TABLE orders_log (id int)",
    "CREATE INDEX ix ON orders_log (id)",
)


def test_tables_without_an_index_at_head_are_found_where_they_were_created() -> None:
    findings = lint(LOST, DEFAULTS, judged={"1", "2", "3"})
    assert told(findings) == ["table-without-index in 1:11", "table-without-index in 3:13"]
    assert "lsif_data_references" in findings[1].message


def test_every_revision_is_a_deploy_of_its_own() -> None:
    findings = lint(chain("CREATE TABLE t (a int)", "CREATE INDEX ix ON t (a)"), DEFAULTS)
    assert told(findings) == ["index-built-in-deploy in 2:12"]


def test_with_a_base_what_the_branch_created_is_new() -> None:
    revisions = chain("SELECT 1", "CREATE TABLE t (a int)", "CREATE INDEX ix ON t (a)")
    assert told(lint(revisions, DEFAULTS, judged={"2", "3"}, base=base("1"))) == []
    assert told(lint(revisions, DEFAULTS, judged={"3"}, base=base("1", "2"))) == [
        "index-built-in-deploy in 3:13"
    ]


def test_only_what_is_judged_is_reported() -> None:
    revisions = chain(
        "CREATE TABLE t (a int, b int)", "CREATE INDEX i ON t (a)", "CREATE INDEX j ON t (b)"
    )
    assert told(lint(revisions, DEFAULTS, judged={"3"})) == ["index-built-in-deploy in 3:13"]


def test_what_stands_before_start_after_is_not_judged() -> None:
    revisions = chain(
        "CREATE TABLE old (a int)", "CREATE TABLE t (a int)", "CREATE INDEX ix ON old (a)"
    )
    assert told(lint(revisions, Settings(start_after="2"))) == ["index-built-in-deploy in 3:13"]
    assert told(lint(revisions, Settings(start_after="1"))) == [
        "table-without-index in 2:12",
        "index-built-in-deploy in 3:13",
    ]


def test_start_after_covers_ancestors_and_not_other_branches() -> None:
    first, left, right = chain("SELECT 1", "CREATE TABLE l (a int)", "CREATE TABLE r (a int)")
    right = Revision(right.id, right.path, ("1",), (), right.sources)
    findings = lint((first, left, right), Settings(start_after="2"))
    assert told(findings) == ["multiple-heads in 3:13", "table-without-index in 3:13"]


def test_a_start_after_that_no_revision_has_is_refused() -> None:
    with pytest.raises(UnknownRevision, match="start-after names the revision nope"):
        lint(LOST, Settings(start_after="nope"))


def test_a_branch_that_drops_the_last_index_answers_for_the_table() -> None:
    revisions = chain(
        "CREATE TABLE t (a int)", "CREATE INDEX ix ON t (a)", "DROP INDEX CONCURRENTLY ix"
    )
    findings = lint(revisions, DEFAULTS, judged={"3"}, base=Base(revisions[:2]))
    assert "table-without-index in 1:11" in told(findings)


def test_a_table_that_the_base_left_without_an_index_is_not_the_branchs() -> None:
    revisions = chain("CREATE TABLE t (a int)", "ALTER TABLE t RENAME TO u")
    judged = lint(revisions, DEFAULTS, judged={"2"}, base=Base(revisions[:1]))
    assert told(judged) == ["table-renamed in 2:12"]


def test_what_the_base_lacked_at_head_is_not_the_fault_of_who_edits_another_revision() -> None:
    revisions = chain("CREATE TABLE t (a int)", "CREATE TABLE u (a int)")
    edited = chain("CREATE TABLE t (a int, b int)", "CREATE TABLE u (a int)")
    then = Base(revisions)
    assert then.unlike(edited) == {"1"}
    judged = lint(edited, DEFAULTS, judged={"1"}, base=then)
    assert told(judged) == ["applied-revision-edited in 1:11"]


def test_a_revision_that_was_edited_counts_even_if_it_sends_the_same() -> None:
    revisions = chain("SELECT 1", "SELECT 2")
    assert Base(revisions, edited=frozenset({"2"})).unlike(revisions) == {"2"}


def test_a_temporary_table_ends_with_its_revision() -> None:
    revisions = chain("CREATE TEMP TABLE t (a int)", "CREATE INDEX ix ON t (a)")
    assert told(lint(revisions, DEFAULTS)) == ["index-built-in-deploy in 2:12"]


def test_a_search_path_ends_with_its_revision() -> None:
    revisions = chain(
        "SET search_path TO app; CREATE TABLE t (a int PRIMARY KEY, b int)",
        "CREATE TABLE t (a int); CREATE INDEX ix ON t (a)",
        "CREATE INDEX iy ON app.t (b)",
    )
    assert told(lint(revisions, DEFAULTS)) == [
        "set-session-setting in 1:11",
        "index-built-in-deploy in 3:13",
    ]


def test_every_statement_of_a_source_is_judged_at_its_line() -> None:
    table = "CREATE TABLE t (a int, b int)"
    revisions = chain(table, "CREATE INDEX i ON t (a); CREATE INDEX j ON t (b)")
    assert told(lint(revisions, DEFAULTS)) == ["index-built-in-deploy in 2:12"] * 2


def test_a_revision_that_was_not_rendered_is_found_at_its_problem() -> None:
    revision = Revision("1", "versions/1.py", problem=Problem("it reads the database", 7))
    (finding,) = lint([revision], DEFAULTS)
    assert (finding.rule, finding.path, finding.line) == (
        "revision-not-rendered",
        "versions/1.py",
        7,
    )


def test_an_index_of_an_unknown_table_is_not_given_an_invented_one() -> None:
    (found,) = lint(chain("DROP INDEX ix_by_hand"), DEFAULTS)
    assert "lock on the table of ix_by_hand:" in found.message
    assert 'op.drop_index_out_of_band("ix_by_hand", table_name="…")' in found.help


def test_barriers_may_stand_behind_barriers_only() -> None:
    barriers = tuple(Source("", "p", line, barrier=f"step{line}") for line in (1, 2))
    assert lint([Revision("1", "p", sources=barriers)], DEFAULTS) == ()


# --- fingerprints


def fingerprints(*revisions: Revision) -> list[str]:
    return [finding.fingerprint for finding in lint(revisions, DEFAULTS)]


def test_a_fingerprint_survives_a_rename_of_the_file_and_a_move_of_the_line() -> None:
    before = Revision("1", "a.py", sources=(Source("CREATE INDEX ix ON t (a)", "a.py", 3),))
    after = Revision("1", "b.py", sources=(Source("create  index IX on t(a) -- x", "b.py", 9),))
    assert fingerprints(before) == fingerprints(after)


def test_a_fingerprint_at_head_survives_a_rename_of_the_table() -> None:
    created = chain("CREATE TABLE t (a int)")
    renamed = chain("CREATE TABLE t (a int)", "ALTER TABLE t RENAME TO u")
    assert fingerprints(*created) == fingerprints(*renamed)[:1]


def test_equal_findings_of_a_revision_have_different_fingerprints() -> None:
    same = "REINDEX TABLE CONCURRENTLY t; REINDEX TABLE CONCURRENTLY t"
    found = fingerprints(*chain(same))
    assert len(found) == len(set(found)) == 2


def test_other_statements_and_revisions_have_other_fingerprints() -> None:
    texts = ["CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (b)", "CREATE INDEX i ON t (a)"]
    found = fingerprints(*chain(*texts))
    assert len(found) == len(set(found)) == 3


# --- settings


@pytest.mark.parametrize(
    ("settings", "is_large"),
    [
        (Settings(), True),
        (Settings(large=("lsif_data_*",)), True),
        (Settings(large=("other",)), False),
        (Settings(small=("lsif_*",)), False),
        (Settings(small=("public.lsif_data_a",)), False),
        (Settings(small=("app.*",)), True),
        (Settings(large=("lsif_data_a",), small=("*",)), True),
        (Settings(large=("LSIF_*",)), False),
    ],
)
def test_what_is_large_comes_from_the_settings(settings: Settings, is_large: bool) -> None:
    findings = lint(chain("CREATE TABLE lsif_data_a (a int)"), settings)
    assert bool(findings) == is_large


@pytest.mark.parametrize(
    ("before", "severity"),
    [
        ("SELECT 1", "error"),
        ("DELETE FROM t", "warning"),
        ("TRUNCATE t; INSERT INTO t VALUES (1)", "error"),
        ("ALTER TABLE t RENAME TO u; DELETE FROM u; ALTER TABLE u RENAME TO t", "warning"),
    ],
)
def test_what_costs_as_much_as_the_table_has_rows_is_milder_on_an_emptied_one(
    before: str, severity: str
) -> None:
    revisions = chain("CREATE TABLE t (a int)", f"{before}; CREATE INDEX i ON t (a)")
    (found,) = [f for f in lint(revisions, Settings()) if f.rule == "index-built-in-deploy"]
    assert found.severity == severity
