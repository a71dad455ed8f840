"""Dumps that are files still become rows in the background, on the hosts that hold the files.

Nothing of it happens in the deploy. docs/cut-over.md has the order in which readers, writers,
janitor and mover change; until then a store that is files is as right as one that is rows.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.backfill_out_of_band(
        "lsif_bundles",
        "lsif_data_metadata",
        spec="codeintel.mover.spec:BUNDLES",
        from_elsewhere=True,
    )


def downgrade():
    """What was moved stays; outofband backfill reverse makes it files again."""
