"""``python -m codeintel demo``: the incident, replayed and cured on a real Postgres.

A user of the product like any other: it runs the commands ``alembic`` and ``outofband`` of its own
environment, while readers and writers go on as a role that may only SELECT and INSERT. What is
judged is written down: every request in a log (log.py), every row in the tables (census.py), both
compared by verdict.py. Its rooms::

    play.py      the acts in order, each in acts/; summary.py is the last
    stage.py     server, database, roles, and how the project's commands are run
    dumps.py     packages -> rows; load.py uploads them, some by multiplying.py
    traffic.py   a process of readers and a writer (client.py, questions.py); attendant.py sees
                 that it ends
    figures.py   p50 and p95 of a stretch of the log
    screen.py    what is shown of all this
"""
