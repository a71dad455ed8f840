"""Runs the migrations on $DATABASE_URL, else on alembic.ini's sqlalchemy.url."""

import os

from outofband.deploy import guard
from sqlalchemy import create_engine
from alembic import context

url = os.environ.get("DATABASE_URL") or context.config.get_main_option("sqlalchemy.url", "postgresql+psycopg://")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
