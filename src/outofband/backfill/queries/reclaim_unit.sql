-- Take back that a unit, or rows of it, were given up: they are in quarantine again, and nothing is finished.
WITH unit AS (
    UPDATE outofband.backfill_unit SET abandoned_at = NULL, because = NULL
     WHERE backfill = %(backfill)s AND key = %(unit)s AND abandoned_at IS NOT NULL
    RETURNING 1),
row AS (
    UPDATE outofband.backfill_quarantine SET abandoned_at = NULL, because = NULL
     WHERE backfill = %(backfill)s AND unit = %(unit)s AND abandoned_at IS NOT NULL
    RETURNING 1),
told AS (
    UPDATE outofband.backfill SET finished_at = NULL
     WHERE id = %(backfill)s AND (EXISTS (SELECT FROM unit) OR EXISTS (SELECT FROM row)))
SELECT (SELECT count(*) FROM unit) + (SELECT count(*) FROM row) AS count
