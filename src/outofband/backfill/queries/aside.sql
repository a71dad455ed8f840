-- What is in quarantine: units, and rows of units that are done.
SELECT key AS unit, NULL AS key, reason, quarantined_at AS at, because
  FROM outofband.backfill_unit WHERE backfill = %(backfill)s AND quarantined_at IS NOT NULL
UNION ALL
SELECT unit, key, reason, at, because FROM outofband.backfill_quarantine WHERE backfill = %(backfill)s
 ORDER BY 4, 1, 2
