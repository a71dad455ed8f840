"""A database for one rehearsal on a server that is not ours, of which nothing but a URL is known.

Everything that is made on it is in that database, and gone with it; the server must hold nothing
that would be missed, since revisions may also make roles, or set what holds for the whole server.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from outofband.errors import NothingChanged, OutofbandError, StateUnknown
from outofband.model.locks import REHEARSAL_CLASS
from outofband.model.names import quote
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.rehearse.relations import query
from outofband.rehearse.run import Site
from outofband.runbook.hand import StatementFailed
from outofband.target import Target

_PREFIX = "outofband_rehearsal_"
_OURS = f"^{_PREFIX}[0-9a-f]{{8}}$"
_MOST = 100 * 2**20
"""Bytes from which a database holds data: an empty one has 8 MB."""
_LOCK = "SELECT pg_try_advisory_lock(%(class)s, ('x' || %(digits)s)::bit(32)::int4)"
_PLACE = ("host", "hostaddr", "port", "user", "dbname")


class ServerNotForRehearsals(NothingChanged):
    """The server holds what may be somebody's, or takes no new database."""


@dataclass(slots=True)
class Elsewhere:
    """A database of ours on that server. ``left`` says what could not be removed at the end."""

    site: Site
    server_version: int
    target: Target
    left: str = ""


@contextmanager
def database(url: str) -> Iterator[Elsewhere]:
    """Make a database on the server that a URL leads to, and drop it at the end of the block.

    What a rehearsal has left there that was killed is dropped first. Raises ServerNotForRehearsals,
    UrlWrong, and what opening a session raises.
    """
    source = Url(url)
    with Session(source) as session:
        target = Target.of(session.reached)
        _refuse_unless_suitable(session, target)
        _drop_abandoned(session)
        digits = secrets.token_hex(4)
        session.rows(_LOCK, {"class": REHEARSAL_CLASS, "digits": digits})
        name = f"{_PREFIX}{digits}"
        made = Elsewhere(_site(source, session, name), session.version, target)
        try:  # which may be ended by a signal as soon as there is a database
            session.write(f"CREATE DATABASE {quote(name)} TEMPLATE template0")
            yield made
        except BaseException as error:
            made.left = _drop(session, name)
            if isinstance(error, OutofbandError) and made.left:
                error.state = f"{error.state}. {made.left}" if error.state else made.left
            raise
        made.left = _drop(session, name)


def _site(source: Url, session: Session, name: str) -> Site:
    told = dict(session.reached)
    more = {key: str(value) for key, value in source.open().items() if key not in _PLACE}
    if told["password"]:
        more["password"] = told["password"]
    return Site(told["host"], int(told["port"]), name, told["user"], more)


def _refuse_unless_suitable(session: Session, target: Target) -> None:
    found = session.rows(query("suitable"), {"most": _MOST, "ours": _OURS})[0]
    for why, do in _objections(found):
        raise ServerNotForRehearsals(f"no rehearsal on the server of {target}", why=why, do=do)


def _objections(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    role = quote(found["role"])
    another = "Name a server that nobody would miss, such as a CI job's own, and an empty database"
    if found["is_standby"]:
        yield "it is a standby, on which nothing can be made", another
    if found["tables"]:
        yield f"the database has {found['tables']:,} tables", another
    if found["filled"]:
        yield f"it has a database that holds data: {', '.join(found['filled'])}", another
    if found["unseen"]:
        names = ", ".join(found["unseen"])
        yield (
            f"what its database {names} holds cannot be seen",
            f"{another}, or let a superuser run GRANT pg_read_all_stats TO {role};",
        )
    if not found["may_create"]:
        yield (
            f"the role {found['role']} may not make a database",
            f"Let a superuser run ALTER ROLE {role} CREATEDB;",
        )


def _drop_abandoned(session: Session) -> None:
    for row in session.rows(query("abandoned"), {"class": REHEARSAL_CLASS, "ours": _OURS}):
        with suppress(StatementFailed):  # somebody is connected: then it goes another time
            session.write(f"DROP DATABASE IF EXISTS {quote(row['name'])}")


def _drop(session: Session, name: str) -> str:
    """Drop the database; say in words where it is left, if the server does not let go of it."""
    sql = f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)"
    try:
        try:
            session.write(sql)
        except StateUnknown:
            session.reconnect()
            session.write(sql)
    except (OutofbandError, StatementFailed):
        return (
            f"The database {name} is left on that server: the next rehearsal there drops it, "
            f"or {sql};"
        )
    return ""
