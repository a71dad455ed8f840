-- What is left to do, by whom.
SELECT b.status,
       b.finished_at IS NOT NULL AS finished,
       count(u.key) FILTER (WHERE u.done_at IS NULL AND u.quarantined_at IS NULL) AS open,
       count(u.key) FILTER (WHERE u.done_at IS NULL AND u.quarantined_at IS NULL
                              AND u.place = ANY (CAST(%(places)s AS text[]))) AS here,
       count(u.key) FILTER (WHERE u.quarantined_at IS NOT NULL) AS quarantined,
       (SELECT count(*) FROM outofband.backfill_quarantine AS q WHERE q.backfill = b.id) AS left_out
  FROM outofband.backfill AS b
  LEFT JOIN outofband.backfill_unit AS u ON u.backfill = b.id
 WHERE b.id = %(backfill)s
 GROUP BY b.id
