-- What is left to do, by whom.
SELECT b.status,
       b.finished_at IS NOT NULL AS finished,
       count(u.key) FILTER (WHERE u.done_at IS NULL AND u.quarantined_at IS NULL) AS open,
       count(u.key) FILTER (WHERE u.done_at IS NULL AND u.quarantined_at IS NULL
                              AND u.place = ANY (CAST(%(places)s AS text[]))) AS here,
       count(u.key) FILTER (WHERE u.quarantined_at IS NOT NULL AND u.abandoned_at IS NULL) AS quarantined,
       count(u.key) FILTER (WHERE u.abandoned_at IS NOT NULL)
         + (SELECT count(*) FROM outofband.backfill_quarantine AS q
             WHERE q.backfill = b.id AND q.abandoned_at IS NOT NULL) AS abandoned,
       (SELECT count(*) FROM outofband.backfill_quarantine AS q
         WHERE q.backfill = b.id AND q.abandoned_at IS NULL) AS left_out,
       (SELECT coalesce(array_agg(p.place ORDER BY p.place), '{}') FROM outofband.backfill_place AS p
         WHERE p.backfill = b.id AND p.listed_at IS NULL AND p.abandoned_at IS NULL) AS unheard
  FROM outofband.backfill AS b
  LEFT JOIN outofband.backfill_unit AS u ON u.backfill = b.id
 WHERE b.id = %(backfill)s
 GROUP BY b.id
