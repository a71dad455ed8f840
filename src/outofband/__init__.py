"""Schema migrations for Alembic and Postgres whose slow steps run out of band.

Deploys change the schema in milliseconds; everything slow is a *step*, declared in a revision
and run by the runbook (``outofband status | plan | apply | check``).
"""

__all__ = ["ready"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outofband.readiness import ready


def __getattr__(name: str) -> object:
    """Import ``ready`` when it is asked for: a cached `outofband lint` has no 20 ms for it."""
    if name == "ready":
        from outofband.readiness import ready

        return ready
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
