"""What this checkout or this release does not know: a revision of the database's, an operation of a
revision's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version

from alembic import op
from alembic.runtime.migration import MigrationContext
from alembic.script.revision import ResolutionError

from outofband.deploy.say import say
from outofband.errors import StateUnknown
from outofband.revisions.stop import UpgradeMisused

_DISTRIBUTION = "alembic-outofband"
_INSTALL = "Install the release that the revision was written for: pip install -U alembic-outofband"
_OURS = re.compile(r"\w+_out_of_band")


class RevisionUnknown(StateUnknown, SystemExit):
    """The database is at a revision that no file of this checkout has.

    A SystemExit too, as :class:`.stop.UpgradeMisused` is.
    """

    default_state = "Nothing was changed"

    def __init__(self, what: str, *, why: str = "", do: str = "") -> None:
        super().__init__(what, why=why, do=do)
        self.code = self.exit_status
        say(str(self))


class OperationUnknown(UpgradeMisused):
    """A revision calls an operation of a later release of outofband."""


def require_known(context: MigrationContext, heads: Iterable[str]) -> None:
    """Raise RevisionUnknown where the database is at a revision without a file."""
    script = context.script
    for head in heads if script is not None else ():
        assert script is not None
        try:
            script.revision_map.get_revision(head)
        except ResolutionError:
            raise RevisionUnknown(
                f"the database is at revision {head}",
                why="this checkout has no such revision: a later release has been deployed, or the"
                " revision was removed or belongs to another branch",
                do="Deploy the release that has it; to go back, run its `alembic downgrade`",
            ) from None


def missing(name: str) -> AttributeError:
    """Return what ``op.NAME`` raises where there is no such operation."""
    error = AttributeError(f"module 'alembic.op' has no attribute {name!r}", name=name, obj=op)
    why = lacking(error)
    return error if why is None else AttributeError(f"{why}. {_INSTALL}", name=name)


def operation_unknown(error: AttributeError, where: str) -> OperationUnknown | None:
    """Return the refusal for an ``op.…_out_of_band`` that is missing; None for any other error."""
    if (why := lacking(error)) is None:
        return None
    return OperationUnknown(
        f"{where} calls op.{error.name}",
        why=why,
        do=_INSTALL,
    )


def lacking(error: BaseException) -> str | None:
    """Return why an operation of ours is missing; None for an error that is about none."""
    if not isinstance(error, AttributeError) or not _OURS.fullmatch(str(error.name)):
        return None
    installed = f"{_DISTRIBUTION} {version(_DISTRIBUTION)}"
    return f"{installed}, which is installed, has no {error.name}"
