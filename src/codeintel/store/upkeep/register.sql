INSERT INTO lsif_roles (role, host, pid, version, stores, mode)
VALUES ($1, $2, $3, $4, $5::text[], $6)
RETURNING id
