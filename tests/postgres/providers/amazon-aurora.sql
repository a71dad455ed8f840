-- Amazon Aurora has the roles and the setting of RDS, and functions of its own.
CREATE ROLE rdsadmin SUPERUSER;
CREATE ROLE rds_superuser;
CREATE ROLE rds_iam;
SET rds.extensions = 'pg_stat_statements';
CREATE FUNCTION aurora_version() RETURNS text LANGUAGE sql RETURN '16.4.1';
