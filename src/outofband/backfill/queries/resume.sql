-- Let a backfill go on, one that was finished too, since its verdict may be an old one: what was quarantined too, where that is wanted, and the units of rows that were left out from
-- their beginning.
WITH told AS (
    UPDATE outofband.backfill SET status = 'active', finished_at = NULL WHERE id = %(backfill)s RETURNING id),
again AS (
    DELETE FROM outofband.backfill_quarantine AS q USING told
     WHERE %(quarantined)s AND q.backfill = told.id RETURNING q.unit)
UPDATE outofband.backfill_unit AS u
   SET quarantined_at = NULL, reason = NULL, attempts = 0, retry_at = NULL,
       cursor = CASE WHEN u.key IN (SELECT unit FROM again) THEN NULL ELSE u.cursor END,
       done_at = CASE WHEN u.key IN (SELECT unit FROM again) THEN NULL ELSE u.done_at END
  FROM told
 WHERE %(quarantined)s AND u.backfill = told.id
   AND (u.quarantined_at IS NOT NULL OR u.key IN (SELECT unit FROM again))
