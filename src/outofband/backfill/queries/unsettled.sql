-- Units that are done, and whose files here have not been told.
SELECT key, place, size_rows, size_bytes
  FROM outofband.backfill_unit
 WHERE backfill = %(backfill)s AND done_at IS NOT NULL AND settled_at IS NULL
   AND place = ANY (CAST(%(places)s AS text[]))
 ORDER BY done_at
 LIMIT 1000
