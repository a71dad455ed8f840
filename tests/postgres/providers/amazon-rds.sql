-- Roles and a setting of Amazon RDS for PostgreSQL 16, as its documentation lists them.
CREATE ROLE rdsadmin SUPERUSER;
CREATE ROLE rds_superuser;
CREATE ROLE rds_replication;
CREATE ROLE rds_password;
CREATE ROLE rds_iam;
CREATE ROLE rds_ad;
CREATE ROLE rdsrepladmin;
SET rds.extensions = 'pg_stat_statements';
