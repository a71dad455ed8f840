"""Schema migrations for Alembic and Postgres whose slow steps run out of band.

Deploys change the schema in milliseconds; everything slow is a *step*, declared in a revision
and run by the runbook (``outofband status | plan | apply | check``).
"""

from outofband.ready import ready

__all__ = ["ready"]
