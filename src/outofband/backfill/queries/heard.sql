-- Take down that hosts have listed what they hold.
INSERT INTO outofband.backfill_place (backfill, place, listed_at)
SELECT %(backfill)s, place, clock_timestamp() FROM unnest(CAST(%(places)s AS text[])) AS listing(place)
ON CONFLICT (backfill, place) DO UPDATE SET listed_at = excluded.listed_at
