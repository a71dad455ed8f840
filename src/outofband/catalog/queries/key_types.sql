-- The columns of a table as a btree stores them: width of the type (-1 varies), alignment, what ANALYZE found of them
-- (NULLs where it never ran, or where the role may not read the column), and whether equal values are equal images, so
-- that duplicates share a tuple (PostgreSQL 18, B-Tree Indexes, Deduplication: support function 4, equalimage).
SELECT a.attname::text AS name,
       t.typlen::int AS length,
       CASE t.typalign WHEN 'c' THEN 1 WHEN 's' THEN 2 WHEN 'i' THEN 4 ELSE 8 END AS alignment,
       coalesce(co.collisdeterministic, true) AND EXISTS (
           SELECT
             FROM pg_opclass AS oc
             JOIN pg_amproc AS p ON p.amprocfamily = oc.opcfamily
                                AND p.amproclefttype = oc.opcintype
                                AND p.amprocrighttype = oc.opcintype
                                AND p.amprocnum = 4
            WHERE oc.opcmethod = (SELECT am.oid FROM pg_am AS am WHERE am.amname = 'btree')
              AND oc.opcdefault
              AND oc.opcintype = CASE
                      WHEN b.typtype = 'e' THEN 'anyenum'::regtype
                      WHEN b.oid = 'varchar'::regtype THEN 'text'::regtype
                      WHEN b.oid = 'cidr'::regtype THEN 'inet'::regtype
                      ELSE b.oid END) AS equal_images,
       s.avg_width::float8 AS width,
       s.null_frac::float8 AS null_fraction,
       s.n_distinct::float8 AS distinct_values
  FROM pg_attribute AS a
  JOIN pg_type AS t ON t.oid = a.atttypid
  JOIN pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
  LEFT JOIN pg_stats AS s
         ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
 WHERE a.attrelid = to_regclass(%(table)s)
   AND a.attnum > 0
   AND NOT a.attisdropped
