"""The mover: bundles become rows, each in one transaction, and their files become backups.

::

    tables.py    what a table is called in a bundle, and what in Postgres
    source.py    a file, read-only, in one state, with what is wrong with it
    checksum.py  the tally of rows, computed on both sides
    compare.py   two sides, compared by their tallies
    packets.py   rows as binary COPY has them, read ahead of the server
    transfer.py  rows by binary COPY; those that the server refuses, one by one
    standing.py  how a dump stands, under its lock
    copy.py      the first transaction: rows, tallies compared, record, metadata last
    retire.py    the second one: the rename
    move.py      both, for one bundle
    workers.py   several processes that move
    reverse.py   the way back
    audit.py     what was moved, compared again
    spec.py      the move and the way back, for outofband's engine
"""
