-- Before anything goes back: nothing passes for finished any more, and nothing is done forth meanwhile. A way back that was
-- paused or cancelled goes on.
WITH told AS (
    UPDATE outofband.backfill SET status = 'cancelled', finished_at = NULL, waits = NULL
     WHERE id = %(backfill)s RETURNING id),
back AS (
    UPDATE outofband.backfill SET status = 'active' WHERE name = %(name)s AND schema = %(schema)s AND reverse)
UPDATE outofband.backfill_unit AS u SET owner = NULL, holder = NULL, lease_until = NULL
  FROM told WHERE u.backfill = told.id AND u.owner IS NOT NULL
