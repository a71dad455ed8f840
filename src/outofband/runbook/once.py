"""Ask a server once what is the same for all of its databases."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from outofband.catalog.reader import query
from outofband.runbook.glance import Surveyor

T = TypeVar("T")


def once_a_server(ask: Callable[[Surveyor, int], T]) -> Callable[[Surveyor, int], T]:
    """Return ``ask``, its answers kept for each server and number asked for; nobody asks the same
    server meanwhile.
    """
    answers: dict[tuple[str, int], T] = {}
    locks: dict[str, Lock] = {}

    def asked(surveyor: Surveyor, number: int) -> T:
        server = surveyor.rows(query("identity"))[0]["server"]
        with locks.setdefault(server, Lock()):
            if (server, number) not in answers:
                answers[server, number] = ask(surveyor, number)
            return answers[server, number]

    return asked
