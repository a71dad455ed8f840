"""A proxy before a server that may lie about its process, as poolers do, or fail as networks do."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

CHUNK = 65536


class Proxy:
    """Passes bytes on between clients, who come by TCP, and a server behind a Unix socket."""

    def __init__(self, url: str, pid: int | None = None, port: int = 0) -> None:
        parts = urlsplit(url)
        where = parse_qs(parts.query)
        self._server = str(Path(where["host"][0], f".s.PGSQL.{where['port'][0]}"))
        self._pid = pid
        self._sockets: list[socket.socket] = []
        self._swallowed: set[socket.socket] = set()
        self._over = threading.Event()
        self._cut_at: tuple[int, bool] | None = None
        self.sent: list[bytes] = []
        """What clients have sent, a round trip each."""
        self._listener = socket.create_server(("127.0.0.1", port))
        port = self._listener.getsockname()[1]
        user = parts.username or "postgres"
        self.url = (
            f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable&gssencmode=disable"
        )
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection, as a network does; those to come are served."""
        broken, self._sockets = self._sockets, []
        for one in broken:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def cut_at(self, number: int, *, heard: bool) -> None:
        """Break every connection at what clients send as that number of all, counted from 0: before
        the server has ``heard`` it, or before the client hears the answer.
        """
        self._cut_at = number, heard

    def reset(self) -> None:
        """Break every connection so that clients get a reset, not an end, when it is closed."""
        broken, self._sockets = self._sockets, []
        for one in broken:
            with suppress(OSError):
                if one.family is socket.AF_INET:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.shutdown(socket.SHUT_RD)
                else:
                    one.shutdown(socket.SHUT_RDWR)

    def swallow(self) -> None:
        """Pass on nothing more of the connections that there are, and tell neither side."""
        self._swallowed.update(self._sockets)

    def close(self) -> None:
        """Serve no more."""
        self._over.set()
        # Who waits in accept() would not notice a close, and serve the next one that comes.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                try:
                    server.connect(self._server)
                except OSError:  # it is away, and may come back
                    client.close()
                    server.close()
                    continue
                self._sockets += [client, server]
                for source, target, lies in ((client, server, False), (server, client, True)):
                    threading.Thread(
                        target=self._pass_on, args=(source, target, lies), daemon=True
                    ).start()
                if self._over.is_set():
                    self.cut()

    def _heard(self, source: socket.socket) -> bytes:
        """Return what is to be passed on next, empty at the end, which too may be swallowed."""
        while True:
            data = source.recv(CHUNK)
            if source not in self._swallowed:
                return data
            if not data:
                self._over.wait()
                return data

    def _pass_on(self, source: socket.socket, target: socket.socket, lies: bool) -> None:
        with suppress(OSError), source, target:
            while data := self._heard(source):
                if lies and self._pid is not None:
                    data = renamed(data, self._pid)
                number = None if lies else self._noted(data)
                if number is None or self._cut_at != (number, False):
                    target.sendall(data)
                if number is not None and self._cut_at in ((number, False), (number, True)):
                    self.cut()
            target.shutdown(socket.SHUT_WR)  # a close alone is not heard while the other reads

    def _noted(self, data: bytes) -> int:
        self.sent.append(data)
        return len(self.sent) - 1


def renamed(data: bytes, pid: int) -> bytes:
    """Put another process into BackendKeyData (PostgreSQL 18, Message Formats)."""
    at = 0
    while at + 5 <= len(data):
        length = struct.unpack_from("!I", data, at + 1)[0]
        if data[at : at + 1] == b"K":
            return data[: at + 5] + struct.pack("!i", pid) + data[at + 9 :]
        at += 1 + length
    return data


@contextmanager
def proxy(url: str, pid: int | None = None, port: int | None = None) -> Iterator[Proxy]:
    """Put a proxy before a server; with ``pid``, one that makes the server's process up."""
    opened = Proxy(url, pid, port or 0)
    try:
        yield opened
    finally:
        opened.close()
