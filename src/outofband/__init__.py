"""Schema migrations for Alembic and Postgres whose slow steps run out of band.

Deploys change the schema in milliseconds; everything slow is a *step*, declared in a revision
and run by the runbook (``outofband status | plan | apply | check``).
"""

__all__ = ["ready", "ready_async"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outofband.readiness import ready, ready_async
else:  # hidden from a type checker, to which a module with __getattr__ has every name

    def __getattr__(name: str) -> object:
        """Import what is asked for only then: a cached `outofband lint` has no 20 ms for it."""
        if name in __all__:
            from outofband import readiness

            return getattr(readiness, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
