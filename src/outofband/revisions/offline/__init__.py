"""What ``alembic upgrade --sql`` writes of a step, for a DBA to run: one file a family of steps;
:mod:`outofband.revisions.offline.block` puts them together.
"""
