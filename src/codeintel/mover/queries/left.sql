SELECT waiting.dump_id
FROM unnest($1::integer[]) WITH ORDINALITY AS waiting (dump_id, place)
LEFT JOIN lsif_moved_bundles AS moved USING (dump_id)
WHERE NOT EXISTS (SELECT FROM lsif_tombstones AS t WHERE t.dump_id = waiting.dump_id)
AND (
    moved.dump_id IS NOT NULL
    OR (SELECT mode FROM lsif_mode) = 'postgres'
    OR NOT EXISTS (SELECT FROM lsif_data_metadata AS m WHERE m.dump_id = waiting.dump_id)
)
ORDER BY waiting.place
