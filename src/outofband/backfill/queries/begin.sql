-- Make the row of a backfill, or find it.
WITH made AS (
    INSERT INTO outofband.backfill (name, schema, reverse, spec)
    VALUES (%(name)s, %(schema)s, %(reverse)s, %(spec)s)
    ON CONFLICT (name, schema, reverse) DO UPDATE SET spec = excluded.spec
    RETURNING id, status, finished_at IS NOT NULL AS finished
)
SELECT id, status, finished FROM made
