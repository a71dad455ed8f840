-- Roles and a setting of Neon, as its documentation lists them.
CREATE ROLE cloud_admin SUPERUSER;
CREATE ROLE neon_superuser CREATEROLE CREATEDB;
SET neon.tenant_id = 'd3b0a8e4';
