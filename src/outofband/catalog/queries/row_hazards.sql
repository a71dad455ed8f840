-- What stands between this session and moving rows of a table away, or, where %(action)s is INSERT, back. The bits of
-- tgtype are 4 for INSERT and 8 for DELETE (PostgreSQL 18, pg_trigger), ev_type is 3 and 4 (pg_rewrite).
WITH asked AS (
    SELECT c.oid, c.relkind, c.relreplident,
           CASE CAST(%(action)s AS text) WHEN 'DELETE' THEN 8 ELSE 4 END AS trigger_bit,
           CASE CAST(%(action)s AS text) WHEN 'DELETE' THEN '4' ELSE '3' END AS rule_event
      FROM pg_class AS c WHERE c.oid = CAST(CAST(%(table)s AS bigint) AS oid)),
published AS (
    SELECT p.*
      FROM asked
      CROSS JOIN LATERAL (
           SELECT asked.oid UNION SELECT relid FROM pg_partition_ancestors(asked.oid)) AS tree(oid)
      JOIN pg_class AS c ON c.oid = tree.oid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_publication_tables AS t ON t.schemaname = n.nspname AND t.tablename = c.relname
      JOIN pg_publication AS p ON p.pubname = t.pubname)
SELECT asked.relkind::text AS kind,
       row_security_active(asked.oid) AS hides_rows,
       ARRAY(SELECT t.tgname::text
               FROM pg_trigger AS t
              WHERE t.tgrelid = asked.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
                AND t.tgtype & asked.trigger_bit <> 0
              ORDER BY 1) AS triggers,
       ARRAY(SELECT r.rulename::text
               FROM pg_rewrite AS r
              WHERE r.ev_class = asked.oid AND r.ev_type::text = asked.rule_event AND r.ev_enabled <> 'D'
              ORDER BY 1) AS rules,
       -- PostgreSQL refuses a DELETE whose row it could not tell to the subscribers (18, Publication, Replica Identity).
       CASE WHEN asked.relreplident = 'f'
              OR EXISTS (SELECT FROM pg_index AS i
                          WHERE i.indrelid = asked.oid AND i.indisvalid
                            AND CASE asked.relreplident WHEN 'd' THEN i.indisprimary
                                     WHEN 'i' THEN i.indisreplident ELSE false END)
            THEN ARRAY[]::text[]
            ELSE ARRAY(SELECT DISTINCT p.pubname::text FROM published AS p WHERE p.pubdelete ORDER BY 1)
        END AS publications,
       ARRAY(SELECT p.pubname::text
               FROM pg_publication AS p WHERE p.puballtables AND p.pubinsert ORDER BY 1) AS publications_of_all,
       current_user::text AS role,
       has_table_privilege(asked.oid, CAST(%(action)s AS text)) AS may_write,
       has_table_privilege(asked.oid, 'SELECT') AS may_read,
       to_regclass(CAST(%(place)s AS text)) IS NOT NULL AS place_exists
  FROM asked
