-- Take down hosts that have to list what they hold before anything is finished.
INSERT INTO outofband.backfill_place (backfill, place)
SELECT %(backfill)s, place FROM unnest(CAST(%(places)s AS text[])) AS expected(place)
ON CONFLICT DO NOTHING
