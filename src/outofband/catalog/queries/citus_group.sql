-- The group of this node: 0 is the coordinator (Citus, pg_dist_local_group).
SELECT groupid FROM pg_catalog.pg_dist_local_group
