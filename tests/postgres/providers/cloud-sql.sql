-- Roles and a setting of Cloud SQL for PostgreSQL. That cloudsqladmin is a role, no page says.
CREATE ROLE cloudsqladmin SUPERUSER;
CREATE ROLE cloudsqlsuperuser CREATEROLE CREATEDB;
CREATE ROLE cloudsqlimportexport;
CREATE ROLE cloudsqlreplica;
CREATE ROLE cloudsqlagent;
SET cloudsql.iam_authentication = 'off';
