-- Tell the planner of pages and rows. What partitions are under has no pages of its own.
UPDATE pg_class AS c
   SET relpages = CASE WHEN c.relkind IN ('p', 'I') THEN c.relpages ELSE said.pages END,
       reltuples = said.tuples,
       relallvisible = CASE WHEN c.relkind IN ('p', 'I') THEN c.relallvisible ELSE said.all_visible END
  FROM unnest(%(oids)s::oid[], %(pages)s::int[], %(tuples)s::float4[], %(all_visible)s::int[])
       AS said(oid, pages, tuples, all_visible)
 WHERE c.oid = said.oid
