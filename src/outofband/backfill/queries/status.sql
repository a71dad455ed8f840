-- What an operator wants of a backfill.
SELECT status FROM outofband.backfill WHERE id = %(backfill)s
