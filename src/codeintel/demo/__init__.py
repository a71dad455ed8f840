"""``python -m codeintel demo``: the incident, replayed and cured on a real Postgres.

A user of the product like any other: it runs the commands ``alembic`` and ``outofband`` of its own
environment, while readers and writers go on as a role that may only SELECT and INSERT. What is
judged is written down: every request in a log (log.py), every row in the tables (census.py), both
compared by verdict.py. Its rooms::

    play.py      the acts, in order              acts.py      what happens in each
    dumps.py     packages -> rows to upload      load.py      the busy instance's uploads
    stage.py     server, database, roles         multiplying.py  the incident's inserter
    traffic.py   readers and writers, a process of their own, on a lead held by attendant.py
    figures.py   p50 and p95 from the log        screen.py    what is shown of all this
"""
