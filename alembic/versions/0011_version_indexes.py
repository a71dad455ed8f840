"""The rows of one version of a dump, found by index.

The tables hold hundreds of gigabytes, so the indexes are built out of band: after the upgrade that
brings the column, since there is nothing to build before it.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("lsif_data_documents", "lsif_data_definitions", "lsif_data_references")


def upgrade():
    for table in TABLES:
        op.create_index_out_of_band(
            f"{table}_dump_id_schema_version", table, ["dump_id", "schema_version"]
        )


def downgrade():
    for table in TABLES:
        op.drop_index_out_of_band(f"{table}_dump_id_schema_version", table)
