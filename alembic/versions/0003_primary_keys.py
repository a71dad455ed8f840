"""A primary key for each table, and the stand-ins go.

Three steps a table, and the order is outofband's to keep: the unique index is built beside the
stand-in, once the duplicates are gone; promoting it to the primary key takes milliseconds, and it
takes the key's name; the stand-in is dropped when both are done, so that no table is without an
index at any moment.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = {
    "lsif_data_metadata": ["dump_id"],
    "lsif_data_documents": ["dump_id", "path"],
    "lsif_data_result_chunks": ["dump_id", "idx"],
    "lsif_data_definitions": ["dump_id", "scheme", "identifier"],
    "lsif_data_references": ["dump_id", "scheme", "identifier"],
}


def upgrade():
    for table, columns in KEYS.items():
        op.create_index_out_of_band(f"{table}_unique", table, columns, unique=True)
        op.create_primary_key_out_of_band(
            f"{table}_pkey", table, columns, using_index=f"{table}_unique"
        )
        op.drop_index_out_of_band(f"{table}_temp", table)


def downgrade():
    for table, columns in KEYS.items():
        op.create_index_out_of_band(f"{table}_temp", table, columns)
        op.drop_index_out_of_band(f"{table}_pkey", table)
