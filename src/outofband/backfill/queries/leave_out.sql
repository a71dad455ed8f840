-- Take down rows that a batch left out.
INSERT INTO outofband.backfill_quarantine (backfill, unit, key, reason)
SELECT %(backfill)s, %(unit)s, key, reason
  FROM unnest(CAST(%(keys)s AS text[]), CAST(%(reasons)s AS text[])) AS row(key, reason)
ON CONFLICT (backfill, unit, key) DO UPDATE SET reason = excluded.reason, at = clock_timestamp()
