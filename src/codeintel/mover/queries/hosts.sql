SELECT host FROM lsif_roles WHERE 'sqlite' = ANY (stores) AND role <> 'mover'
UNION
SELECT host FROM lsif_moved_bundles
ORDER BY host
