-- Give up a unit that is in quarantine, or the rows of one that were left out; how many that were.
WITH unit AS (
    UPDATE outofband.backfill_unit SET abandoned_at = clock_timestamp(), because = %(because)s
     WHERE backfill = %(backfill)s AND key = %(unit)s AND quarantined_at IS NOT NULL
    RETURNING 1),
row AS (
    UPDATE outofband.backfill_quarantine SET abandoned_at = clock_timestamp(), because = %(because)s
     WHERE backfill = %(backfill)s AND unit = %(unit)s
    RETURNING 1)
SELECT (SELECT count(*) FROM unit) + (SELECT count(*) FROM row) AS count
