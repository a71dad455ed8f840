-- What the engine keeps of the backfills asked for.
SELECT b.name, b.schema, b.status, b.finished_at IS NOT NULL AS finished, b.done, b.total, b.unit, b.waits,
       u.open, u.running, u.bound, u.quarantined, u.reason, u.rows_per_second, u.bytes_per_second, u.open_bytes,
       (SELECT count(*) FROM outofband.backfill_quarantine AS q WHERE q.backfill = b.id) AS left_out
  FROM outofband.backfill AS b,
       LATERAL (SELECT count(*) FILTER (WHERE done_at IS NULL AND quarantined_at IS NULL) AS open,
                       count(*) FILTER (WHERE owner IS NOT NULL AND lease_until >= clock_timestamp()) AS running,
                       count(*) FILTER (WHERE done_at IS NULL AND quarantined_at IS NULL AND place <> '') AS bound,
                       count(*) FILTER (WHERE quarantined_at IS NOT NULL) AS quarantined,
                       min(reason) FILTER (WHERE quarantined_at IS NOT NULL) AS reason,
                       sum(rows_per_second) FILTER (WHERE owner IS NOT NULL AND lease_until >= clock_timestamp())
                           AS rows_per_second,
                       sum(bytes_per_second) FILTER (WHERE owner IS NOT NULL AND lease_until >= clock_timestamp())
                           AS bytes_per_second,
                       CAST(coalesce(sum(size_bytes - bytes) FILTER (WHERE done_at IS NULL), 0) AS bigint)
                           AS open_bytes
                  FROM outofband.backfill_unit
                 WHERE backfill = b.id) AS u
 WHERE NOT b.reverse AND b.name = ANY (CAST(%(names)s AS text[])) AND b.schema = ANY (CAST(%(schemas)s AS text[]))
