-- What an operator wants: of the way back where one is under way, else of the backfill itself; no row where that is
-- finished. What is cancelled loses its leases with it: no batch in work can commit any more.
WITH wanted AS (
    SELECT id FROM outofband.backfill
     WHERE name = %(name)s AND schema = %(schema)s AND finished_at IS NULL
     ORDER BY reverse DESC
     LIMIT 1),
told AS (
    UPDATE outofband.backfill AS b SET status = %(status)s, waits = NULL
      FROM wanted WHERE b.id = wanted.id RETURNING b.id, b.reverse),
freed AS (
    UPDATE outofband.backfill_unit AS u SET owner = NULL, holder = NULL, lease_until = NULL
      FROM told WHERE u.backfill = told.id AND %(status)s = 'cancelled' AND u.owner IS NOT NULL)
SELECT reverse FROM told
