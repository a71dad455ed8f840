import os

from alembic import context
from sqlalchemy import NullPool, create_engine

from outofband.deploy import guard

if context.is_offline_mode():  # alembic upgrade --sql
    context.configure(dialect_name="postgresql", literal_binds=True, transaction_per_migration=True)
    context.run_migrations()
else:
    with create_engine(os.environ["DATABASE_URL"], poolclass=NullPool).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with guard(connection):
            context.run_migrations()
