"""A server and what may be asked of it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from outofband.ephemeral import binaries as sources
from outofband.ephemeral import identity as identities
from outofband.ephemeral import place, template
from outofband.ephemeral.binaries import Binaries
from outofband.ephemeral.leash import Leash
from outofband.errors import NothingChanged

SETTINGS: Mapping[str, str] = {
    # Nothing of this server is worth a flush to disk: it is gone after a crash either way.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # initdb scales this down with its small WAL segments; 1GB is the usual default.
    "max_wal_size": "1GB",
    # In the data directory, so that even a killed server leaves nothing in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""What differs from PostgreSQL's defaults; ``settings`` of :func:`server` override each of them."""


class ServerDidNotStart(NothingChanged):
    """The server ended, or did not accept connections in time; its log says why."""


class Server:
    """A running server of PostgreSQL whose superuser ``postgres`` needs no password.

    It listens only on a Unix-domain socket, in a folder that only its owner can enter. ``is_new``
    tells whether it began without the data of an archive.
    """

    def __init__(
        self,
        folder: Path,
        binaries: Binaries,
        leash: Leash,
        settings: Mapping[str, str],
        scrap: Path,
    ) -> None:
        self._folder = folder
        self._scrap = scrap
        self._binaries = binaries
        self._leash = leash
        self._settings = {**SETTINGS, **settings}
        self._pid: int | None = None
        self.is_new = True

    @property
    def version(self) -> int:
        """The ``server_version_num`` of the binaries: 180006 for 18.6."""
        return self._binaries.version

    @property
    def binaries(self) -> Path:
        """The folder of ``psql``, ``pg_dump`` and the server's other programs."""
        return self._binaries.folder

    @property
    def socket_directory(self) -> Path:
        """The folder of the socket: libpq's ``host``."""
        return self._folder

    @property
    def port(self) -> int:
        """The number in the socket's name: libpq's ``port``. No TCP port is open."""
        return place.PORT

    @property
    def data_directory(self) -> Path:
        """PostgreSQL's ``data_directory``."""
        return self._folder / "data"

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, or None while the server is stopped."""
        return self._pid

    def url(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """Return a connection URI that libpq, psycopg, psycopg2 and SQLAlchemy understand."""
        user, dbname = quote(user, safe=""), quote(dbname, safe="")
        host = quote(os.fspath(self.socket_directory))
        return f"postgresql://{user}@/{dbname}?host={host}&port={self.port}"

    def log(self, lines: int = 20) -> str:
        """Return the last lines of the server's log; empty when the server is gone."""
        with contextlib.suppress(OSError):
            text = self._log_file.read_text(errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""

    def start(self) -> None:
        """Start the server and return when it accepts connections.

        Raises :class:`ServerDidNotStart`.
        """
        outcome = self._leash.start(self._argv(), data=self.data_directory, log=self._log_file)
        if isinstance(outcome, str):
            raise ServerDidNotStart(
                f"PostgreSQL {self._binaries.major} in {self._folder} did not start",
                why=f"{outcome}, and its log ends:\n{self.log()}",
                do=f"Look at the settings, and at the space left in {self._folder.parent}",
            )
        self._pid = outcome

    def stop(self, immediate: bool = False) -> None:
        """Stop the server and return when all its processes have ended; the data stays.

        Fast by default: sessions are ended and a checkpoint is written. ``immediate`` writes none,
        so that the next start recovers from WAL as after a crash. Stopping twice is no error.
        """
        self._leash.stop(signal.SIGQUIT if immediate else signal.SIGINT)
        self._pid = None

    def restart(self, immediate: bool = False) -> None:
        """Stop the server as :meth:`stop` does, and start it on the same data."""
        self.stop(immediate)
        self.start()

    def keep(self, archive: Path) -> None:
        """Stop the server, put its data into an archive, as far as that can be written, and start
        it again. :func:`server` takes the archive as ``kept``.
        """
        self.stop()
        template.pack(archive, self.data_directory, self._leash, self._scrap)
        self.start()

    @property
    def _log_file(self) -> Path:
        return self._folder / "log"

    def _argv(self) -> list[str]:
        own = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "port": str(self.port),
        }
        settings = [f"{name}={value}" for name, value in {**self._settings, **own}.items()]
        argv = [str(self._binaries.postgres), "-D", str(self.data_directory)]
        return argv + [argument for setting in settings for argument in ("-c", setting)]


@contextlib.contextmanager
def server(
    *,
    pg_bin: Path | None = None,
    settings: Mapping[str, str] | None = None,
    directory: Path | None = None,
    kept: Path | None = None,
) -> Iterator[Server]:
    """Run a server for the length of a ``with`` block; afterwards nothing of it is left.

    ``pg_bin`` is a folder with ``initdb`` and ``postgres`` (default: :func:`.binaries.find`),
    ``settings`` are parameters of PostgreSQL, ``directory`` is where the server's folder is made
    (default: :func:`.place.new_folder`). ``kept`` is an archive that :meth:`Server.keep` made with
    the same binaries; without it, or where it cannot be read, the server is new and has no data.

    The process and the folder go on every way out: return, exception, Ctrl-C, ``kill -9``. A child
    forked in the block should leave by ``os._exit``.

    Raises :class:`BinariesNotFound`, :class:`DirectoryUnusable`, :class:`NoUserForServer`,
    :class:`InitdbFailed` and :class:`ServerDidNotStart`.
    """
    binaries = sources.find(pg_bin)
    identity = identities.resolve(binaries.postgres)
    folder = place.new_folder(directory)
    scrap = template.cache_folder() / f"{folder.name}.tar"
    place.remove_abandoned(folder.parent)
    removed = (folder, place.newborn(folder), scrap)
    with Leash(identity, *removed) as leash, place.claimed(folder):
        if not identity.reaches_binaries:
            binaries = sources.copy(binaries, folder / "install")
        identity.own(folder)
        running = Server(folder, binaries, leash, settings or {}, scrap)
        running.is_new = kept is None or not template.unpack(kept, running.data_directory, leash)
        if running.is_new:
            template.make_data_directory(running.data_directory, binaries, leash, scrap)
        running.start()
        yield running
