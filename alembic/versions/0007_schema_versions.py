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

# Bounds widen first, which locks them: the second statement sees what others have changed by then.
# A statement that leaves the versions of a dump between the same ends has moved nothing.
MOVE = """
CREATE FUNCTION lsif_move_schema_versions() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moved integer[];
BEGIN
    SELECT array_agg(DISTINCT dump_id) INTO moved
    FROM (SELECT dump_id, min(schema_version) AS lowest, max(schema_version) AS highest
          FROM old_rows GROUP BY dump_id) AS before
    FULL JOIN (SELECT dump_id, min(schema_version) AS lowest, max(schema_version) AS highest
               FROM new_rows GROUP BY dump_id) AS after USING (dump_id)
    WHERE (before.lowest, before.highest) IS DISTINCT FROM (after.lowest, after.highest);
    IF moved IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'INSERT INTO %1$I.%2$I AS bounds (dump_id, min_schema_version, max_schema_version)
        SELECT dump_id, min(schema_version), max(schema_version)
        FROM (
            SELECT dump_id, schema_version FROM old_rows
            UNION ALL SELECT dump_id, schema_version FROM new_rows
        ) AS touched
        WHERE dump_id = ANY ($1) GROUP BY dump_id ORDER BY dump_id
        ON CONFLICT (dump_id) DO UPDATE SET
            min_schema_version = least(bounds.min_schema_version, excluded.min_schema_version),
            max_schema_version = greatest(bounds.max_schema_version, excluded.max_schema_version)',
        TG_TABLE_SCHEMA, TG_TABLE_NAME || '_schema_versions'
    ) USING moved;
    EXECUTE format(
        'UPDATE %1$I.%2$I AS bounds
        SET min_schema_version = lowest.schema_version, max_schema_version = highest.schema_version
        FROM unnest($1) AS moved (dump_id)
        CROSS JOIN LATERAL (
            SELECT schema_version FROM %1$I.%3$I AS stored WHERE stored.dump_id = moved.dump_id
            ORDER BY schema_version LIMIT 1
        ) AS lowest
        CROSS JOIN LATERAL (
            SELECT schema_version FROM %1$I.%3$I AS stored WHERE stored.dump_id = moved.dump_id
            ORDER BY schema_version DESC LIMIT 1
        ) AS highest
        WHERE bounds.dump_id = moved.dump_id',
        TG_TABLE_SCHEMA, TG_TABLE_NAME || '_schema_versions', TG_TABLE_NAME
    ) USING moved;
    EXECUTE format(
        'DELETE FROM %1$I.%2$I AS bounds WHERE dump_id = ANY ($1)
        AND NOT EXISTS (SELECT FROM %1$I.%3$I AS stored WHERE stored.dump_id = bounds.dump_id)',
        TG_TABLE_SCHEMA, TG_TABLE_NAME || '_schema_versions', TG_TABLE_NAME
    ) USING moved;
    RETURN NULL;
END
$$
"""

FUNCTIONS = (
    "lsif_widen_schema_versions()",
    "lsif_drop_schema_versions()",
    "lsif_move_schema_versions()",
)


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
    op.execute(MOVE)
    for function in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")


def downgrade():
    for function in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {function}")
    for table in TABLES:
        op.drop_table(f"{table}_schema_versions")
