-- Let every unit be done again from its beginning, and rows that were left out have another chance.
WITH forgotten AS (DELETE FROM outofband.backfill_quarantine WHERE backfill = %(backfill)s AND abandoned_at IS NULL)
UPDATE outofband.backfill_unit
   SET done_at = NULL, settled_at = NULL, cursor = NULL
 WHERE backfill = %(backfill)s AND done_at IS NOT NULL
