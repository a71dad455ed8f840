"""A project whose env.py connects to a production that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import indent

from outofband.rehearse.run import Ran

ELSEWHERE = "postgresql+psycopg://app:secret@db.invalid:5432/production?sslmode=verify-full"
ENV = """
from alembic import context
from sqlalchemy import create_engine, pool
url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
ASYNC_ENV = """
import asyncio
from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine
url = context.config.get_main_option("sqlalchemy.url")
def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
async def online():
    async with create_async_engine(url, poolclass=pool.NullPool).connect() as connection:
        await connection.run_sync(migrate)
asyncio.run(online())
"""
FOR_REAL = "if not op.get_context()._in_external_transaction"
"""What a revision asks that does something only on a server, and not while it is rendered."""
KILL = f"""
{FOR_REAL}:
    import os
    status = op.get_bind().exec_driver_sql("SELECT pg_read_file('postmaster.pid')").scalar()
    os.kill(int(status.split()[0]), 3)
    op.execute("SELECT pg_sleep(60)")
"""
"""What a revision does that ends its server as a crash would, and waits for that."""
REVISION = """
import time
import sqlalchemy as sa
from alembic import op
revision, down_revision = {revision!r}, {before!r}
def upgrade():
{upgrade}
def downgrade():
{downgrade}
"""


class Project:
    """A folder with revisions that follow one another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last: str | None = None
        (folder / "migrations" / "versions").mkdir(parents=True)
        self.configure()

    def configure(self, url: str = ELSEWHERE, env: str = ENV) -> None:
        ini = f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {url}\n"
        (self.folder / "alembic.ini").write_text(ini)
        (self.folder / "migrations" / "env.py").write_text(env)

    def revise(self, revision: str, upgrade: str, downgrade: str = "pass") -> Path:
        text = REVISION.format(
            revision=revision,
            before=self.last,
            upgrade=indent(upgrade, "    "),
            downgrade=indent(downgrade, "    "),
        )
        path = self.folder / "migrations" / "versions" / f"{revision}.py"
        path.write_text(text)
        self.last = revision
        return path


Run = Callable[..., list[Ran]]
