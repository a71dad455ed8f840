SELECT
    (
        SELECT count(*) FROM unnest($1::integer[]) AS file (dump_id)
        WHERE NOT EXISTS (SELECT FROM lsif_data_metadata AS m WHERE m.dump_id = file.dump_id)
        AND NOT EXISTS (SELECT FROM lsif_tombstones AS t WHERE t.dump_id = file.dump_id)
    ),
    (SELECT count(*) FROM lsif_data_metadata)
