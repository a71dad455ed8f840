"""The barrier: ``op.require_step``."""

from __future__ import annotations

from alembic.operations import MigrateOperation, Operations

from outofband.revisions.operations.declaration import checked


class RequireStepOp(MigrateOperation):
    """A barrier: the revision goes on only when a step is done."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def require_step(cls, operations: Operations, name: str) -> None:
        """Refuse to go on until the step ``name`` of an earlier revision is done.

        It stands first in its revision. The revisions finished before it stay finished: they are
        committed before ``alembic`` ends with status 3 and the command that does the step.
        """
        operations.invoke(cls(checked(name, "require_step")))
