"""From here on the versions of a dump's references are kept.

Its bounds widen where rows come, move with versions that are changed, and go where the last of its
rows go. What is there already, a backfill enters.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "lsif_data_references"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    # outofband: allow[trigger-created-on-large-table] because it costs a statement, not a row
    op.execute(f"""
        CREATE TRIGGER lsif_widen_schema_versions AFTER INSERT ON {TABLE}
        REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION lsif_widen_schema_versions()
    """)
    # outofband: allow[trigger-created-on-large-table] because it costs a statement, not a row
    op.execute(f"""
        CREATE TRIGGER lsif_drop_schema_versions AFTER DELETE ON {TABLE}
        REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION lsif_drop_schema_versions()
    """)
    # outofband: allow[trigger-created-on-large-table] because it costs a statement, not a row
    op.execute(f"""
        CREATE TRIGGER lsif_move_schema_versions AFTER UPDATE ON {TABLE}
        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION lsif_move_schema_versions()
    """)


def downgrade():
    op.execute(f"DROP TRIGGER lsif_move_schema_versions ON {TABLE}")
    op.execute(f"DROP TRIGGER lsif_drop_schema_versions ON {TABLE}")
    op.execute(f"DROP TRIGGER lsif_widen_schema_versions ON {TABLE}")
