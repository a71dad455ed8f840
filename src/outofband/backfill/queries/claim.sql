-- Take the largest open unit that nobody holds, of those that can be done here. One whose lease is over was held by
-- somebody who died at it: that counts as an attempt. Materialized, since a join may ask a subquery again for every row,
-- and each time the next unit is not locked yet (measured on 18).
WITH taken AS MATERIALIZED (
    SELECT free.key
      FROM unnest(CAST(%(places)s AS text[])) AS here(place),
           LATERAL (SELECT o.key
                      FROM outofband.backfill_unit AS o
                     WHERE o.backfill = %(backfill)s
                       AND o.place = here.place
                       AND o.done_at IS NULL
                       AND o.quarantined_at IS NULL
                       AND (o.owner IS NULL OR o.lease_until < clock_timestamp())
                       AND (o.retry_at IS NULL OR o.retry_at < clock_timestamp())
                     ORDER BY o.size_bytes DESC, o.key
                     LIMIT 1
                       FOR UPDATE SKIP LOCKED) AS free
     LIMIT 1
)
UPDATE outofband.backfill_unit AS u
   SET owner = CAST(%(owner)s AS uuid),
       holder = %(holder)s,
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
       attempts = u.attempts + CAST(u.owner IS NOT NULL AS int)
  FROM taken, outofband.backfill AS b
 WHERE u.backfill = %(backfill)s AND u.key = taken.key AND b.id = u.backfill AND b.status = 'active'
RETURNING u.key, u.place, u.size_rows, u.size_bytes, u.cursor, u.batch_rows, u.attempts
