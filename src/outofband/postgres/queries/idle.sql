-- Whether a session has had nothing to do for some seconds. Its state is NULL for a role that may not see it.
SELECT coalesce(a.state = 'idle', false)
       AND a.state_change < clock_timestamp() - make_interval(secs => CAST(%(seconds)s AS float8)) AS idle
  FROM pg_stat_activity AS a
 WHERE a.pid = CAST(%(pid)s AS int)
