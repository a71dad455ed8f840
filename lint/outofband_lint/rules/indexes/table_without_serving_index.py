"""table-without-serving-index."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.rule import Violation, head_rule
from outofband_lint.schema import Column, Schema, Table
from outofband_lint.serving import usable_indexes
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index, shown
from outofband_lint.statement import CreateIndex, IndexKey

_DOCUMENTS = "CREATE TABLE documents (id bigserial PRIMARY KEY, dump_id int, path text)"


@head_rule(
    severity="warning",
    failure="queries by any other column than the key read the whole table",
    bad=(
        _DOCUMENTS,
        'CREATE SCHEMA app; CREATE TABLE app."Log" (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),'
        '"userId" bigint NOT NULL, line text)',
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, org_id int, a_uuid uuid)",
        f"{_DOCUMENTS}; CREATE INDEX ix ON documents (dump_id); DROP INDEX ix",
    ),
    good=(
        f"{_DOCUMENTS}; CREATE INDEX ix ON documents (dump_id)",
        Example(f"{_DOCUMENTS}; CREATE INDEX ix ON documents (path)", out_of_band=True),
        "CREATE TABLE t (id serial PRIMARY KEY, name text)",
        "CREATE TABLE dumps (dump_id int PRIMARY KEY, path text)",
        "CREATE TABLE u (id int PRIMARY KEY);"
        "CREATE TABLE t (id serial PRIMARY KEY, u_id int REFERENCES u)",
        Example(_DOCUMENTS, settings=Settings(small=("documents",))),
        "CREATE TABLE t (a_id int, b_id int, PRIMARY KEY (a_id, b_id))",
    ),
)
def table_without_serving_index(schema: Schema, context: Context) -> Iterator[Violation]:
    """A large table's only index is a surrogate key, and other columns identify its rows.

    Cost: a generated key serves queries by that key. Columns such as `dump_id` are there to be
    asked for, and such a query reads the whole table. A rule that only asks whether there is an
    index takes the table for indexed.

    Instead: declare what the queries filter by, with `op.create_index_out_of_band(…)`, or list the
    queries in the setting `queries`, so that each of them is checked. In plain Alembic, in a
    revision of its own: `with op.get_context().autocommit_block():` around
    `op.create_index(…, postgresql_concurrently=True)`.

    Allowed when: the table is small (say so in `small`) or is read by its key alone. A foreign key
    without an index is foreign-key-without-index, a listed query query-without-index.

    Source: PostgreSQL 18, chapter 11.3 (multicolumn indexes); the incident in the README.
    """
    if context.queries:
        return  # then what the application asks for is known, and query-without-index judges it
    for table in schema.tables.values():
        if table.kind not in ("table", "partitioned") or table.partition_of or table.temporary:
            continue
        if context.is_large(table.name) and _has_only_surrogates(table):
            columns = [column for column in table.columns if _identifies(column, table)]
            if columns:
                yield _violation(table, columns)


def _has_only_surrogates(table: Table) -> bool:
    indexes = usable_indexes(table)
    return bool(indexes) and all(
        len(index.keys) == 1 and _is_surrogate(table.column(index.keys[0].column or ""))
        for index in indexes
    )


def _is_surrogate(column: Column | None) -> bool:
    return column is not None and (
        column.identity
        or "uuid" in (column.default or "")
        or "nextval" in (column.default or "")
        or column.name.lower() in ("id", "uuid", "guid", "pk")
    )


def _identifies(column: Column, table: Table) -> bool:
    """Tell whether a column names rows of another table, although no foreign key says so."""
    referring = any(column.name in c.columns for c in table.constraints if c.kind == "foreign_key")
    indexed = any(column.name == key.column for i in table.indexes for key in i.keys)
    named = column.name.endswith(("_id", "Id", "_uuid", "_key"))
    return named and not referring and not indexed


def _violation(table: Table, columns: list[Column]) -> Violation:
    named = shown(table.name)
    names = [column.name for column in columns]
    index = CreateIndex(None, table.name, (IndexKey(names[0]),))
    return Violation(
        f"The only index of {named} is on a generated key: a query by {', '.join(names)} reads all "
        f"of {named}.",
        f"Declare what the queries filter by, say {create_index('create_index_out_of_band', index)}"
        ", or list the queries in the setting queries. Without outofband, in a revision of its own "
        "under an autocommit_block(): "
        f"{create_index('create_index', index, 'postgresql_concurrently=True')}",
        table=table,
    )
