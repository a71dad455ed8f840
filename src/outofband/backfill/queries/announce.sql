-- Take down units that are not known yet.
WITH added AS (
    INSERT INTO outofband.backfill_unit (backfill, key, place, size_rows, size_bytes)
    SELECT %(backfill)s, key, place, size_rows, size_bytes
      FROM unnest(CAST(%(keys)s AS text[]), CAST(%(places)s AS text[]), CAST(%(rows)s AS bigint[]),
                  CAST(%(bytes)s AS bigint[])) AS unit(key, place, size_rows, size_bytes)
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) AS added FROM added
