-- Tell the planner of columns, as ANALYZE would: pg_statistic has five slots a column, and here the first
-- is for most common values, then histogram, correlation, elements and their counts (kinds 1 to 5 of
-- pg_statistic.h, the same in 14 to 18). The operators are those of the type's default btree class.
-- pg_restore_attribute_stats() would do it from 18 on only; one way for all is tested on all.
WITH said AS (
       SELECT *
         FROM jsonb_to_recordset(%(columns)s::jsonb) AS c(
              oid oid, name text, inherited boolean, n_distinct float4, null_frac float4, avg_width int,
              correlation float4, most_common_vals text, most_common_freqs float4[], histogram_bounds text,
              most_common_elems text, most_common_elem_freqs float4[], elem_count_histogram float4[])
),
there AS (
       SELECT said.*, a.attnum, a.atttypid AS type, a.atttypmod AS typmod, a.attcollation AS collation,
              element.oid AS element, element.typcollation AS element_collation
         FROM said
         JOIN pg_attribute AS a ON a.attrelid = said.oid AND a.attname = said.name AND a.attnum > 0
         JOIN pg_type AS t ON t.oid = a.atttypid
         LEFT JOIN pg_type AS element
                ON element.oid = CASE WHEN t.oid = 'tsvector'::regtype THEN 'text'::regtype
                                      WHEN t.typcategory = 'A' THEN t.typelem END
),
operators AS MATERIALIZED (
       SELECT DISTINCT ON (t.oid) t.oid AS type, lt.amopopr AS lt, eq.amopopr AS eq
         FROM pg_type AS t
         JOIN pg_type AS base ON base.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
         JOIN pg_opclass AS o ON o.opcdefault AND o.opcmethod = (SELECT am.oid FROM pg_am AS am WHERE am.amname = 'btree')
         JOIN pg_type AS input ON input.oid = o.opcintype
         JOIN pg_amop AS lt ON lt.amopfamily = o.opcfamily AND lt.amopstrategy = 1
                           AND lt.amoplefttype = o.opcintype AND lt.amoprighttype = o.opcintype
         JOIN pg_amop AS eq ON eq.amopfamily = o.opcfamily AND eq.amopstrategy = 3
                           AND eq.amoplefttype = o.opcintype AND eq.amoprighttype = o.opcintype
        WHERE t.oid IN (SELECT there.type FROM there UNION SELECT there.element FROM there)
          AND (o.opcintype = base.oid
               OR base.typcategory = 'A' AND o.opcintype = 'anyarray'::regtype
               OR base.typtype = 'e' AND o.opcintype = 'anyenum'::regtype
               OR base.typtype = 'r' AND o.opcintype = 'anyrange'::regtype
               OR base.typtype = 'm' AND o.opcintype = 'anymultirange'::regtype
               OR EXISTS (SELECT
                            FROM pg_cast AS k
                           WHERE k.castsource = base.oid AND k.casttarget = o.opcintype
                             AND k.castmethod = 'b' AND k.castcontext = 'i'))
        ORDER BY t.oid, o.opcintype = base.oid DESC, input.typispreferred DESC, o.opcintype
)
INSERT INTO pg_statistic (
       starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct,
       stakind1, stakind2, stakind3, stakind4, stakind5, staop1, staop2, staop3, staop4, staop5,
       stacoll1, stacoll2, stacoll3, stacoll4, stacoll5,
       stanumbers1, stanumbers3, stanumbers4, stanumbers5, stavalues1, stavalues2, stavalues4)
SELECT c.oid, c.attnum, c.inherited, c.null_frac, c.avg_width, c.n_distinct,
       CASE WHEN has.mcv THEN 1 ELSE 0 END,
       CASE WHEN has.histogram THEN 2 ELSE 0 END,
       CASE WHEN has.correlation THEN 3 ELSE 0 END,
       CASE WHEN has.elements THEN 4 ELSE 0 END,
       CASE WHEN has.counts THEN 5 ELSE 0 END,
       CASE WHEN has.mcv THEN op.eq ELSE 0 END,
       CASE WHEN has.histogram THEN op.lt ELSE 0 END,
       CASE WHEN has.correlation THEN op.lt ELSE 0 END,
       CASE WHEN has.elements THEN element_op.eq ELSE 0 END,
       CASE WHEN has.counts THEN element_op.eq ELSE 0 END,
       CASE WHEN has.mcv THEN c.collation ELSE 0 END,
       CASE WHEN has.histogram THEN c.collation ELSE 0 END,
       CASE WHEN has.correlation THEN c.collation ELSE 0 END,
       CASE WHEN has.elements THEN c.element_collation ELSE 0 END,
       CASE WHEN has.counts THEN c.element_collation ELSE 0 END,
       CASE WHEN has.mcv THEN c.most_common_freqs END,
       CASE WHEN has.correlation THEN ARRAY[c.correlation] END,
       CASE WHEN has.elements THEN c.most_common_elem_freqs END,
       CASE WHEN has.counts THEN c.elem_count_histogram END,
       array_in(textout(CASE WHEN has.mcv THEN c.most_common_vals END), c.type, c.typmod),
       array_in(textout(CASE WHEN has.histogram THEN c.histogram_bounds END), c.type, c.typmod),
       array_in(textout(CASE WHEN has.elements THEN c.most_common_elems END), c.element, -1)
  FROM there AS c
  LEFT JOIN operators AS op ON op.type = c.type
  LEFT JOIN operators AS element_op ON element_op.type = c.element
 CROSS JOIN LATERAL (
       SELECT op.eq IS NOT NULL AND c.most_common_vals IS NOT NULL AND c.most_common_freqs IS NOT NULL AS mcv,
              op.lt IS NOT NULL AND c.histogram_bounds IS NOT NULL AS histogram,
              op.lt IS NOT NULL AND c.correlation IS NOT NULL AS correlation,
              element_op.eq IS NOT NULL AND c.most_common_elems IS NOT NULL
                  AND c.most_common_elem_freqs IS NOT NULL AS elements,
              element_op.eq IS NOT NULL AND c.elem_count_histogram IS NOT NULL AS counts
       ) AS has
