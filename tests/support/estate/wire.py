"""A proxy that stops a client right before a statement, or right after it: between the two nothing
is left to chance.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from proxy import CHUNK, Proxy

_LOOK_SECONDS = 0.01
Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Where to stop: at the ``nth`` statement that ``pattern`` finds, on either side of it;
    ``what`` it does.

    After it means that the server has done it, and the client has not heard so.
    """

    side: Side
    what: str
    pattern: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.side} {self.what}"


@dataclass(slots=True)
class _Line:
    """One connection: the statements that it has prepared by name, and whether it is held."""

    prepared: dict[str, str] = field(default_factory=dict)
    muted: bool = False


class Wire(Proxy):
    """A proxy that passes on whole messages of the protocol (PostgreSQL 18, Message Formats).

    ``heard`` has every statement in order. Psycopg waits for the answer to one before it sends the
    next, so that what comes back after a statement answers it.
    """

    def __init__(self, url: str, stop: Stop | None = None) -> None:
        self.stop = stop
        self.heard: list[str] = []
        self.reached, self._go_on = threading.Event(), threading.Event()
        self._counted = 0
        self._lines: dict[frozenset[int], _Line] = {}
        super().__init__(url)

    def go_on(self) -> None:
        """Let the stopped client go on."""
        self._go_on.set()

    def close(self) -> None:
        super().close()
        self.go_on()

    def _pass_on(self, source: socket.socket, target: socket.socket, lies: bool) -> None:
        line = self._lines.setdefault(frozenset((id(source), id(target))), _Line())
        with suppress(OSError), source, target, _both_ended(source, target):
            if lies:  # many small packets: none waits until the one before is acknowledged
                target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            messages = _from_server(source) if lies else _from_client(source)
            for message in messages:
                if lies:
                    self._answered(line, message, target)
                else:
                    self._asked(line, message, source)
                target.sendall(message)

    def _asked(self, line: _Line, message: bytes, client: socket.socket) -> None:
        sql = _statement(line, message)
        if sql is None:
            return
        self.heard.append(sql)
        if self.stop is None or not re.search(self.stop.pattern, sql):
            return
        self._counted += 1
        if self._counted == self.stop.nth:
            if self.stop.side == "after":
                line.muted = True
            else:
                self._hold(client)

    def _answered(self, line: _Line, message: bytes, client: socket.socket) -> None:
        if line.muted and message[:1] == b"Z":
            line.muted = False
            self._hold(client)

    def _hold(self, client: socket.socket) -> None:
        """Wait for leave to go on; what a dead client has sent last reaches nobody."""
        self.reached.set()
        while not self._go_on.wait(_LOOK_SECONDS):
            with suppress(BlockingIOError):
                if not client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                    raise ConnectionResetError


@contextmanager
def _both_ended(*sockets: socket.socket) -> Iterator[None]:
    """End a connection at both ends; to close what another thread reads from does not."""
    try:
        yield
    finally:
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _statement(line: _Line, message: bytes) -> str | None:
    """Return the SQL that a message has run, None for those that run none."""
    kind, texts = message[:1], message[5:].split(b"\0")
    match kind:
        case b"Q":
            return texts[0].decode()
        case b"P" if texts[0]:
            line.prepared[texts[0].decode()] = texts[1].decode()
        case b"P":
            return texts[1].decode()
        case b"B" if texts[1]:
            return line.prepared[texts[1].decode()]
    return None


def _from_client(source: socket.socket) -> Iterator[bytes]:
    """The first message of a connection has no type."""
    buffer = b""
    first = True
    while data := source.recv(CHUNK):
        buffer += data
        while len(buffer) >= (4 if first else 5):
            size = struct.unpack_from("!I", buffer, 0 if first else 1)[0] + (not first)
            if len(buffer) < size:
                break
            yield buffer[:size]
            buffer, first = buffer[size:], False


def _from_server(source: socket.socket) -> Iterator[bytes]:
    buffer = b""
    while data := source.recv(CHUNK):
        buffer += data
        while len(buffer) >= 5:
            size = struct.unpack_from("!I", buffer, 1)[0] + 1
            if len(buffer) < size:
                break
            yield buffer[:size]
            buffer = buffer[size:]


@contextmanager
def wire(url: str, stop: Stop | None = None) -> Iterator[Wire]:
    """Put a wire before a server."""
    opened = Wire(url, stop)
    try:
        yield opened
    finally:
        opened.close()
