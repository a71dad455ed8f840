-- Keep for those who look how far it is, and what it waits for.
UPDATE outofband.backfill
   SET done = coalesce(%(done)s, done), total = coalesce(%(total)s, total), unit = coalesce(%(unit)s, unit),
       waits = %(waits)s
 WHERE id = %(backfill)s
