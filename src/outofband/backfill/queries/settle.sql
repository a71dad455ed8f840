-- Take down that what had to follow a unit has been done.
UPDATE outofband.backfill_unit SET settled_at = clock_timestamp() WHERE backfill = %(backfill)s AND key = %(key)s
