"""Runs the migrations of several databases, one after the other, one upgrade at a time on each.

`alembic -x database=NAME upgrade head` runs those of one.
"""

import os
import re
from logging.config import fileConfig

from alembic import context
from sqlalchemy import NullPool, create_engine

from outofband.deploy import guard

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

# The MetaData of each database's models, by its name, for `alembic revision --autogenerate`.
target_metadata = {}


def chosen() -> list[str]:
    names = re.split(r",\s*", config.get_main_option("databases") or "")
    only = context.get_x_argument(as_dictionary=True).get("database")
    return [name for name in names if only in (None, name)]


def database_url(name: str) -> str:
    given = os.environ.get(f"{name.upper()}_DATABASE_URL")
    url = given or config.get_section_option(name, "sqlalchemy.url") or ""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def options(name: str) -> dict:
    return {
        "target_metadata": target_metadata.get(name),
        "upgrade_token": f"{name}_upgrades",
        "downgrade_token": f"{name}_downgrades",
        # Each revision commits by itself, and gives back its locks.
        "transaction_per_migration": True,
    }


for name in chosen():
    if context.is_offline_mode():  # alembic upgrade --sql
        context.configure(url=database_url(name), literal_binds=True, **options(name))
        with context.begin_transaction():
            context.run_migrations(engine_name=name)
    else:
        with create_engine(database_url(name), poolclass=NullPool).connect() as connection:
            context.configure(connection=connection, **options(name))
            with guard(connection), context.begin_transaction():
                context.run_migrations(engine_name=name)
