"""What `apply` was told on its command line, and the command that goes on with the same work."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from outofband.cli.limits import Limits
from outofband.cli.options import Where
from outofband.runbook.duplicates.policy import Policy
from outofband.settings import Settings


@dataclass(frozen=True, slots=True)
class Orders:
    """What `apply` was told, beside which databases it is for."""

    only: tuple[str, ...]
    dealing: Policy
    parallel: int
    limits: Limits
    as_is: bool
    notify: str | None
    events: bool
    yes: bool

    def told(self, settings: Settings) -> str | None:
        """Return the command that is told of the end, None for none."""
        return self.notify if self.notify is not None else settings.notify

    def again(self, where: Where, *more: str) -> str:
        """Return the command that goes on with the same work; never with what may hold a password,
        which a URL may and so the value of any ``-x``.
        """
        words = ["outofband", "apply"]
        words += [word for config in where.configs for word in ("-c", config)]
        words += ["-n", where.name] if where.name != "alembic" else []
        named = (argument.partition("=")[0] for argument in where.x)
        words += [word for name in named for word in ("-x", f"{name}=...")]
        words += ["--to", where.to] if where.to else []
        words += [word for step in self.only for word in ("--only", step)]
        words += [*self.dealing.flags, *self.limits.words]
        words += ["--parallel", str(self.parallel)] if self.parallel > 1 else []
        words += ["--as-is"] if self.as_is else []
        words += more
        words += ["--database-url", "..."] if where.database_url else []
        return shlex.join(words)
