"""What ``alembic upgrade head`` does: one upgrade at a time, short waits, inline or defer.

env.py wraps its migrations in :func:`guard`; the operations call :mod:`outofband.deploy.steps`.
Everything here goes through the one SQLAlchemy connection that Alembic was given.
"""

from outofband.deploy.guard import guard

__all__ = ["guard"]
