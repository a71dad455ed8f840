-- Roles and a setting of AlloyDB for PostgreSQL, as its documentation lists them.
CREATE ROLE alloydbsuperuser CREATEROLE CREATEDB LOGIN;
CREATE ROLE alloydbimportexport CREATEROLE CREATEDB;
CREATE ROLE alloydbagent CREATEROLE CREATEDB;
CREATE ROLE alloydbreplica REPLICATION;
CREATE ROLE alloydbiamuser;
SET alloydb.iam_authentication = 'off';
