-- Take back that a host was given up: its units are open again, and it has to list what it holds.
WITH place AS (
    UPDATE outofband.backfill_place SET abandoned_at = NULL, because = NULL, listed_at = NULL
     WHERE backfill = %(backfill)s AND place = %(place)s AND abandoned_at IS NOT NULL
    RETURNING 1),
unit AS (
    UPDATE outofband.backfill_unit
       SET abandoned_at = NULL, because = NULL, quarantined_at = NULL, reason = NULL, attempts = 0, retry_at = NULL
     WHERE backfill = %(backfill)s AND place = %(place)s AND abandoned_at IS NOT NULL
    RETURNING 1),
told AS (
    UPDATE outofband.backfill SET finished_at = NULL
     WHERE id = %(backfill)s AND (EXISTS (SELECT FROM place) OR EXISTS (SELECT FROM unit)))
SELECT (SELECT count(*) FROM place) + (SELECT count(*) FROM unit) AS count
