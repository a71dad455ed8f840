-- Before anything goes back: nothing passes for finished any more, and nothing is done forth meanwhile.
WITH told AS (
    UPDATE outofband.backfill SET status = 'cancelled', finished_at = NULL, waits = NULL
     WHERE id = %(backfill)s RETURNING id)
UPDATE outofband.backfill_unit AS u SET owner = NULL, holder = NULL, lease_until = NULL
  FROM told WHERE u.backfill = told.id AND u.owner IS NOT NULL
