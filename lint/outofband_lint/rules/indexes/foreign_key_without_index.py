"""foreign-key-without-index."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.rule import Violation, head_rule
from outofband_lint.schema import Schema, Table, TableConstraint
from outofband_lint.serving import leads_reference, usable_indexes
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index, shown
from outofband_lint.statement import CreateIndex, IndexKey

_A = "CREATE TABLE a (id int PRIMARY KEY)"
_B = f"{_A}; CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a)"


@head_rule(
    severity="warning",
    failure="each DELETE, and each UPDATE of the key, on the other side reads the whole table",
    aliases=(
        "E15",
        "foreign_key_index",
        "unindexed_foreign_keys",
        "0001_unindexed_foreign_keys",
        "foreign_keys_without_index",
        "requireForeignKeyIndex",
    ),
    bad=(
        _B,
        f"{_B}; CREATE INDEX ON b (id, a_id)",
        f"{_B}; CREATE INDEX ON b (a_id) WHERE id > 0",
        f"{_B}; CREATE INDEX ix ON b (a_id); DROP INDEX ix",
        'CREATE SCHEMA app; CREATE TABLE app."A" (x int, y int, PRIMARY KEY (x, y));'
        'CREATE TABLE app."B" (id int PRIMARY KEY, "aX" int, "aY" int,'
        'FOREIGN KEY ("aX", "aY") REFERENCES app."A"); CREATE INDEX ON app."B" ("aX")',
        f"{_B}; CREATE INDEX ON b USING gin (a_id)",
        f"{_A}; CREATE TABLE b (id int PRIMARY KEY, a_id int); "
        "ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a NOT VALID",
    ),
    good=(
        f"{_B}; CREATE INDEX ON b (a_id)",
        f"{_B}; CREATE INDEX ON b (a_id, id)",
        f"{_B}; CREATE INDEX ON b (a_id) WHERE a_id IS NOT NULL",
        Example(f"{_B}; CREATE INDEX ix ON b (a_id)", out_of_band=True),
        f"{_A}; CREATE TABLE b (a_id int PRIMARY KEY REFERENCES a)",
        f"{_A}; CREATE TABLE b (a_id int REFERENCES a, k int, PRIMARY KEY (a_id, k))",
        Example(_B, settings=Settings(small=("b",))),
        "CREATE TABLE a (x int, y int, PRIMARY KEY (x, y)); CREATE TABLE b (x int, y int,"
        "FOREIGN KEY (x, y) REFERENCES a); CREATE INDEX ON b (y, x)",
        f"{_B}; ALTER TABLE b DROP CONSTRAINT b_a_id_fkey",
    ),
)
def foreign_key_without_index(schema: Schema, context: Context) -> Iterator[Violation]:
    """No index at head begins with the referencing columns of a foreign key.

    Cost: for each row that is deleted on the other side (or whose key changes there) Postgres looks
    for rows that refer to it, and reads this whole table to do so, holding locks on both. Postgres
    makes an index for the referenced side only.

    Instead: declare it with `op.create_index_out_of_band(…)`, or with the table while it is new
    (`op.create_index(…)`). In plain Alembic, in a revision of its own:
    `with op.get_context().autocommit_block():` around
    `op.create_index(…, postgresql_concurrently=True)`.

    Allowed when: an index begins with the columns in any order, a partial one where its predicate
    is that they are not NULL; the table is small (say so in `small`); or rows of the other side are
    never deleted.

    Source: PostgreSQL 18, chapter 5.5.5 (foreign keys).
    """
    for table in schema.tables.values():
        if table.temporary or not context.is_large(table.name):
            continue
        indexes = usable_indexes(table)
        seen: set[frozenset[str]] = set()
        for key in table.constraints:
            if key.kind != "foreign_key" or key.parent is not None or not key.columns:
                continue
            columns = frozenset(key.columns)
            if columns not in seen and not any(leads_reference(i, key.columns) for i in indexes):
                seen.add(columns)
                yield _violation(table, key)


def _violation(table: Table, key: TableConstraint) -> Violation:
    named = shown(table.name)
    columns = ", ".join(key.columns)
    target = shown(key.references) if key.references else "the other table"
    index = CreateIndex(None, table.name, tuple(map(IndexKey, key.columns)))
    return Violation(
        f"No index of {named} begins with ({columns}), which refers to {target}: each DELETE from "
        f"{target} reads all of {named}.",
        f"Declare it: {create_index('create_index_out_of_band', index)}; on a new table create it "
        f"with the table. Without outofband, in a revision of its own under an autocommit_block(): "
        f"{create_index('create_index', index, 'postgresql_concurrently=True')}",
        costs=(table.name,),
        table=table,
        subject=f"{table.created_as} {columns}",
    )
