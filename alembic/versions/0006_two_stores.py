"""What a store in two places is kept right by: tombstones, moved files, roles, the writers' mode.

For a while a dump may be a file, rows, or both. All four tables are small: a row a deleted dump, a
row a moved file, a row a process, one row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _now(column):
    return sa.Column(
        column, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
    )


def upgrade():
    # A tombstone lies on the files of a dump: whatever file there is of it, it is not the dump.
    op.create_table(
        "lsif_tombstones",
        sa.Column("dump_id", sa.Integer(), primary_key=True, autoincrement=False),
        _now("buried_at"),
    )
    # What a file was when its rows were committed: what the janitor compares before it deletes.
    op.create_table(
        "lsif_moved_bundles",
        sa.Column("dump_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        _now("moved_at"),
    )
    op.create_table(
        "lsif_roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("stores", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        _now("started_at"),
        _now("heartbeat_at"),
        sa.CheckConstraint(
            "role IN ('janitor', 'reader', 'mover', 'writer')", name="lsif_roles_role"
        ),
    )
    op.create_table(
        "lsif_mode",
        sa.Column("is_only", sa.Boolean(), server_default=sa.true(), primary_key=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.CheckConstraint("is_only", name="lsif_mode_is_one_row"),
        sa.CheckConstraint("mode IN ('sqlite', 'both', 'postgres')", name="lsif_mode_mode"),
    )
    # What writers did until this revision.
    op.execute("INSERT INTO lsif_mode (mode) VALUES ('postgres')")


def downgrade():
    op.drop_table("lsif_mode")
    op.drop_table("lsif_roles")
    op.drop_table("lsif_moved_bundles")
    op.drop_table("lsif_tombstones")
