"""A project in which nothing has a decent name, and all that the runbook can do is wanted."""

from __future__ import annotations

from pathlib import Path

from faults.project import COLUMNS, SCHEMA, TABLE, write_project
from outofband.model.names import MAX_IDENTIFIER_BYTES, QualifiedName, clip, quote

ORDER, GROUP = COLUMNS
STAND_IN = 'Order BY "%s"; -- \\'
UNIQUE = clip("%(u)s 'ä'  " + "€" * 30, MAX_IDENTIFIER_BYTES)
KEY = "PRIMARY KEY"
REPLACED = "Größe"
SPLIT = "user"
SPLIT_INDEX = clip("Ünïcödé %d " + "ß" * 30, MAX_IDENTIFIER_BYTES)
LEAVES = 'P "1" %', clip("it's " + "ö" * 40, MAX_IDENTIFIER_BYTES)
INNER = "{0}"

WHOLE = QualifiedName(TABLE, SCHEMA)
PARTED = QualifiedName(SPLIT, SCHEMA)
FIRST, SECOND = (QualifiedName(leaf, SCHEMA) for leaf in LEAVES)
_INNER = QualifiedName(INNER, SCHEMA)
_ORDER, _GROUP = map(quote, COLUMNS)

TABLES = (
    f"CREATE TABLE {PARTED} ({_ORDER} int NOT NULL, {_GROUP} text) PARTITION BY RANGE ({_ORDER})",
    f"CREATE TABLE {FIRST} PARTITION OF {PARTED} FOR VALUES FROM (0) TO (1000)",
    f"CREATE TABLE {_INNER} PARTITION OF {PARTED} FOR VALUES FROM (1000) TO (2000) "
    f"PARTITION BY RANGE ({_ORDER})",
    f"CREATE TABLE {SECOND} PARTITION OF {_INNER} FOR VALUES FROM (1000) TO (2000)",
    f"CREATE INDEX {quote(REPLACED)} ON {WHOLE} (tag DESC)",
)
EXTRA = 2
ROWS = (
    f"INSERT INTO {WHOLE} SELECT t.* FROM {WHOLE} AS t, generate_series(1, {EXTRA})",
    f"INSERT INTO {PARTED} SELECT n, 'p' || n FROM generate_series(1, 1999) AS n",
)
"""What is too many is moved in three batches."""

WANTED = (
    f"op.create_index_out_of_band({STAND_IN!r}, {TABLE!r}, [{ORDER!r}], **there)",
    f"op.create_index_out_of_band({UNIQUE!r}, {TABLE!r}, [{ORDER!r}], unique=True, **there)",
    f"op.create_primary_key_out_of_band({KEY!r}, {TABLE!r}, [{ORDER!r}], "
    f"using_index={UNIQUE!r}, **there)",
    f"op.drop_index_out_of_band({STAND_IN!r}, {TABLE!r}, **there)",
    f"op.drop_index_out_of_band({REPLACED!r}, {TABLE!r}, after=[], **there)",
    f"op.create_index_out_of_band({REPLACED!r}, {TABLE!r}, ['tag'], **there)",
    f"op.create_index_out_of_band({SPLIT_INDEX!r}, {SPLIT!r}, [{GROUP!r}], **there)",
)
UNDONE = (
    f"op.drop_index_out_of_band({SPLIT_INDEX!r}, {SPLIT!r}, **there)",
    f"op.drop_index_out_of_band({UNIQUE!r}, {TABLE!r}, **there)",
)
PLAINLY = (
    f"ALTER TABLE {WHOLE} ADD CONSTRAINT {quote(KEY)} PRIMARY KEY ({_ORDER})",
    f"DROP INDEX {QualifiedName(REPLACED, SCHEMA)}",
    f"CREATE INDEX {quote(REPLACED)} ON {WHOLE} (tag)",
    f"CREATE INDEX {quote(SPLIT_INDEX)} ON {PARTED} ({_GROUP})",
)

_REVISION = """
from alembic import op
revision, down_revision = "3", "2"
there = {{"schema": {schema!r}}}
def upgrade():
    {up}
def downgrade():
    {down}
"""


_LATER = """
from alembic import op
revision, down_revision = "4", "3"
def upgrade():
    op.execute({table!r}.join(("ALTER TABLE ", " ADD CONSTRAINT noted CHECK (true) NOT VALID")))
def downgrade():
    op.execute({table!r}.join(("ALTER TABLE ", " DROP CONSTRAINT noted")))
"""
_GUARDED = (
    "with context.begin_transaction():",
    "from outofband.deploy import guard\n"
    "        with guard(connection), context.begin_transaction():",
)


def write_estate(folder: Path) -> Path:
    """Write the project of the fault suite, two revisions on top of it, and a guard around them."""
    write_project(folder)
    up, down = "\n    ".join(WANTED), "\n    ".join(UNDONE)
    text = _REVISION.format(schema=SCHEMA, up=up, down=down)
    (folder / "migrations" / "versions" / "r3.py").write_text(text)
    (folder / "migrations" / "versions" / "r4.py").write_text(_LATER.format(table=str(WHOLE)))
    env = folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace(*_GUARDED))
    return folder
