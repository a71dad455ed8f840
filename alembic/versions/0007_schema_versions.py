"""Where the versions of a dump's rows will stand, a row a dump, and what will keep them.

Whoever looks for dumps that a backfill has still to touch must not read every row of them. What
keeps the bounds is a trigger for each statement: one for each row made 800,000 rows take over an
hour instead of a minute. The triggers are in revisions of their own, a table each (0008 to 0010),
since each locks its table.

The functions act as their owner, so that a writer which has never heard of these tables needs no
rights to them; and so nobody else may put them on a table of his own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("lsif_data_documents", "lsif_data_definitions", "lsif_data_references")

# One function for all three: the bounds of lsif_x are in lsif_x_schema_versions.
WIDEN = """
CREATE FUNCTION lsif_widen_schema_versions() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO %1$I.%2$I AS bounds (dump_id, min_schema_version, max_schema_version)
        SELECT dump_id, min(schema_version), max(schema_version)
        FROM new_rows GROUP BY dump_id ORDER BY dump_id
        ON CONFLICT (dump_id) DO UPDATE SET
            min_schema_version = least(bounds.min_schema_version, excluded.min_schema_version),
            max_schema_version = greatest(bounds.max_schema_version, excluded.max_schema_version)',
        TG_TABLE_SCHEMA, TG_TABLE_NAME || '_schema_versions'
    );
    RETURN NULL;
END
$$
"""

DROP = """
CREATE FUNCTION lsif_drop_schema_versions() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'DELETE FROM %1$I.%2$I AS bounds
        WHERE dump_id IN (SELECT dump_id FROM old_rows)
        AND NOT EXISTS (SELECT FROM %1$I.%3$I AS stored WHERE stored.dump_id = bounds.dump_id)',
        TG_TABLE_SCHEMA, TG_TABLE_NAME || '_schema_versions', TG_TABLE_NAME
    );
    RETURN NULL;
END
$$
"""


def upgrade():
    for table in TABLES:
        op.create_table(
            f"{table}_schema_versions",
            sa.Column("dump_id", sa.Integer(), primary_key=True, autoincrement=False),
            sa.Column("min_schema_version", sa.Integer(), nullable=False),
            sa.Column("max_schema_version", sa.Integer(), nullable=False),
        )
        # PostgreSQL keeps 63 bytes of a name: "…_dump_id_schema_version_bounds" would be cut.
        op.create_index(
            f"{table}_schema_versions_bounds",
            f"{table}_schema_versions",
            ["dump_id", "min_schema_version", "max_schema_version"],
        )
    op.execute(WIDEN)
    op.execute(DROP)
    op.execute("REVOKE EXECUTE ON FUNCTION lsif_widen_schema_versions() FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION lsif_drop_schema_versions() FROM PUBLIC")


def downgrade():
    op.execute("DROP FUNCTION lsif_drop_schema_versions()")
    op.execute("DROP FUNCTION lsif_widen_schema_versions()")
    for table in TABLES:
        op.drop_table(f"{table}_schema_versions")
