-- Give up a host for good: its units that are not done, and what it has not listed. How many units that were, none where
-- nobody knows the host.
WITH place AS (
    UPDATE outofband.backfill_place SET abandoned_at = clock_timestamp(), because = %(because)s
     WHERE backfill = %(backfill)s AND place = %(place)s
    RETURNING 1),
unit AS (
    UPDATE outofband.backfill_unit
       SET quarantined_at = coalesce(quarantined_at, clock_timestamp()),
           reason = coalesce(reason, 'its host was given up'),
           abandoned_at = clock_timestamp(), because = %(because)s,
           owner = NULL, holder = NULL, lease_until = NULL
     WHERE backfill = %(backfill)s AND place = %(place)s AND done_at IS NULL
    RETURNING 1)
SELECT (SELECT count(*) FROM place) + (SELECT count(*) FROM unit) AS count
