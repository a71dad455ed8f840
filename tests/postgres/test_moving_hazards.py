"""Rows whose moving would harm other rows, or a subscriber, stay; what to do is said by name."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.runbook.duplicates.policy import Dedupe, KeepNewest
from outofband.runbook.ending import End

NEWEST = KeepNewest("id")


@pytest.fixture
def docs(db: Any) -> Any:
    """Rows that are the same but for their number; parts may refer to them."""
    db.sql("CREATE TABLE docs (id int PRIMARY KEY, path text)")
    db.sql("INSERT INTO docs VALUES (1, 'a'), (2, 'a'), (3, 'b')")
    return db


@pytest.fixture
def unique(steps: Any) -> Any:
    return steps.create("u", "docs", "path", unique=True)


HARM = {
    "CASCADE": "ON DELETE CASCADE would delete them",
    "SET NULL": "ON DELETE SET NULL would empty their reference",
    "SET DEFAULT": "ON DELETE SET DEFAULT would change their reference",
    "RESTRICT": "public.parts by foreign key parts_doc_fkey",
    "NO ACTION": "public.parts by foreign key parts_doc_fkey",
    "NO ACTION DEFERRABLE INITIALLY DEFERRED": "public.parts by foreign key parts_doc_fkey",
}


@pytest.mark.parametrize("action", HARM)
def test_rows_that_others_refer_to_stay_and_the_key_is_named(
    docs: Any, unique: Any, action: str
) -> None:
    docs.sql(f"CREATE TABLE parts (doc int DEFAULT 3 REFERENCES docs ON DELETE {action})")
    docs.sql("INSERT INTO parts VALUES (1), (1), (3)")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert HARM[action] in ending.why
    assert "2" not in ending.why.split("referred to: ")[0]
    assert ending.do == "Point the rows of public.parts at the row that stays, then run this again"
    assert docs.sql("SELECT count(*) FROM docs") == [3]
    docs.sql("UPDATE parts SET doc = 2 WHERE doc = 1")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert ending.end is End.DONE
    assert docs.sql("SELECT doc FROM parts ORDER BY 1") == [2, 2, 3]


def test_a_reference_that_arrives_while_its_row_is_moved_keeps_it(
    docs: Any, unique: Any, screen: Any
) -> None:
    """It was looked for, then a writer inserts one and commits while the batch waits for him."""
    docs.sql("CREATE TABLE parts (doc int REFERENCES docs ON DELETE CASCADE)")
    with docs.transaction("INSERT INTO parts VALUES (1)") as writer:
        run = docs.beside(lambda: docs.apply(unique, screen=screen, dedupe=NEWEST))
        docs.eventually(lambda: any("could not obtain lock" in line for line in screen.said))
        writer.commit()
    (ending,) = run.result()
    assert ending.end is End.FAILED
    assert "1 from public.parts" in ending.why
    assert docs.sql("SELECT doc FROM parts") == [1]
    assert docs.sql("SELECT count(*) FROM docs") == [3]


def test_a_table_may_refer_to_itself(docs: Any, unique: Any) -> None:
    docs.sql("ALTER TABLE docs ADD parent int REFERENCES docs ON DELETE CASCADE")
    docs.sql("UPDATE docs SET parent = id WHERE id = 1")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert ending.end is End.DONE
    docs.sql("DROP INDEX u")
    docs.sql("INSERT INTO docs VALUES (4, 'b', 3)")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert "1 from public.docs by foreign key docs_parent_fkey" in ending.why


def test_keys_of_several_columns_and_odd_names_are_followed(db: Any, steps: Any) -> None:
    db.sql('CREATE TABLE "Do%cs" ("a b" int, "c%s" int, path text, PRIMARY KEY ("c%s", "a b"))')
    db.sql("""INSERT INTO "Do%cs" VALUES (1, 2, 'a'), (2, 1, 'a')""")
    db.sql(
        'CREATE TABLE "Par%ts" ("x%" int, "y y" int, FOREIGN KEY ("x%", "y y") '
        'REFERENCES "Do%cs" ("a b", "c%s") ON DELETE SET NULL)'
    )
    db.sql('INSERT INTO "Par%ts" VALUES (2, 1)')
    step = steps.create("u", "Do%cs", "path", unique=True)
    (ending,) = db.apply(step, dedupe=KeepNewest("c%s"))
    assert '1 from public."Par%ts"' in ending.why
    (ending,) = db.apply(step, dedupe=KeepNewest("a b"))
    assert (ending.end, ending.why) == (End.DONE, "")


def test_the_partition_of_a_referenced_table_is_looked_at_too(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE docs (id int PRIMARY KEY, path text) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE docs_1 PARTITION OF docs FOR VALUES FROM (0) TO (10)")
    db.sql("INSERT INTO docs VALUES (1, 'a'), (2, 'a')")
    db.sql("CREATE TABLE parts (doc int REFERENCES docs ON DELETE CASCADE)")
    db.sql("INSERT INTO parts VALUES (1)")
    (ending,) = db.apply(steps.create("u", "docs_1", "path", unique=True), dedupe=NEWEST)
    assert "from public.parts by foreign key parts_doc_fkey" in ending.why
    assert db.sql("SELECT doc FROM parts") == [1]


def test_inheriting_tables_keep_their_rows(db: Any, steps: Any) -> None:
    """A unique index of the parent says nothing about the rows of its children."""
    db.sql("CREATE TABLE docs (id int)")
    db.sql("CREATE TABLE more () INHERITS (docs)")
    db.sql("INSERT INTO more VALUES (1), (1)")
    db.sql("INSERT INTO docs VALUES (1), (1)")
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = db.apply(step, dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.DONE
    assert db.sql("SELECT count(*) FROM more") == [2]
    assert db.sql("SELECT count(*) FROM ONLY docs") == [1]


def as_role(db: Any, *grants: str) -> str:
    """Make a role of this database and return the URL of a session that is it."""
    role = f"clerk_of_{db.sql('SELECT current_database()')[0]}"
    db.sql(f"CREATE ROLE {role}")
    for grant in (f"GRANT CREATE, USAGE ON SCHEMA public TO {role}", *grants):
        db.sql(grant.format(role=role))
    return f"{db.url}{'&' if '?' in db.url else '?'}options=-c%20role%3D{role}"


def test_rows_that_row_security_hides_are_not_counted_as_none(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE docs (id int, tenant text)")
    db.sql("INSERT INTO docs VALUES (1, 'a'), (1, 'a'), (1, 'b')")
    db.sql("ALTER TABLE docs ENABLE ROW LEVEL SECURITY")
    db.sql("ALTER TABLE docs FORCE ROW LEVEL SECURITY")
    db.sql("CREATE POLICY own ON docs USING (tenant = 'b')")
    url = as_role(db, "ALTER TABLE docs OWNER TO {role}")
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = db.apply(step, url=url, dedupe=Dedupe.IDENTICAL)
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert "row-level security hides rows of public.docs from role clerk_" in ending.why
    screen = db.recorder()
    (ending,) = db.apply(step, url=url, screen=screen)
    assert "whether any are duplicates, the build will show" in " ".join(screen.said)
    assert (ending.end, ending.do) == (
        End.FAILED,
        "Run this as a role with BYPASSRLS, or as a superuser",
    )


def test_referring_rows_that_row_security_hides_forbid_to_move(docs: Any, unique: Any) -> None:
    docs.sql("CREATE TABLE parts (doc int REFERENCES docs ON DELETE CASCADE)")
    docs.sql("ALTER TABLE parts ENABLE ROW LEVEL SECURITY")
    url = as_role(
        docs,
        "ALTER TABLE docs OWNER TO {role}",
        "GRANT SELECT ON parts TO {role}",
        f"GRANT CREATE ON DATABASE {docs.sql('SELECT current_database()')[0]} TO {{role}}",
    )
    (ending,) = docs.apply(unique, url=url, dedupe=NEWEST)
    assert "points at public.docs, and row-level security hides rows" in ending.why
    assert docs.sql("SELECT count(*) FROM docs") == [3]


def test_a_rule_that_rewrites_the_delete_forbids_it(docs: Any, unique: Any) -> None:
    docs.sql("CREATE RULE kept AS ON DELETE TO docs DO INSTEAD NOTHING")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert "DELETE on public.docs is rewritten by rule kept" in ending.why


def test_a_disabled_trigger_is_none(docs: Any, unique: Any) -> None:
    docs.sql("CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    docs.sql("CREATE TRIGGER kept BEFORE DELETE ON docs FOR EACH ROW EXECUTE FUNCTION never()")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert "fires trigger kept" in ending.why
    docs.sql("ALTER TABLE docs DISABLE TRIGGER kept")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert ending.end is End.DONE


def test_a_published_table_without_replica_identity_is_told(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE docs (id int)")
    db.sql("INSERT INTO docs VALUES (1), (1)")
    db.sql("CREATE PUBLICATION changes FOR TABLE docs")
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = db.apply(step, dedupe=Dedupe.IDENTICAL)
    assert "public.docs has no replica identity, and publication changes" in ending.why
    db.sql(ending.do)
    (ending,) = db.apply(step, dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.DONE


def test_a_publication_of_everything_is_told_of_the_quarantine(docs: Any, unique: Any) -> None:
    docs.sql("CREATE PUBLICATION everything FOR ALL TABLES")
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert "publication everything publishes every table" in ending.why
    docs.sql(ending.do.partition("and then here: ")[2])
    (ending,) = docs.apply(unique, dedupe=NEWEST)
    assert ending.end is End.DONE


@pytest.mark.parametrize("policy", [Dedupe.IDENTICAL, Dedupe.REPORT])
def test_a_materialized_view_is_corrected_where_its_rows_come_from(
    docs: Any, steps: Any, policy: Dedupe
) -> None:
    """Nobody is sent to --dedupe, which cannot help."""
    docs.sql("CREATE MATERIALIZED VIEW paths AS SELECT 1 AS path FROM generate_series(1, 2)")
    step = steps.create("u", "paths", "path", unique=True)
    (ending,) = docs.apply(step, dedupe=policy)
    assert "public.paths is a materialized view" in ending.why
    assert ending.do == "Correct the rows where they come from"
