-- What holds a name that an index wants: any relation of the schema, of whatever table.
SELECT asked.name AS asked, c.relkind::text AS kind, i.indrelid::bigint AS table_oid
  FROM unnest(CAST(%(names)s AS text[])) AS asked(name)
  JOIN pg_class AS c ON c.oid = to_regclass(asked.name)
  LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
