"""The versions of the dumps that were there before the triggers, entered in the background.

Nothing of it happens in the deploy: reading every row of a terabyte for its version takes hours
without the indexes of 0011, and minutes with them, so the backfill waits for these.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("lsif_data_documents", "lsif_data_definitions", "lsif_data_references")


def upgrade():
    op.backfill_out_of_band(
        "lsif_schema_versions",
        "lsif_data_metadata",
        spec="codeintel.schema_versions:SEED",
        after=[f"{table}_dump_id_schema_version" for table in TABLES],
    )


def downgrade():
    """What was entered stays true: it goes with its tables (0007)."""
