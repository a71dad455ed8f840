"""Runs the migrations, one upgrade at a time."""

import os
import re
from logging.config import fileConfig

from alembic import context
from sqlalchemy import NullPool, create_engine

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
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


if context.is_offline_mode():  # alembic upgrade --sql
    context.configure(url=database_url(), literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(database_url(), poolclass=NullPool).connect() as connection:
        context.configure(connection=connection, **options)
        with guard(connection), context.begin_transaction():
            context.run_migrations()
