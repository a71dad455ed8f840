-- What ANALYZE found of each column, and of each expression of an index, as far as the role may see it.
-- Values of rows only where they are asked for.
SELECT s.schemaname::text AS schema,
       s.tablename::text AS "table",
       s.attname::text AS name,
       s.inherited,
       s.n_distinct::float8 AS n_distinct,
       s.null_frac::float8 AS null_frac,
       s.avg_width,
       s.correlation::float8 AS correlation,
       CASE WHEN %(values)s THEN s.most_common_vals::text END AS most_common_vals,
       CASE WHEN %(values)s THEN s.most_common_freqs::float8[] END AS most_common_freqs,
       CASE WHEN %(values)s THEN s.histogram_bounds::text END AS histogram_bounds,
       CASE WHEN %(values)s THEN s.most_common_elems::text END AS most_common_elems,
       CASE WHEN %(values)s THEN s.most_common_elem_freqs::float8[] END AS most_common_elem_freqs,
       CASE WHEN %(values)s THEN s.elem_count_histogram::float8[] END AS elem_count_histogram
  FROM pg_stats AS s
  JOIN pg_namespace AS n ON n.nspname = s.schemaname
  JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.tablename
 WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I')
   AND n.nspname <> ALL (ARRAY['information_schema', %(ours)s::text])
   AND n.nspname !~ '^pg_'
 ORDER BY 1, 2, 3, 4
