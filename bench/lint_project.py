"""A project of any number of Alembic revisions, the same for the same number.

The mix is that of an application some years old: tables, columns, indexes, foreign keys, types,
plain SQL, helpers imported from a module, now and then data. It upgrades without an error on an
empty database.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

INI = """[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s
sqlalchemy.url = postgresql+psycopg://app@db/app
"""
ENV_PY = """from alembic import context
from sqlalchemy import engine_from_config, pool

from app.models import metadata

config = context.config


def run_migrations_offline():
    url = config.get_main_option("sqlalchemy.url")
    context.configure(url=url, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    section = config.get_section(config.config_ini_section)
    connectable = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""
MODELS = """from sqlalchemy import MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""
HELPERS = '''"""What several revisions do the same way."""

import sqlalchemy as sa
from alembic import op


def add_audit_columns(table):
    for name in ("audited_at", "archived_at"):
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def touch_on_update(table):
    op.execute(
        f"""
        CREATE TRIGGER touch_{table} BEFORE UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
        """
    )
'''
REVISION = '''"""{title}

Revision ID: {revision}
Revises: {revises}
Create Date: {created}

"""
from alembic import op
import sqlalchemy as sa
{imports}
# revision identifiers, used by Alembic.
revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''
NOUNS = [
    "account",
    "order",
    "invoice",
    "item",
    "event",
    "session",
    "document",
    "user",
    "team",
    "project",
    "payment",
]
WORDS = [
    "state",
    "amount",
    "label",
    "note",
    "total",
    "position",
    "score",
    "origin",
    "region",
    "channel",
    "locale",
    "weight",
]
TYPES = ("sa.Integer()", "sa.BigInteger()", "sa.Text()", "sa.String(length=255)", "sa.Boolean()")


@dataclass
class _Table:
    name: str
    columns: list[str]
    indexes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Change:
    title: str
    upgrade: list[str]
    downgrade: list[str]
    imports: str = ""


class _History:
    """What the revisions so far have made, and one way to write each kind of the next one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tables: list[_Table] = []
        self.count = 0
        self.kinds: list[tuple[Callable[[], _Change], int]] = [
            (self.create_table, 16),
            (self.add_columns, 24),
            (self.create_index, 12),
            (self.concurrent_index, 4),
            (self.foreign_key, 8),
            (self.unique, 3),
            (self.alter_column, 8),
            (self.not_null, 5),
            (self.batch, 4),
            (self.drop_column, 4),
            (self.plain_sql, 6),
            (self.helper, 6),
            (self.enum, 3),
            (self.data, 4),
        ]

    def next(self) -> _Change:
        self.count += 1
        if len(self.tables) < 3:
            return self.create_table()
        makers, weights = zip(*self.kinds, strict=True)
        maker: Callable[[], _Change] = self.random.choices(makers, weights)[0]
        return maker()

    def _table(self) -> _Table:
        return self.random.choice(self.tables)

    def _new_column(self, table: _Table) -> str:
        name = f"{self.random.choice(WORDS)}_{self.count}_{len(table.columns)}"
        table.columns.append(name)
        return name

    def _column(self, table: _Table) -> str:
        return self.random.choice(table.columns) if table.columns else self._new_column(table)

    def create_table(self) -> _Change:
        table = _Table(f"{self.random.choice(NOUNS)}_{self.count}", [])
        lines = ["op.create_table(", f'    "{table.name}",']
        lines.append('    sa.Column("id", sa.BigInteger(), nullable=False),')
        for _ in range(self.random.randint(3, 8)):
            name, kind = self._new_column(table), self.random.choice(TYPES)
            lines.append(f'    sa.Column("{name}", {kind}, nullable={self.random.random() < 0.6}),')
        lines.append('    sa.Column("created_at", sa.DateTime(), server_default=sa.func.now()),')
        if self.tables:
            other = self._table().name
            lines.append(f'    sa.Column("{other}_id", sa.BigInteger(), nullable=True),')
            lines.append(f'    sa.ForeignKeyConstraint(["{other}_id"], ["{other}.id"]),')
        lines += ['    sa.PrimaryKeyConstraint("id"),', ")"]
        index = f"ix_{table.name}_created_at"
        lines.append(f'op.create_index("{index}", "{table.name}", ["created_at"])')
        self.tables.append(table)
        return _Change(f"create {table.name}", lines, [f'op.drop_table("{table.name}")'])

    def add_columns(self) -> _Change:
        table, lines, back = self._table(), [], []
        for _ in range(self.random.randint(1, 3)):
            name, kind = self._new_column(table), self.random.choice(TYPES)
            more = self.random.choice(["", "", ', server_default=sa.text("NULL")'])
            column = f'sa.Column("{name}", {kind}, nullable=True{more})'
            lines.append(f'op.add_column("{table.name}", {column})')
            back.append(f'op.drop_column("{table.name}", "{name}")')
        return _Change(f"add columns to {table.name}", lines, back)

    def create_index(self) -> _Change:
        table = self._table()
        name, column = f"ix_{self.count}", self._column(table)
        create = f'op.create_index("{name}", "{table.name}", ["{column}"])'
        drop = f'op.drop_index("{name}", table_name="{table.name}")'
        return _Change(f"index {table.name}", [create], [drop])

    def concurrent_index(self) -> _Change:
        table = self._table()
        name, column = f"ix_{self.count}", self._column(table)
        lines = [
            "with op.get_context().autocommit_block():",
            f'    op.create_index("{name}", "{table.name}", ["{column}"],',
            "                    postgresql_concurrently=True)",
        ]
        return _Change(f"index {table.name} concurrently", lines, [f'op.drop_index("{name}")'])

    def foreign_key(self) -> _Change:
        table, other = self._table(), self._table()
        column, name = self._new_column(table), f"fk_{self.count}"
        lines = [
            f'op.add_column("{table.name}", sa.Column("{column}", sa.BigInteger()))',
            f'op.create_foreign_key("{name}", "{table.name}", "{other.name}", '
            f'["{column}"], ["id"])',
        ]
        back = [f'op.drop_constraint("{name}", "{table.name}", type_="foreignkey")']
        return _Change(f"refer from {table.name} to {other.name}", lines, back)

    def unique(self) -> _Change:
        table = self._table()
        name, column = f"uq_{self.count}", self._column(table)
        lines = [f'op.create_unique_constraint("{name}", "{table.name}", ["{column}"])']
        back = [f'op.drop_constraint("{name}", "{table.name}")']
        return _Change(f"unique {column}", lines, back)

    def alter_column(self) -> _Change:
        table, name = self._table(), f"code_{self.count}"
        lines = [
            f'op.add_column("{table.name}", sa.Column("{name}", sa.String(length=40)))',
            f'op.alter_column("{table.name}", "{name}", type_=sa.String(length=200),',
            "                existing_type=sa.String(length=40))",
        ]
        return _Change(f"widen {name}", lines, [f'op.drop_column("{table.name}", "{name}")'])

    def not_null(self) -> _Change:
        table = self._table()
        name = self._new_column(table)
        lines = [
            f'op.add_column("{table.name}", sa.Column("{name}", sa.Integer(), nullable=True))',
            f'op.execute("UPDATE {table.name} SET {name} = 0 WHERE {name} IS NULL")',
            f'op.alter_column("{table.name}", "{name}", nullable=False)',
        ]
        return _Change(f"require {name}", lines, [f'op.drop_column("{table.name}", "{name}")'])

    def batch(self) -> _Change:
        table = self._table()
        name = self._new_column(table)
        lines = [
            f'with op.batch_alter_table("{table.name}") as batch:',
            f'    batch.add_column(sa.Column("{name}", sa.Text(), nullable=True))',
            f'    batch.create_index("ix_{self.count}", ["{name}"])',
        ]
        return _Change(f"batch {table.name}", lines, ["pass"])

    def drop_column(self) -> _Change:
        table = self._table()
        name = f"old_{self.count}"
        lines = [
            f'op.add_column("{table.name}", sa.Column("{name}", sa.Text(), nullable=True))',
            f'op.drop_column("{table.name}", "{name}")',
        ]
        return _Change(f"drop {name}", lines, ["pass"])

    def plain_sql(self) -> _Change:
        table = self._table()
        column, name = self._column(table), f"ck_{self.count}"
        lines = [
            'op.execute("""',
            f"    ALTER TABLE {table.name}",
            f"        ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID",
            '""")',
            f"op.execute(\"COMMENT ON COLUMN {table.name}.{column} IS 'see {name}'\")",
            f'op.execute("ALTER TABLE {table.name} ALTER COLUMN {column} SET STATISTICS 500")',
        ]
        back = [f'op.execute("ALTER TABLE {table.name} DROP CONSTRAINT {name}")']
        return _Change(f"check {column}", lines, back)

    def helper(self) -> _Change:
        name = f"log_{self.count}"
        lines = [
            f'op.create_table("{name}", sa.Column("id", sa.BigInteger(), primary_key=True))',
            f'add_audit_columns("{name}")',
            f'touch_on_update("{name}")',
        ]
        imports = "\nfrom app.helpers import add_audit_columns, touch_on_update\n"
        return _Change(f"log {name}", lines, [f'op.drop_table("{name}")'], imports)

    def enum(self) -> _Change:
        table, name = self._table(), f"kind_{self.count}"
        column = self._new_column(table)
        lines = [
            f'kind = postgresql.ENUM("open", "closed", name="{name}")',
            "kind.create(op.get_bind(), checkfirst=False)",
            f'op.add_column("{table.name}", sa.Column("{column}", kind, nullable=True))',
            f"op.execute(\"ALTER TYPE {name} ADD VALUE 'lost'\")",
        ]
        imports = "from sqlalchemy.dialects import postgresql\n"
        return _Change(f"kind of {table.name}", lines, ["pass"], imports)

    def data(self) -> _Change:
        table = self._table()
        column = self._new_column(table)
        lines = [
            f'op.add_column("{table.name}", sa.Column("{column}", sa.Text(), nullable=True))',
            f'rows = sa.table("{table.name}", sa.column("{column}", sa.Text()))',
            f'op.execute(rows.update().values({column}="none"))',
        ]
        return _Change(f"fill {column}", lines, ["pass"])


def write(folder: Path, count: int, seed: int = 11) -> None:
    """Write a project of ``count`` revisions into a folder."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "app").mkdir()
    for name, text in {
        "alembic.ini": INI,
        "pyproject.toml": "[tool.outofband]\n",
        "app/__init__.py": "",
        "app/models.py": MODELS,
        "app/helpers.py": HELPERS,
        "migrations/env.py": ENV_PY,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, text in _files(count, seed):
        (versions / name).write_text(text, encoding="utf-8")


def _files(count: int, seed: int) -> Iterator[tuple[str, str]]:
    history = _History(seed)
    revision, before = "", ""
    for number in range(count):
        before, revision = revision, f"{history.random.getrandbits(48):012x}"
        change = history.next()
        text = REVISION.format(
            title=change.title,
            revision=revision,
            revises=before,
            created=datetime(2020, 1, 1, 9) + timedelta(hours=20 * number),
            imports=change.imports,
            down_revision=f'"{before}"' if before else None,
            upgrade="\n".join("    " + line for line in change.upgrade),
            downgrade="\n".join("    " + line for line in change.downgrade),
        )
        yield f"{revision}_{change.title.replace(' ', '_')}.py", text
