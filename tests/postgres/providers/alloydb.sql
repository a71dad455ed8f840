-- Roles and a setting of AlloyDB for PostgreSQL, as its documentation lists them.
CREATE ROLE alloydbadmin SUPERUSER;
CREATE ROLE alloydbsuperuser CREATEROLE CREATEDB;
CREATE ROLE alloydbiamuser;
CREATE ROLE alloydbreplica;
SET alloydb.iam_authentication = 'off';
