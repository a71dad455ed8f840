-- A build of this role that a run of ours began and does not look after any more: its client died, the server goes on.
-- A run that lives has a session beside its build, which says so in its name; names are shown to every role.
SELECT a.pid
  FROM pg_stat_activity AS a
 WHERE a.pid = CAST(%(pid)s AS int)
   AND a.usename = current_user
   AND starts_with(a.application_name, %(ours)s)
   AND NOT a.application_name LIKE '%%' || %(upgrade)s
   AND NOT EXISTS (SELECT FROM pg_stat_activity AS w WHERE w.application_name = %(watcher)s)
