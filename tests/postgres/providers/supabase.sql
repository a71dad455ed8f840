-- Roles of Supabase, as its documentation lists them.
CREATE ROLE supabase_admin SUPERUSER;
CREATE ROLE supabase_auth_admin;
CREATE ROLE supabase_storage_admin;
CREATE ROLE authenticator;
CREATE ROLE anon;
CREATE ROLE authenticated;
CREATE ROLE service_role;
CREATE ROLE dashboard_user;
