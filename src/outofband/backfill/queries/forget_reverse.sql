-- What went back is to be done forth again: from its beginning, and the way back with it.
WITH back AS (
    DELETE FROM outofband.backfill WHERE name = %(name)s AND schema = %(schema)s AND reverse RETURNING 1)
UPDATE outofband.backfill_unit
   SET done_at = NULL, settled_at = NULL, cursor = NULL
 WHERE backfill = %(backfill)s AND EXISTS (SELECT FROM back)
