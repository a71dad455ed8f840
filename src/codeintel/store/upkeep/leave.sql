DELETE FROM lsif_roles WHERE id = $1
