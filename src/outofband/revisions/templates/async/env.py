"""Runs the migrations through asyncpg, one upgrade at a time."""

import asyncio
import os
import re
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from outofband.deploy import guard

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

# The MetaData of your models, for `alembic revision --autogenerate`.
target_metadata = None

options = {
    "target_metadata": target_metadata,
    # Each revision commits by itself, and gives back its locks.
    "transaction_per_migration": True,
}


def database_url() -> str:
    url = os.environ.get("DATABASE_URL") or config.get_main_option("sqlalchemy.url") or ""
    return re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url)


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, **options)
    with guard(connection), context.begin_transaction():
        context.run_migrations()


async def online() -> None:
    engine = create_async_engine(database_url(), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():  # alembic upgrade --sql
    context.configure(url=database_url(), literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(online())
