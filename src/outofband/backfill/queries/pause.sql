-- What an operator wants of a backfill and of its way back. What is cancelled loses its leases with it: no batch in work
-- can commit any more.
WITH told AS (
    UPDATE outofband.backfill SET status = %(status)s, waits = NULL
     WHERE id = %(backfill)s AND finished_at IS NULL RETURNING id)
UPDATE outofband.backfill_unit AS u SET owner = NULL, holder = NULL, lease_until = NULL
  FROM told WHERE u.backfill = told.id AND %(status)s = 'cancelled' AND u.owner IS NOT NULL
