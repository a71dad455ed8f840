"""How the deploy refuses: an exception for programs, an exit status for the ``alembic`` command."""

from __future__ import annotations

from outofband.deploy.say import say
from outofband.errors import NothingChanged


class DeployRefused(NothingChanged, SystemExit):
    """The upgrade stops here.

    A SystemExit too, because the ``alembic`` command shows a traceback for every exception it does
    not know, and the exit status has a meaning (docs/decisions/0006). ``except Exception`` catches
    it.
    """

    def __init__(self, what: str, *, why: str = "", do: str = "", state: str | None = None) -> None:
        super().__init__(what, why=why, do=do, state=state)
        self.code = self.exit_status
        # The interpreter prints nothing for a SystemExit with a status, so it is said here.
        say(str(self))
