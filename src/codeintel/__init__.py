"""The code-intelligence store of the incident: LSIF dumps in, definitions and references out.

The application whose tables the revisions in ``alembic/`` make and change. It is a real program,
so that what is shown with it happens to real rows, and it is no part of the distribution. Its
rooms, in the order in which a dump goes through them::

    index_python/   an installed Python package   -> an LSIF dump
    lsif/           an LSIF dump                  -> a bundle (bundle.py)
    worker.py       a bundle                      -> rows, rows -> Postgres
    store/          Postgres                      -> definitions, references, hovers by position
"""
