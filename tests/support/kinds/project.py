"""A project where nothing has a decent name, and a step of each kind beside indexes is wanted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from faults.project import COLUMNS, HELD, SCHEMA, TABLE, write_project
from outofband.model.names import MAX_IDENTIFIER_BYTES, QualifiedName, clip, literal, quote

ORDER, GROUP = COLUMNS
REFERS, GOES = "references", clip("drop %s 'it' " + "ö" * 40, MAX_IDENTIFIER_BYTES)
SPLIT, VIEW, MOOD = "user", 'view "%s" {0}', "Laune %d"
LEAVES = 'P "1" %', clip("it's " + "ö" * 40, MAX_IDENTIFIER_BYTES)
DOOMED = clip("TABLE; -- " + "€" * 30, MAX_IDENTIFIER_BYTES)
LABEL = 'it\'s "new" %s'

AGAIN, CHECK, SET, KEY, UNIQUE = "order", 'check "%s"', "not null", "foreign key", "unique %d"
FRESH, DETACHED, COLUMN_GONE, TABLE_GONE, FELT = "fresh %s", "partition", "column", "table", "enum"
UNIQUE_INDEX, REBUILT = "Order BY %s", clip("Größe %d " + "ß" * 30, MAX_IDENTIFIER_BYTES)


def _there(name: str) -> QualifiedName:
    return QualifiedName(name, SCHEMA)


WHOLE, REFERENT, PARTED, SHOWN = _there(TABLE), _there("{0}"), _there(SPLIT), _there(VIEW)
FIRST, SECOND = map(_there, LEAVES)
GONE, REFERRING, TYPE = _there(DOOMED), _there("referring"), _there(MOOD)
CONDITION = f"held({quote(ORDER)}) > -9"
"""Is read at a pace that a test sets: it waits at the row with a negative number."""

TABLES = (
    "CREATE FUNCTION held(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF id < 0 "
    f"THEN PERFORM pg_advisory_xact_lock_shared({HELD}); END IF; RETURN id; END $$",
    f"CREATE SCHEMA {quote(SCHEMA)}",
    f"CREATE TYPE {TYPE} AS ENUM ('old')",
    f"CREATE TABLE {REFERENT} ({quote(ORDER)} int PRIMARY KEY, note text)",
    f"CREATE TABLE {WHOLE} ({quote(ORDER)} int NOT NULL, {quote(GROUP)} text, tag text, "
    f"{quote(REFERS)} int DEFAULT 1, {quote(GOES)} int, feels {TYPE})",
    f"CREATE INDEX {quote(REBUILT)} ON {WHOLE} (public.held({quote(ORDER)}))",
    f"CREATE INDEX ON {WHOLE} ({quote(GOES)}, {quote(ORDER)})",
    f"CREATE TABLE {PARTED} ({quote(ORDER)} int NOT NULL, tag text) "
    f"PARTITION BY RANGE ({quote(ORDER)})",
    f"CREATE TABLE {FIRST} PARTITION OF {PARTED} FOR VALUES FROM (0) TO (1001)",
    f"CREATE TABLE {SECOND} PARTITION OF {PARTED} FOR VALUES FROM (1001) TO (9000000)",
    f"CREATE MATERIALIZED VIEW {SHOWN} AS SELECT public.held({quote(ORDER)}) AS one FROM {WHOLE} "
    f"WHERE {quote(ORDER)} < 9",
    f"CREATE UNIQUE INDEX ON {SHOWN} (one)",
    f"CREATE TABLE {GONE} ({quote(ORDER)} int PRIMARY KEY)",
    f"CREATE TABLE {REFERRING} ({quote(ORDER)} int CONSTRAINT points REFERENCES {GONE})",
)
ROWS = (
    f"INSERT INTO {REFERENT} SELECT generate_series(1, 1000)",
    f"INSERT INTO {WHOLE} SELECT n, 'p' || n, 'start' || n FROM generate_series(-1, 1000) AS n "
    "WHERE n <> 0",
    f"INSERT INTO {PARTED} SELECT n, 'part' || n FROM generate_series(1, 2000) AS n",
    f"REFRESH MATERIALIZED VIEW {SHOWN}",
)
STARTED = Counter(
    [f"start{n}" for n in range(-1, 1001) if n] + [f"part{n}" for n in range(1, 2001)]
)
TAGGED = str(WHOLE), str(PARTED), str(FIRST)
"""Where the rows are once the first partition is a table of its own."""

WANTED = (
    f"op.reindex_out_of_band({AGAIN!r}, {REBUILT!r}, {TABLE!r}, **there)",
    f"op.create_check_constraint_out_of_band({CHECK!r}, {TABLE!r}, {CONDITION!r}, "
    f"after=[{AGAIN!r}], **there)",
    f"op.set_not_null_out_of_band({SET!r}, {TABLE!r}, {GROUP!r}, after=[{CHECK!r}], **there)",
    f"op.create_foreign_key_out_of_band({KEY!r}, {TABLE!r}, {REFERENT.name!r}, [{REFERS!r}], "
    f"[{ORDER!r}], after=[{SET!r}], source_schema={SCHEMA!r}, referent_schema={SCHEMA!r})",
    f"op.create_index_out_of_band({UNIQUE_INDEX!r}, {TABLE!r}, [{ORDER!r}, 'tag'], unique=True, "
    "**there)",
    f"op.create_unique_constraint_out_of_band({UNIQUE!r}, {TABLE!r}, [{ORDER!r}, 'tag'], "
    f"using_index={UNIQUE_INDEX!r}, **there)",
    f"op.refresh_materialized_view_out_of_band({FRESH!r}, {VIEW!r}, **there)",
    f"op.detach_partition_out_of_band({DETACHED!r}, {SPLIT!r}, {LEAVES[0]!r}, **there)",
    f"op.drop_column_out_of_band({COLUMN_GONE!r}, {TABLE!r}, {GOES!r}, **there)",
    f"op.drop_table_out_of_band({TABLE_GONE!r}, {DOOMED!r}, **there)",
)
AHEAD = (f"op.add_enum_value_out_of_band({FELT!r}, {MOOD!r}, {LABEL!r}, **there)",)
PLAINLY = (
    f"COMMENT ON INDEX {_there(REBUILT)} IS {literal(f'outofband: {AGAIN} is done')}",
    f"ALTER TABLE {WHOLE} ADD CONSTRAINT {quote(CHECK)} CHECK ({CONDITION})",
    f"ALTER TABLE {WHOLE} ALTER COLUMN {quote(GROUP)} SET NOT NULL",
    f"ALTER TABLE {WHOLE} ADD CONSTRAINT {quote(KEY)} FOREIGN KEY ({quote(REFERS)}) "
    f"REFERENCES {REFERENT} ({quote(ORDER)})",
    f"ALTER TABLE {WHOLE} ADD CONSTRAINT {quote(UNIQUE)} UNIQUE ({quote(ORDER)}, tag)",
    f"COMMENT ON MATERIALIZED VIEW {SHOWN} IS {literal(f'outofband: {FRESH} is done')}",
    f"ALTER TABLE {PARTED} DETACH PARTITION {FIRST} CONCURRENTLY",
    f"ALTER TABLE {WHOLE} DROP COLUMN {quote(GOES)}",
    f"DROP TABLE {GONE} CASCADE",
    f"ALTER TYPE {TYPE} ADD VALUE {literal(LABEL)}",
)

_REVISION = """
from alembic import op
revision, down_revision = {revision!r}, {before!r}
there = {{"schema": {schema!r}}}
def upgrade():
    {body}
"""


def write_kinds(folder: Path) -> Path:
    """Write the tables (1), what is wanted of them (2), and what may be done ahead (3)."""
    write_project(folder)
    tables = [f"op.execute({statement!r})" for statement in TABLES]
    before = None
    for revision, lines in (("1", tables), ("2", WANTED), ("3", AHEAD)):
        body = "\n    ".join(lines)
        text = _REVISION.format(revision=revision, before=before, schema=SCHEMA, body=body)
        (folder / "migrations" / "versions" / f"r{revision}.py").write_text(text)
        before = revision
    return folder


def on_kinds(known: int, new: int, tag: str) -> tuple[tuple[tuple[Any, ...], ...], ...]:
    """Work on the tables, and on the partition that goes, beside the runbook."""
    whole, parted, first, shown, referent = (
        str(name).replace("%", "%%") for name in (WHOLE, PARTED, FIRST, SHOWN, REFERENT)
    )
    order, group = (quote(column).replace("%", "%%") for column in COLUMNS)
    return (
        (
            (f"SELECT {order}, tag FROM {whole} WHERE {order} = %s", known),
            (f"SELECT tag FROM {parted} WHERE {order} = %s", known),
            (f"SELECT tag FROM {first} WHERE {order} = %s", known),
            (f"SELECT one FROM {shown} WHERE one = %s", known),
        ),
        (
            (f"UPDATE {whole} SET {group} = 'q' WHERE {order} = %s", known),
            (f"UPDATE {parted} SET tag = tag WHERE {order} = %s", 1000 + known),
            (f"UPDATE {referent} SET note = 'n' WHERE {order} = %s", known),
        ),
        (
            (f"INSERT INTO {whole} ({order}, {group}, tag) VALUES (%s, 'p', %s)", new, tag),
            (f"INSERT INTO {parted} VALUES (%s, %s)", new, tag),
        ),
    )
