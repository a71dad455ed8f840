-- What the engine keeps of the backfills asked for.
SELECT b.name, b.schema, b.status, b.finished_at IS NOT NULL AS finished, b.done, b.total, b.unit, b.waits,
       u.open, u.running, u.bound, u.quarantined, u.reason, u.rows_per_second, u.bytes_per_second, u.open_bytes,
       q.left_out, u.abandoned + q.abandoned AS abandoned, p.listed, p.awaited
  FROM outofband.backfill AS b,
       LATERAL (SELECT count(*) FILTER (WHERE done_at IS NULL AND quarantined_at IS NULL) AS open,
                       count(*) FILTER (WHERE owner IS NOT NULL AND lease_until >= clock_timestamp()) AS running,
                       count(*) FILTER (WHERE done_at IS NULL AND quarantined_at IS NULL AND place <> '') AS bound,
                       count(*) FILTER (WHERE quarantined_at IS NOT NULL AND abandoned_at IS NULL) AS quarantined,
                       count(*) FILTER (WHERE abandoned_at IS NOT NULL) AS abandoned,
                       min(reason) FILTER (WHERE quarantined_at IS NOT NULL AND abandoned_at IS NULL) AS reason,
                       sum(rows_per_second) FILTER (WHERE owner IS NOT NULL AND lease_until >= clock_timestamp())
                           AS rows_per_second,
                       sum(bytes_per_second) FILTER (WHERE owner IS NOT NULL AND lease_until >= clock_timestamp())
                           AS bytes_per_second,
                       CAST(coalesce(sum(size_bytes - bytes) FILTER (WHERE done_at IS NULL AND abandoned_at IS NULL), 0) AS bigint)
                           AS open_bytes
                  FROM outofband.backfill_unit
                 WHERE backfill = b.id) AS u,
       LATERAL (SELECT count(*) FILTER (WHERE abandoned_at IS NULL) AS left_out,
                       count(*) FILTER (WHERE abandoned_at IS NOT NULL) AS abandoned
                  FROM outofband.backfill_quarantine WHERE backfill = b.id) AS q,
       LATERAL (SELECT coalesce(array_agg(place) FILTER (WHERE listed_at IS NOT NULL OR abandoned_at IS NOT NULL), '{}')
                           AS listed,
                       coalesce(array_agg(place) FILTER (WHERE listed_at IS NULL AND abandoned_at IS NULL), '{}')
                           AS awaited
                  FROM outofband.backfill_place WHERE backfill = b.id) AS p
 WHERE NOT b.reverse AND b.name = ANY (CAST(%(names)s AS text[])) AND b.schema = ANY (CAST(%(schemas)s AS text[]))
