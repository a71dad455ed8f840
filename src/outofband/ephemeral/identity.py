"""Who runs the server: PostgreSQL refuses to run as root.

In this order: the user itself when it is not root; the user itself behind another number, in a
user namespace (no file is copied or changed, it works below a home directory of mode 700, but a
default Docker container forbids it); the account ``postgres`` or ``nobody``, which root may become.
"""

from __future__ import annotations

import functools
import os
import pwd
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from outofband.errors import NothingChanged

ACCOUNTS = ("postgres", "nobody")


class NoUserForServer(NothingChanged):
    """PostgreSQL refuses to run as the present user, and there is no way to be another one."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How a program is run so that it is not root.

    ``prefix`` stands before its arguments. ``user`` and ``group`` are what root becomes, or None.
    ``reaches_binaries`` is False when the folders above the binaries are closed to that account.
    """

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    reaches_binaries: bool = True

    @property
    def account(self) -> dict[str, Any]:
        """What :class:`subprocess.Popen` must be told, beside ``prefix``."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make everything in ``folder`` belong to this identity, if it is another account."""
        if self.user is None or self.group is None:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.user, self.group, follow_symlinks=False)


def resolve(postgres: Path) -> Identity:
    """Return the first identity that works here for the server binary ``postgres``.

    Raises :class:`NoUserForServer`.
    """
    return _resolve(postgres, os.geteuid())


@functools.cache
def _resolve(postgres: Path, uid: int) -> Identity:
    if uid != 0 and _has_account(uid):
        return Identity()
    for identity in _disguises(uid):
        if _runs(identity, str(postgres), "--version"):
            return identity
        if identity.user is not None and _runs(identity, "true"):
            return replace(identity, reaches_binaries=False)
    raise NoUserForServer(
        "No PostgreSQL server can be started",
        why=f"it refuses to run as uid {uid}, user namespaces are not allowed here, "
        f"and the process may not become {' or '.join(ACCOUNTS)}",
        do="Run as an ordinary user that is listed in /etc/passwd",
    )


def _disguises(uid: int) -> Iterator[Identity]:
    accounts = [pwd.getpwnam(name) for name in ACCOUNTS if _exists(name)]
    for account in accounts:
        user, group = f"--map-user={account.pw_uid}", f"--map-group={account.pw_gid}"
        yield Identity(prefix=("unshare", "--user", user, group))
    if uid == 0:
        for account in accounts:
            yield Identity(user=account.pw_uid, group=account.pw_gid)


def _has_account(uid: int) -> bool:
    # initdb looks its own user up and gives up on a bare number (docker run --user 12345).
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _exists(account: str) -> bool:
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


def _runs(identity: Identity, *command: str) -> bool:
    try:
        answer = subprocess.run(
            [*identity.prefix, *command],
            **identity.account,
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return answer.returncode == 0
