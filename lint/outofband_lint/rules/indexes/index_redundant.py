"""index-redundant."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.names import QualifiedName
from outofband_lint.redundancy import covering
from outofband_lint.rule import Violation, head_rule
from outofband_lint.schema import Index, Schema, Table
from outofband_lint.settings import Settings
from outofband_lint.spelling import drop_index, shown

_T = "CREATE TABLE t (a int, b int, c text)"


@head_rule(
    severity="warning",
    failure="every write to the table keeps an index up to date that no query needs",
    aliases=(
        "GN025",
        "GN032",
        "duplicate_index",
        "0009_duplicate_index",
        "duplicated_indexes",
        "intersected_indexes",
    ),
    bad=(
        f"{_T}; CREATE INDEX i ON t (a); CREATE INDEX j ON t (a)",
        f"{_T}; CREATE INDEX i ON t (a); CREATE INDEX j ON t (a, b)",
        f"{_T}; CREATE UNIQUE INDEX i ON t (a); CREATE INDEX j ON t (a)",
        "CREATE TABLE t (a int PRIMARY KEY); CREATE INDEX j ON t (a)",
        'CREATE SCHEMA app; CREATE TABLE app."T" ("a b" int, c int);'
        'CREATE INDEX "I" ON app."T" ("a b") WHERE c > 0;'
        'CREATE INDEX "J" ON app."T" ("a b", c) WHERE c > 0',
        f"{_T}; CREATE INDEX i ON t (a); CREATE INDEX j ON t (a) INCLUDE (b)",
        f"{_T}; CREATE UNIQUE INDEX i ON t (a); CREATE UNIQUE INDEX j ON t (a)",
        f"{_T}; CREATE INDEX i ON t (lower(c)); CREATE INDEX j ON t (lower(c), a)",
    ),
    good=(
        f"{_T}; CREATE INDEX i ON t (a, b); CREATE INDEX j ON t (b, a)",
        f"{_T}; CREATE UNIQUE INDEX i ON t (a); CREATE INDEX j ON t (a, b)",
        f"{_T}; CREATE INDEX i ON t (a) WHERE b > 0; CREATE INDEX j ON t (a)",
        f"{_T}; CREATE INDEX i ON t (c); CREATE INDEX j ON t (c text_pattern_ops)",
        f'{_T}; CREATE INDEX i ON t (c); CREATE INDEX j ON t (c COLLATE "C")',
        f"{_T}; CREATE INDEX i ON t (a) INCLUDE (c); CREATE INDEX j ON t (a, b)",
        f"{_T}; CREATE INDEX i ON t (a); CREATE INDEX j ON t USING hash (a)",
        f"{_T}; CREATE INDEX i ON t (a); CREATE INDEX j ON t (a DESC, b)",
        "CREATE TABLE t (a int UNIQUE, b int, PRIMARY KEY (a, b))",
        Example(
            f"{_T}; CREATE INDEX i ON t (a); CREATE INDEX j ON t (a)",
            settings=Settings(small=("t",)),
        ),
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a); CREATE INDEX ON p (b);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)",
    ),
)
def index_redundant(schema: Schema, context: Context) -> Iterator[Violation]:
    """Another index at head begins with the same keys, so that nothing needs this one.

    Cost: each INSERT and most UPDATEs write both, VACUUM reads both, both take memory and disk.

    Instead: drop it with `op.drop_index_out_of_band(…)`. In plain Alembic, in a revision of its
    own: `with op.get_context().autocommit_block():` around
    `op.drop_index(…, postgresql_concurrently=True)`.

    Allowed when: it is much smaller than the other one and a query that is asked often fits it. An
    index that makes something unique, or that a constraint owns, is never called redundant because
    of one that does not; predicate, operator class, collation, direction and access method have to
    be the same.

    Source: PostgreSQL 18, chapter 11.3 (multicolumn indexes).
    """
    for table in schema.tables.values():
        if len(table.indexes) < 2 or not context.is_large(table.name):
            continue
        for number, index in enumerate(table.indexes):
            other = covering(index, number, table)
            if other is not None:
                yield _violation(table, index, other)


def _violation(table: Table, index: Index, other: Index) -> Violation:
    named = shown(table.name)
    keys = ", ".join(map(str, index.keys))
    name = QualifiedName(index.name, table.name.schema)
    return Violation(
        f"Index {shown(name)} of {named} on ({keys}) is redundant: {other.name} begins with the "
        f"same keys, and every write to {named} keeps both.",
        f"Drop it: {drop_index('drop_index_out_of_band', name, table.name)}. Without outofband, in "
        "a revision of its own under an autocommit_block(): "
        f"{drop_index('drop_index', name, table.name, 'postgresql_concurrently=True')}",
        costs=(table.name,),
        table=table,
        subject=f"{table.created_as} {index.name}",
    )
