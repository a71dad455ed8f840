-- Roles and a setting of Neon. That cloud_admin is a role, no page says.
CREATE ROLE cloud_admin SUPERUSER;
CREATE ROLE neon_superuser CREATEROLE CREATEDB;
SET neon.tenant_id = 'd3b0a8e4';
