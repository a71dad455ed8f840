-- Let a backfill go on, one that was finished too, since its verdict may be an old one, which every host is asked about
-- again: what was quarantined too, where that is wanted, and the units of rows that were left out from their beginning.
-- What was given up stays so.
WITH before AS (SELECT id, finished_at FROM outofband.backfill WHERE id = %(backfill)s FOR UPDATE),
told AS (
    UPDATE outofband.backfill AS b SET status = 'active', finished_at = NULL FROM before WHERE b.id = before.id
    RETURNING b.id),
asked AS (
    UPDATE outofband.backfill_place AS p SET listed_at = NULL FROM before
     WHERE p.backfill = before.id AND before.finished_at IS NOT NULL),
again AS (
    DELETE FROM outofband.backfill_quarantine AS q USING told
     WHERE %(quarantined)s AND q.backfill = told.id AND q.abandoned_at IS NULL RETURNING q.unit)
UPDATE outofband.backfill_unit AS u
   SET quarantined_at = NULL, reason = NULL, attempts = 0, retry_at = NULL,
       cursor = CASE WHEN u.key IN (SELECT unit FROM again) THEN NULL ELSE u.cursor END,
       done_at = CASE WHEN u.key IN (SELECT unit FROM again) THEN NULL ELSE u.done_at END
  FROM told
 WHERE %(quarantined)s AND u.backfill = told.id
   AND ((u.quarantined_at IS NOT NULL AND u.abandoned_at IS NULL) OR u.key IN (SELECT unit FROM again))
