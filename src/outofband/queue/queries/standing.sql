-- How backfills stand for a host: what an operator wants of each, and whether a unit could be claimed there now.
SELECT b.name, b.schema, b.status,
       EXISTS (SELECT FROM outofband.backfill_unit AS u
                WHERE u.backfill = b.id
                  AND u.place = ANY (CAST(%(places)s AS text[]))
                  AND u.done_at IS NULL
                  AND u.quarantined_at IS NULL
                  AND (u.owner IS NULL OR u.lease_until < clock_timestamp())
                  AND (u.retry_at IS NULL OR u.retry_at < clock_timestamp())) AS claimable
  FROM outofband.backfill AS b
  JOIN unnest(CAST(%(names)s AS text[]), CAST(%(schemas)s AS text[])) AS asked(name, schema)
    ON asked.name = b.name AND asked.schema = b.schema
 WHERE NOT b.reverse
