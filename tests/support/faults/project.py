"""The project whose runbook is disturbed: its revisions, and what plain SQL would make of them."""

from __future__ import annotations

from pathlib import Path

from outofband.model.names import QualifiedName, quote

HELD = 4711
"""The advisory lock that an index over ``held(id)`` waits for at a row with a negative id."""

SCHEMA = 'Größe %(s)s "x" {y}'
TABLE = 'select %s {0} "ü"'
COLUMNS = "order", 'gruppe "%d"'
INDEX = 'a "b" %s {c} ' + "ü" * 25

_HOSTILE = QualifiedName(TABLE, SCHEMA)
_KEYS = ", ".join(map(quote, COLUMNS))

TABLES = (
    "CREATE TABLE docs (id int NOT NULL, path text NOT NULL, kind text NOT NULL, tag text)",
    "CREATE FUNCTION held(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF id < 0 "
    f"THEN PERFORM pg_advisory_xact_lock_shared({HELD}); END IF; RETURN id; END $$",
    "CREATE TABLE parts (id int NOT NULL, path text, tag text) PARTITION BY RANGE (id)",
    "CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (1000)",
    "CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (1000) TO (9000000) "
    "PARTITION BY RANGE (id)",
    "CREATE TABLE parts_high_1 PARTITION OF parts_high FOR VALUES FROM (1000) TO (2000)",
    "CREATE TABLE parts_high_2 PARTITION OF parts_high FOR VALUES FROM (2000) TO (9000000)",
    f"CREATE SCHEMA {quote(SCHEMA)}",
    f"CREATE TABLE {_HOSTILE} ({quote(COLUMNS[0])} int NOT NULL, {quote(COLUMNS[1])} text, "
    "tag text)",
)
ROWS = (
    "INSERT INTO docs SELECT n, 'p' || n, 'k' || n % 7, 'start' || n "
    "FROM generate_series(-1, 2000) AS n WHERE n <> 0",
    "INSERT INTO parts SELECT n, 'p' || n, 'start' || n FROM generate_series(1, 3000) AS n",
    f"INSERT INTO {_HOSTILE} SELECT n, 'p' || n, 'start' || n FROM generate_series(1, 1000) AS n",
)
TAGGED = "docs", "parts", str(_HOSTILE)
"""The tables, as SQL; each row has a tag, which only duplicates share."""

WANTED = (
    'op.create_index_out_of_band("docs_held", "docs", [sa.text("held(id)")])',
    'op.create_index_out_of_band("docs_temp", "docs", ["id"])',
    'op.create_index_out_of_band("docs_unique", "docs", ["id"], unique=True)',
    'op.create_primary_key_out_of_band("docs_pkey", "docs", ["id"], using_index="docs_unique")',
    'op.drop_index_out_of_band("docs_temp", "docs")',
    'op.create_index_out_of_band("docs_kind", "docs", ["kind"], '
    "postgresql_where=sa.text(\"kind <> 'k3'\"))",
    'op.create_index_out_of_band("parts_path", "parts", ["path"])',
    f"op.create_index_out_of_band({INDEX!r}, {TABLE!r}, {list(COLUMNS)!r}, schema={SCHEMA!r})",
)
PLAINLY = (
    "CREATE INDEX docs_held ON docs (held(id))",
    "ALTER TABLE docs ADD CONSTRAINT docs_pkey PRIMARY KEY (id)",
    "CREATE INDEX docs_kind ON docs (kind) WHERE kind <> 'k3'",
    "CREATE INDEX parts_path ON parts (path)",
    f"CREATE INDEX {quote(INDEX)} ON {_HOSTILE} ({_KEYS})",
)

_ENV = """
from alembic import context
from sqlalchemy import create_engine, pool
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    context.run_migrations()
else:
    url = context.get_x_argument(as_dictionary=True)["url"]
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
_REVISION = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = {revision!r}, {before!r}
def upgrade():
    {body}
"""


def write_project(folder: Path) -> Path:
    """Write the tables (1) and what is wanted of them (2)."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[tool.outofband]\ninline_max_bytes = 0\n")
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (folder / "migrations" / "env.py").write_text(_ENV)
    tables = [f"op.execute({statement!r})" for statement in TABLES]
    before = None
    for revision, lines in (("1", tables), ("2", WANTED)):
        text = _REVISION.format(revision=revision, before=before, body="\n    ".join(lines))
        (versions / f"r{revision}.py").write_text(text)
        before = revision
    return folder
