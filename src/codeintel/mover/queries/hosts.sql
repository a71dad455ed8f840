SELECT host FROM lsif_roles WHERE 'sqlite' = ANY (stores)
UNION
SELECT host FROM lsif_moved_bundles
ORDER BY host
