-- What an operator has given up: units, and rows of units that are done.
SELECT key AS unit, NULL AS row FROM outofband.backfill_unit
 WHERE backfill = %(backfill)s AND abandoned_at IS NOT NULL
UNION ALL
SELECT unit, key FROM outofband.backfill_quarantine WHERE backfill = %(backfill)s AND abandoned_at IS NOT NULL
 ORDER BY 1, 2
