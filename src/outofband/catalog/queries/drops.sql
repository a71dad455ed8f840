-- Tables that are to be dropped, or columns of them (column_name, '' for the table): the foreign keys that go first,
-- what depends on them and keeps Postgres from dropping them, the functions whose text names the table, when somebody
-- last read it, and what the deploy asks for. What is not there has no row.
--
-- own: what goes along by itself, by pg_depend (PostgreSQL 18, pg_depend). last_read_seconds: by the statistics of the
-- table, its partitions and their indexes, which tell it since 16; NULL where nobody has, or where that is not told.
-- made_here: by the transaction that asks, since that alone sees a row whose xmin is in progress; the system column's
-- row is never written again.
WITH RECURSIVE asked AS (
    SELECT to_regclass(table_name)::oid AS oid, table_name, column_name
      FROM unnest(CAST(%(tables)s AS text[]), CAST(%(columns)s AS text[])) AS asked(table_name, column_name)),
target AS (
    SELECT asked.*, a.attnum, a.attnotnull, a.attidentity, a.attgenerated, a.atthasdef
      FROM asked
      LEFT JOIN pg_attribute AS a
        ON a.attrelid = asked.oid AND a.attname = asked.column_name AND a.attnum > 0 AND NOT a.attisdropped
     WHERE asked.oid IS NOT NULL AND (asked.column_name = '' OR a.attnum IS NOT NULL)),
own AS (
    SELECT table_name, column_name, 'pg_class'::regclass::oid AS classid, oid AS objid, coalesce(attnum, 0)::int AS objsubid
      FROM target
    UNION
    SELECT own.table_name, own.column_name, d.classid, d.objid, d.objsubid
      FROM own
      JOIN pg_depend AS d
        ON d.refclassid = own.classid AND d.refobjid = own.objid
       AND (own.objsubid = 0 OR d.refobjsubid = own.objsubid)
     WHERE d.deptype IN ('a', 'i', 'P', 'S')
       AND NOT (d.classid = own.classid AND d.objid = own.objid)),
needed AS (
    SELECT DISTINCT own.table_name, own.column_name,
           CASE WHEN r.oid IS NOT NULL THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
                ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END AS what
      FROM own
      JOIN pg_depend AS d
        ON d.refclassid = own.classid AND d.refobjid = own.objid
       AND (own.objsubid = 0 OR d.refobjsubid = own.objsubid)
      LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
     WHERE d.deptype = 'n'
       AND NOT (d.classid = 'pg_constraint'::regclass
                AND EXISTS (SELECT FROM pg_constraint AS k WHERE k.oid = d.objid AND k.contype = 'f'))
       AND NOT EXISTS (SELECT FROM own AS along
                        WHERE along.table_name = own.table_name AND along.column_name = own.column_name
                          AND along.classid = d.classid AND along.objid = d.objid
                          AND along.objsubid IN (0, d.objsubid)))
SELECT target.table_name, target.column_name, c.relkind::text AS kind,
       target.attnotnull AND NOT target.atthasdef AND target.attidentity = '' AND target.attgenerated = ''
       AND NOT EXISTS (SELECT FROM pg_constraint AS k
                        WHERE k.conrelid = target.oid AND k.contype = 'p' AND target.attnum = ANY (k.conkey))
         AS needs_value,
       EXISTS (SELECT FROM pg_attribute AS a
                 JOIN pg_locks AS l
                   ON l.locktype = 'transactionid' AND l.pid = pg_backend_pid() AND l.transactionid = a.xmin
                WHERE a.attrelid = target.oid AND a.attname = 'tableoid') AS made_here,
       ARRAY(SELECT DISTINCT needed.what
               FROM needed
              WHERE needed.table_name = target.table_name AND needed.column_name = target.column_name
              ORDER BY 1) AS dependents,
       ARRAY(SELECT pg_describe_object('pg_proc'::regclass, p.oid, 0)
               FROM pg_proc AS p
              WHERE target.column_name = ''
                AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
                AND NOT EXISTS (SELECT FROM pg_depend AS d
                                 WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
                AND p.prosrc ~* ('\m' || regexp_replace(c.relname, '(\W)', '\\\1', 'g') || '\M')
              ORDER BY 1) AS mentions,
       (SELECT coalesce(json_agg(json_build_array(n.nspname, r.relname, k.conname) ORDER BY n.nspname, r.relname, k.conname), '[]')
          FROM pg_constraint AS k
          JOIN pg_class AS r ON r.oid = k.conrelid
          JOIN pg_namespace AS n ON n.oid = r.relnamespace
         WHERE k.contype = 'f'
           AND k.conparentid = 0
           AND CASE WHEN target.column_name = ''
                    THEN (k.confrelid IN (SELECT target.oid UNION SELECT relid FROM pg_partition_tree(target.oid))
                          OR k.conrelid IN (SELECT target.oid UNION SELECT relid FROM pg_partition_tree(target.oid)))
                         AND k.conrelid <> k.confrelid
                    ELSE k.confrelid = target.oid AND target.attnum = ANY (k.confkey)
                         OR k.conrelid = target.oid AND target.attnum = ANY (k.conkey) END) AS foreign_keys,
       (SELECT coalesce(json_agg(json_build_array(n.nspname, x.relname) ORDER BY n.nspname, x.relname), '[]')
               FROM pg_index AS i
               JOIN pg_class AS x ON x.oid = i.indexrelid
               JOIN pg_namespace AS n ON n.oid = x.relnamespace
              WHERE i.indrelid = target.oid
                AND EXISTS (SELECT FROM pg_depend AS d
                             WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                               AND d.refclassid = 'pg_class'::regclass AND d.refobjid = target.oid
                               AND d.refobjsubid = target.attnum)
                AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype <> 'f')
       ) AS indexes,
       (SELECT extract(epoch FROM clock_timestamp() - max(read.at))::float8
          FROM (SELECT target.oid UNION SELECT relid FROM pg_partition_tree(target.oid)) AS part(oid)
         CROSS JOIN LATERAL (
               SELECT (to_jsonb(t) ->> 'last_seq_scan')::timestamptz AS at FROM pg_stat_all_tables AS t WHERE t.relid = part.oid
               UNION ALL
               SELECT (to_jsonb(x) ->> 'last_idx_scan')::timestamptz FROM pg_stat_all_indexes AS x WHERE x.relid = part.oid) AS read
         WHERE target.column_name = '') AS last_read_seconds
  FROM target
  JOIN pg_class AS c ON c.oid = target.oid
