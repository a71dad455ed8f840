"""Ask a server once what is the same for all of its databases."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from outofband.catalog.reader import query
from outofband.runbook.sampling import Surveyor

T = TypeVar("T")


def once_a_server(ask: Callable[[Surveyor], T]) -> Callable[[Surveyor], T]:
    """Return ``ask``, its answers kept for each server; nobody else is asked meanwhile."""
    answers: dict[str, T] = {}
    locks: dict[str, Lock] = {}

    def asked(surveyor: Surveyor) -> T:
        server = surveyor.rows(query("identity"))[0]["server"]
        with locks.setdefault(server, Lock()):
            if server not in answers:
                answers[server] = ask(surveyor)
            return answers[server]

    return asked
