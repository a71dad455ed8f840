-- Give a unit back that failed: for later, or, where it was tried too often or never will be done, to quarantine.
UPDATE outofband.backfill_unit
   SET owner = NULL, holder = NULL, lease_until = NULL,
       attempts = attempts + 1,
       reason = %(reason)s,
       retry_at = clock_timestamp() + make_interval(secs => %(pause)s),
       quarantined_at = CASE WHEN %(for_good)s OR attempts + 1 >= %(most)s THEN clock_timestamp() END
 WHERE backfill = %(backfill)s AND key = %(key)s AND owner = CAST(%(owner)s AS uuid)
RETURNING quarantined_at IS NOT NULL AS quarantined
