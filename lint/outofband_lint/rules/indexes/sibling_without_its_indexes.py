"""sibling-without-its-indexes."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.rule import Violation, head_rule
from outofband_lint.schema import Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.siblings import Lost, lost_by
from outofband_lint.spelling import create_index, shown
from outofband_lint.statement import CreateIndex

_T = "CREATE TABLE t (id int, k int); CREATE INDEX ix ON t (k)"


@head_rule(
    failure="queries that an index of the other table served read this one whole",
    bad=(
        f"{_T}; CREATE TABLE u AS SELECT * FROM t",
        f"{_T}; CREATE TABLE u (LIKE t INCLUDING DEFAULTS)",
        f"{_T}; CREATE TABLE n (id int PRIMARY KEY, k int); DROP TABLE t; "
        "ALTER TABLE n RENAME TO t",
        f"{_T}; ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id int PRIMARY KEY, k int);"
        "DROP TABLE t_old",
        f"{_T}; CREATE TABLE t_v2 (id int PRIMARY KEY, k int)",
        'CREATE SCHEMA app; CREATE TABLE app."Log" (id int, "userId" int);'
        'CREATE INDEX "Ix" ON app."Log" ("userId"); SELECT * INTO app."Log2" FROM app."Log"',
        "CREATE TABLE lsif_docs (id int PRIMARY KEY, dump_id int, path text, UNIQUE(dump_id,path));"
        "CREATE TABLE lsif_docs_new (LIKE lsif_docs) PARTITION BY HASH (id)",
    ),
    good=(
        f"{_T}; CREATE TABLE u (LIKE t INCLUDING ALL)",
        f"{_T}; CREATE TABLE u AS SELECT * FROM t; CREATE INDEX ix2 ON u (k)",
        f"{_T}; CREATE TABLE u AS SELECT k, count(*) FROM t GROUP BY k; CREATE INDEX ON u (k)",
        f"{_T}; CREATE TABLE t_v2 (id int PRIMARY KEY, k int); CREATE INDEX ON t_v2 (k, id)",
        f"{_T}; CREATE TABLE t_backup AS SELECT * FROM t",
        f"{_T}; CREATE TABLE t_v2 (id int PRIMARY KEY, other text)",
        f"{_T}; ALTER TABLE t RENAME TO u",
        Example(f"{_T}; CREATE TABLE u AS SELECT * FROM t", settings=Settings(small=("u",))),
        f"{_T}; CREATE TEMP TABLE u AS SELECT * FROM t",
        f"{_T}; CREATE TABLE n (id int PRIMARY KEY, k int); CREATE INDEX ON n (k); DROP TABLE t; "
        "ALTER TABLE n RENAME TO t",
    ),
)
def sibling_without_its_indexes(schema: Schema, context: Context) -> Iterator[Violation]:
    """A large table copies, partitions or replaces another and lost its indexes on the way.

    Cost: what the other table's indexes served now reads the whole table. This is the cause of the
    incident: tables were made again from another branch's, and their indexes were not. CREATE TABLE
    … AS and LIKE without INCLUDING INDEXES take none along, and neither does a table that is
    written down once more under a name with a version.

    Instead: carry the indexes over: LIKE … INCLUDING ALL, or `op.create_index(…)` in the revision
    that creates the table, while it is empty. On a table in use, declare it with
    `op.create_index_out_of_band(…)`; in plain Alembic, build it in a revision of its own under
    `with op.get_context().autocommit_block():` with `postgresql_concurrently=True`.

    Allowed when: an index begins with the same columns, the columns are no more, the table is small
    (say so in `small`), or its name says that it is a backup.

    Source: PostgreSQL 18, CREATE TABLE (LIKE), CREATE TABLE AS; the incident in the README.
    """
    for table in schema.tables.values():
        if not context.is_large(table.name):
            continue
        lost = lost_by(table, schema)
        if lost is not None:
            yield _violation(table, lost)


def _violation(table: Table, lost: Lost) -> Violation:
    name, origin = shown(table.name), shown(lost.origin)
    indexes = [
        CreateIndex(
            None,
            table.name,
            index.keys,
            include=index.include,
            method=index.method,
            unique=index.unique,
            where=index.where,
        )
        for index in lost.indexes
    ]
    listed = " and ".join(f"({', '.join(map(str, index.keys))})" for index in lost.indexes)
    calls = "; ".join(create_index("create_index", index) for index in indexes)
    declared = "; ".join(create_index("create_index_out_of_band", index) for index in indexes)
    return Violation(
        f"Table {name} takes after {origin}, but not its index on {listed}: what that index served "
        f"reads all of {name}.",
        f"Create it again in the revision that creates the table: {calls}. On a table in use, "
        f"declare it: {declared}. Without outofband, there add postgresql_concurrently=True in an "
        "autocommit_block() of a revision of its own",
        table=table,
    )
