"""How an operation stops an upgrade whose revision or configuration is wrong."""

from __future__ import annotations

from outofband.errors import Misuse


class UpgradeMisused(Misuse, SystemExit):
    """The running revision, or the project's settings, cannot mean what they say.

    A SystemExit too, so that the ``alembic`` command ends with status 2 and no traceback;
    ``except Exception`` catches it.
    """

    default_state = "This revision's transaction is rolled back"

    def __init__(self, what: str, *, why: str = "", do: str = "", state: str | None = None) -> None:
        super().__init__(what, why=why, do=do, state=state)
        self.code = self.exit_status
        from outofband.deploy.say import say  # not before: Alembic loads us on every import

        # The interpreter prints nothing for a SystemExit with a status, so it is said here.
        say(str(self))
