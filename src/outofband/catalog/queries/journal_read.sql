-- The latest lines of the journal, the oldest of them first.
SELECT at, run::text AS run, role, version, event, step, kind, table_name, revision,
       outcome, why, seconds, phases, waits, sqlstates, table_bytes, index_bytes
  FROM (SELECT * FROM outofband.journal
         WHERE CAST(%(step)s AS text) IS NULL OR step = %(step)s
         ORDER BY id DESC
         LIMIT CAST(%(limit)s AS int)) AS latest
 ORDER BY id
