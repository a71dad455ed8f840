"""How many diagnostics a document has, beside its blob, and the version of its row.

A constant default is stored once for all rows that are there (PostgreSQL 18, ALTER TABLE, ADD
COLUMN): no rewrite, milliseconds. It is dropped at once, so that a writer which does not know the
columns fails instead of writing ones and zeros.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE = "lsif_data_documents"


def upgrade():
    op.add_column(
        TABLE, sa.Column("schema_version", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column(
        TABLE, sa.Column("num_diagnostics", sa.Integer(), nullable=False, server_default="0")
    )
    op.alter_column(TABLE, "schema_version", server_default=None)
    op.alter_column(TABLE, "num_diagnostics", server_default=None)


def downgrade():
    op.drop_column(TABLE, "num_diagnostics")
    op.drop_column(TABLE, "schema_version")
