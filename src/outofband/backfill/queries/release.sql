-- Give a unit back, for others or for later.
UPDATE outofband.backfill_unit
   SET owner = NULL, holder = NULL, lease_until = NULL
 WHERE backfill = %(backfill)s AND key = %(key)s AND owner = CAST(%(owner)s AS uuid)
