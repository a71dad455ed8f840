-- What a database holds beside rows, an object a row: its kind, its name, and all that defines it.
-- Where a column stands among the others does not count: one that was dropped and is made again
-- stands last.
WITH own AS (
    SELECT oid, nspname FROM pg_namespace
     WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'outofband')
), relation AS (
    SELECT c.*, quote_ident(o.nspname) || '.' || quote_ident(c.relname) AS name
      FROM pg_class c JOIN own o ON o.oid = c.relnamespace
)
SELECT 'schema' AS kind, quote_ident(nspname) AS name, '' AS definition FROM own
UNION ALL
SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                    WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'composite type' ELSE 'table' END,
       name,
       concat_ws(' ', relpersistence, reloptions::text,
                 CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
                 CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END,
                 CASE WHEN relispartition THEN pg_get_expr(relpartbound, oid) END,
                 CASE WHEN relrowsecurity THEN 'row security' END)
  FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
UNION ALL
SELECT 'column', r.name || '.' || quote_ident(a.attname),
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                 'default ' || pg_get_expr(d.adbin, d.adrelid), nullif(a.attidentity::text, ''),
                 nullif(a.attgenerated::text, ''),
                 CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END)
  FROM relation r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE r.relkind IN ('r', 'p', 'f', 'c')
UNION ALL
SELECT CASE WHEN i.indisvalid THEN 'index' ELSE 'invalid index' END, r.name,
       pg_get_indexdef(i.indexrelid)
  FROM relation r JOIN pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'constraint', r.name || '.' || quote_ident(c.conname), pg_get_constraintdef(c.oid)
  FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
 WHERE c.contype <> 'n'
UNION ALL
SELECT 'trigger', r.name || '.' || quote_ident(t.tgname), pg_get_triggerdef(t.oid) || t.tgenabled::text
  FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'policy', r.name || '.' || quote_ident(p.polname),
       concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                 pg_get_expr(p.polwithcheck, p.polrelid))
  FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT 'statistics', quote_ident(s.stxname), pg_get_statisticsobjdef(s.oid)
  FROM pg_statistic_ext s JOIN own o ON o.oid = s.stxnamespace
UNION ALL
SELECT 'function', p.oid::regprocedure::text,
       CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END
  FROM pg_proc p JOIN own o ON o.oid = p.pronamespace
 WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range' END,
       t.oid::regtype::text,
       concat_ws(' ', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
                 CASE WHEN t.typnotnull THEN 'not null' END, t.typdefault,
                 (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                    FROM pg_enum e WHERE e.enumtypid = t.oid),
                 (SELECT string_agg(pg_get_constraintdef(c.oid), ', ' ORDER BY c.conname)
                    FROM pg_constraint c WHERE c.contypid = t.oid))
  FROM pg_type t JOIN own o ON o.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r')
UNION ALL
SELECT 'extension', quote_ident(extname), '' FROM pg_extension WHERE extname <> 'plpgsql'
UNION ALL
SELECT 'comment on column', r.name || coalesce('.' || quote_ident(a.attname), ''), d.description
  FROM relation r
  JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = r.oid
  LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = d.objsubid AND d.objsubid > 0
 ORDER BY 1, 2, 3
