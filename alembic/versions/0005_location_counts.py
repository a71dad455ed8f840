"""How many locations a definition or reference has, and the version of its row.

As in 0004, the defaults fill the rows that are there without touching them, and are dropped.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("lsif_data_definitions", "lsif_data_references")


def upgrade():
    for table in TABLES:
        # outofband: allow[several-tables-locked] because all writers lock them in this order
        op.add_column(
            table, sa.Column("schema_version", sa.Integer(), nullable=False, server_default="1")
        )
        op.add_column(
            table, sa.Column("num_locations", sa.Integer(), nullable=False, server_default="0")
        )
        op.alter_column(table, "schema_version", server_default=None)
        op.alter_column(table, "num_locations", server_default=None)


def downgrade():
    for table in TABLES:
        op.drop_column(table, "num_locations")
        op.drop_column(table, "schema_version")
