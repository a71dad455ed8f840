-- Roles and a setting of Cloud SQL for PostgreSQL, as its documentation lists them.
CREATE ROLE cloudsqladmin SUPERUSER;
CREATE ROLE cloudsqlsuperuser CREATEROLE CREATEDB;
CREATE ROLE cloudsqlimportexport;
CREATE ROLE cloudsqlreplica;
CREATE ROLE cloudsqlagent;
SET cloudsql.iam_authentication = 'off';
