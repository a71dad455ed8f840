-- Take down what a batch did, in its own transaction; no row where the unit is held by somebody else by now.
UPDATE outofband.backfill_unit AS u
   SET cursor = CAST(%(cursor)s AS jsonb),
       rows = u.rows + %(rows)s,
       bytes = u.bytes + %(bytes)s,
       batch_rows = %(batch_rows)s,
       rows_per_second = %(rows_per_second)s,
       bytes_per_second = %(bytes_per_second)s,
       attempts = 0,
       retry_at = NULL,
       reason = NULL,
       done_at = CASE WHEN %(done)s THEN clock_timestamp() END,
       owner = CASE WHEN NOT %(done)s THEN u.owner END,
       holder = CASE WHEN NOT %(done)s THEN u.holder END,
       lease_until = CASE WHEN NOT %(done)s THEN clock_timestamp() + make_interval(secs => %(lease)s) END
  FROM outofband.backfill AS b
 WHERE u.backfill = %(backfill)s AND u.key = %(key)s AND u.owner = CAST(%(owner)s AS uuid)
   AND u.done_at IS NULL AND u.quarantined_at IS NULL AND b.id = u.backfill AND b.status <> 'cancelled'
RETURNING b.status
