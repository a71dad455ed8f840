"""Workers on any number of hosts: Procrastinate tells them where there is work
(docs/decisions/0034).

::

    port.py     what a worker asks of whoever knows the backfills
    channel.py  the name of a host's queue
    due.py      which backfills a host is to be called to
    extra.py    whether Procrastinate is installed
    schema.py   its tables, in our schema
    jobs.py     the queue as one worker uses it
    worker.py   calls to work, works, and comes back when the server was away

A job is a call to work at a backfill on a host, and may be lost, doubled or late: that each unit is
done once is the doing of its row, written in the transaction of the data (:mod:`..backfill.state`).
"""
