-- Every index of the tables: flags, keys in order, owner, parent. indnullsnotdistinct is new in 15, hence the json.
SELECT i.indrelid::bigint AS table_oid,
       i.indexrelid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind::text AS kind,
       i.indisvalid AS valid,
       i.indisready AS ready,
       i.indislive AS live,
       i.indisunique AS is_unique,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,
       am.amname::text AS method,
       pg_get_expr(i.indpred, i.indrelid) AS predicate,
       owner.conname::text AS constraint_name,
       owner.contype::text AS constraint_type,
       NOT i.indimmediate AS deferrable,
       i.indisreplident AS replica_identity,
       coalesce(referencing.names, ARRAY[]::text[]) AS referenced_by,
       parent.relname::text AS parent_name,
       parent_schema.nspname::text AS parent_schema,
       pg_relation_size(i.indexrelid)::bigint AS bytes,
       k.columns, k.texts, k.classes, k.default_classes, k.collation_oids, k.collations, k.options,
       ARRAY(SELECT a.attname::text
               FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS included(attnum, position)
               JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = included.attnum
              WHERE included.position > i.indnkeyatts
              ORDER BY included.position) AS include
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_am AS am ON am.oid = c.relam
  LEFT JOIN pg_constraint AS owner
         ON owner.conindid = i.indexrelid AND owner.conrelid = i.indrelid AND owner.contype IN ('p', 'u', 'x')
  LEFT JOIN (SELECT conindid, array_agg(conname::text ORDER BY conname) AS names
               FROM pg_constraint
              WHERE contype = 'f' AND conparentid = 0
              GROUP BY conindid) AS referencing
         ON referencing.conindid = i.indexrelid
  LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
  LEFT JOIN pg_class AS parent ON parent.oid = h.inhparent
  LEFT JOIN pg_namespace AS parent_schema ON parent_schema.oid = parent.relnamespace
 CROSS JOIN LATERAL (
       SELECT array_agg(a.attname::text ORDER BY p) AS columns,
              array_agg(pg_get_indexdef(i.indexrelid, p, false) ORDER BY p) AS texts,
              array_agg(oc.opcname::text ORDER BY p) AS classes,
              array_agg(oc.opcdefault ORDER BY p) AS default_classes,
              array_agg(i.indcollation[p - 1]::bigint ORDER BY p) AS collation_oids,
              array_agg(co.collname::text ORDER BY p) AS collations,
              array_agg(i.indoption[p - 1]::int ORDER BY p) AS options
         FROM generate_series(1, i.indnkeyatts) AS p
         JOIN pg_opclass AS oc ON oc.oid = i.indclass[p - 1]
         LEFT JOIN pg_collation AS co ON co.oid = i.indcollation[p - 1]
         LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p - 1] AND a.attnum > 0
       ) AS k
 WHERE i.indrelid = ANY (CAST(%(tables)s AS bigint[]))
 ORDER BY i.indrelid, c.relname
