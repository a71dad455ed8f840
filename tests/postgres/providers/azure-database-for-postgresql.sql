-- Roles and a setting of Azure Database for PostgreSQL, flexible server, as its documentation lists them.
CREATE ROLE azuresu SUPERUSER;
CREATE ROLE azure_pg_admin;
CREATE ROLE replication;
SET azure.extensions = 'PG_STAT_STATEMENTS';
