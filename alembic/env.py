"""Runs the migrations on $DATABASE_URL, else on sqlalchemy.url of alembic.ini."""

import os

from alembic import context
from sqlalchemy import NullPool, create_engine

from outofband.deploy import guard

url = os.environ.get("DATABASE_URL") or context.config.get_main_option("sqlalchemy.url") or ""
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, transaction_per_migration=True)
    context.run_migrations()
else:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with guard(connection), context.begin_transaction():
            context.run_migrations()
