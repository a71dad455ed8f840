"""An index for each table, not unique yet: what ends the sequential scans soonest.

By now the tables hold a terabyte, and a parallel writer may have written rows twice, which a unique
index would stumble over after hours. So these are stand-ins. On an empty database they are built
here; on a large one this revision is done in milliseconds and ``outofband apply`` builds them.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index_out_of_band("lsif_data_metadata_temp", "lsif_data_metadata", ["dump_id"])
    op.create_index_out_of_band(
        "lsif_data_documents_temp", "lsif_data_documents", ["dump_id", "path"]
    )
    op.create_index_out_of_band(
        "lsif_data_result_chunks_temp", "lsif_data_result_chunks", ["dump_id", "idx"]
    )
    op.create_index_out_of_band(
        "lsif_data_definitions_temp", "lsif_data_definitions", ["dump_id", "scheme", "identifier"]
    )
    op.create_index_out_of_band(
        "lsif_data_references_temp", "lsif_data_references", ["dump_id", "scheme", "identifier"]
    )


def downgrade():
    op.drop_index_out_of_band("lsif_data_references_temp", "lsif_data_references")
    op.drop_index_out_of_band("lsif_data_definitions_temp", "lsif_data_definitions")
    op.drop_index_out_of_band("lsif_data_result_chunks_temp", "lsif_data_result_chunks")
    op.drop_index_out_of_band("lsif_data_documents_temp", "lsif_data_documents")
    op.drop_index_out_of_band("lsif_data_metadata_temp", "lsif_data_metadata")
