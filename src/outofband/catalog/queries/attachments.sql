-- Where partitions stand that are to be detached, by the names that their steps use: whether one is still a partition of
-- its table, whether a concurrent detach of it is pending, and what keeps Postgres from detaching it concurrently. What
-- is not a partition of that table, or not there, has no row.
SELECT asked.table_name, asked.partition_name,
       n.nspname::text AS schema, c.relname::text AS name,
       i.inhdetachpending AS pending,
       d.oid::regclass::text AS default_partition,
       (SELECT other.inhrelid::regclass::text
          FROM pg_inherits AS other
         WHERE other.inhparent = i.inhparent AND other.inhdetachpending AND other.inhrelid <> i.inhrelid
       ) AS other_pending
  FROM unnest(CAST(%(tables)s AS text[]), CAST(%(partitions)s AS text[])) AS asked(table_name, partition_name)
  JOIN pg_inherits AS i
    ON i.inhparent = to_regclass(asked.table_name) AND i.inhrelid = to_regclass(asked.partition_name)
  JOIN pg_class AS c ON c.oid = i.inhrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_partitioned_table AS p ON p.partrelid = i.inhparent
  LEFT JOIN pg_class AS d ON d.oid = p.partdefid
