-- Renew the lease of a unit; no row where it is held by somebody else by now.
UPDATE outofband.backfill_unit
   SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE backfill = %(backfill)s AND key = %(key)s AND owner = CAST(%(owner)s AS uuid)
RETURNING 1 AS held
