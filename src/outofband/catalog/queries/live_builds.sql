-- Who builds, drops or repairs an index on tables, or on parts of them, that are named or whose index is: a session
-- that holds ShareUpdateExclusive and is no vacuum. Which index, another role's session tells by its locks and by what
-- is INVALID (pg_stat_progress_create_index hides relid and index_relid from roles that may not read its statistics).
WITH RECURSIVE asked AS (
    SELECT coalesce(i.indrelid, c.oid) AS oid
      FROM unnest(CAST(%(names)s AS text[])) AS n(name)
      JOIN pg_class AS c ON c.oid = to_regclass(n.name)
      LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
), family AS (
    SELECT oid FROM asked
    UNION
    SELECT h.inhrelid FROM pg_inherits AS h JOIN family AS f ON f.oid = h.inhparent
)
SELECT l.pid,
       CAST(CAST(l.relation AS regclass) AS text) AS table_name,
       a.application_name,
       p.phase,
       (SELECT CAST(CAST(i.indexrelid AS regclass) AS text)
          FROM pg_index AS i
         WHERE i.indrelid = l.relation
           AND (i.indexrelid = p.index_relid OR NOT i.indisvalid)
         ORDER BY i.indexrelid = p.index_relid DESC NULLS LAST,
                  EXISTS (SELECT FROM pg_locks AS h WHERE h.pid = l.pid AND h.relation = i.indexrelid) DESC,
                  i.indexrelid DESC
         LIMIT 1) AS index_name
  FROM pg_locks AS l
  JOIN family AS f ON f.oid = l.relation
  JOIN pg_stat_activity AS a ON a.pid = l.pid
  LEFT JOIN pg_stat_progress_create_index AS p ON p.pid = l.pid
 WHERE l.locktype = 'relation'
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.mode = 'ShareUpdateExclusiveLock'
   AND l.granted
   AND l.pid <> pg_backend_pid()
   AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum AS v WHERE v.pid = l.pid)
   AND NOT EXISTS (SELECT FROM pg_stat_progress_analyze AS z WHERE z.pid = l.pid)
 ORDER BY p.pid IS NULL, l.pid
 LIMIT 1
