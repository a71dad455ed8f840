"""The five tables of the store, without indexes.

On the experimental branch each had one. They were lost on the way, and nobody saw it while the
tables were empty. The data is opaque to Postgres: one compressed blob a row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "lsif_data_metadata",
        sa.Column("dump_id", sa.Integer(), nullable=False),
        sa.Column("num_result_chunks", sa.Integer()),
    )
    op.create_table(
        "lsif_data_documents",
        sa.Column("dump_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary()),
    )
    op.create_table(
        "lsif_data_result_chunks",
        sa.Column("dump_id", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary()),
    )
    for table in ("lsif_data_definitions", "lsif_data_references"):
        op.create_table(
            table,
            sa.Column("dump_id", sa.Integer(), nullable=False),
            sa.Column("scheme", sa.Text(), nullable=False),
            sa.Column("identifier", sa.Text(), nullable=False),
            sa.Column("data", sa.LargeBinary()),
        )


def downgrade():
    op.drop_table("lsif_data_references")
    op.drop_table("lsif_data_definitions")
    op.drop_table("lsif_data_result_chunks")
    op.drop_table("lsif_data_documents")
    op.drop_table("lsif_data_metadata")
