"""What is the same for all databases of a server is asked for once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from outofband.runbook.once import once_a_server


class Database:
    """One of several on a server."""

    def __init__(self, server: str) -> None:
        self.server = server

    def rows(self, _: str, __: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        return [{"server": self.server}]


def test_each_server_is_asked_once_by_however_many_threads() -> None:
    asked: list[str] = []

    def speed(database: Any, workers: int) -> float:
        asked.append(f"{database.server} {workers}")
        return float(len(database.server) * workers)

    told = once_a_server(speed)
    databases: list[Any] = [Database("old"), Database("newer")] * 8
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(told, databases, [2] * len(databases)))
    assert answers == [6.0, 10.0] * 8
    assert sorted(asked) == ["newer 2", "old 2"]
    assert told(databases[0], 3) == 9.0
