"""A real PostgreSQL server for a minute.

::

    with server() as postgres:
        psycopg.connect(postgres.url())

Needs the binaries of PostgreSQL and nothing else: no root, no account, no free port, no container.
"""

from outofband.ephemeral.binaries import BinariesNotFound
from outofband.ephemeral.identity import NoUserForServer
from outofband.ephemeral.leash import WatcherDied
from outofband.ephemeral.place import DirectoryUnusable
from outofband.ephemeral.server import Server, ServerDidNotStart, server
from outofband.ephemeral.template import InitdbFailed

__all__ = [
    "BinariesNotFound",
    "DirectoryUnusable",
    "InitdbFailed",
    "NoUserForServer",
    "Server",
    "ServerDidNotStart",
    "WatcherDied",
    "server",
]
