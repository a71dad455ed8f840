"""What ``alembic upgrade --sql`` writes of a step, for a DBA to run: one file a family of steps, and
:mod:`outofband.revisions.offline.block`, which puts them together.
"""
