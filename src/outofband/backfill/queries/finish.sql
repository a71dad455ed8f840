-- The verdict, in the transaction of the query that it rests on; not while a unit is open, here or on another host, nor
-- while a host has not listed what it holds.
UPDATE outofband.backfill AS b
   SET finished_at = clock_timestamp(), done = %(done)s, total = %(total)s, unit = %(unit)s, waits = NULL
 WHERE b.id = %(backfill)s AND b.status <> 'cancelled'
   AND NOT EXISTS (SELECT FROM outofband.backfill_unit AS u
                    WHERE u.backfill = b.id AND u.done_at IS NULL AND u.quarantined_at IS NULL)
   AND NOT EXISTS (SELECT FROM outofband.backfill_place AS p
                    WHERE p.backfill = b.id AND p.listed_at IS NULL AND p.abandoned_at IS NULL)
RETURNING 1 AS finished
