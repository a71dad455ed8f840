"""What the tests of the runbook on a real server share: steps by hand, a session, a silent
screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import Step, Wanted, WantedStep
from outofband.postgres.session import Session
from outofband.postgres.source import Url


@dataclass
class Recorder:
    """A screen that remembers what was said, what was data of rows, and every statement."""

    said: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.said.append(line)

    def show_secret(self, line: str) -> None:
        self.secrets.append(line)

    def statement(self, sql: str) -> None:
        self.statements.append(sql)

    @contextmanager
    def counting(self, what: str) -> Iterator[Callable[[int], None]]:  # noqa: ARG002
        yield lambda _: None

    @contextmanager
    def watching(self, what: str, pid: int) -> Iterator[None]:  # noqa: ARG002
        yield


def index(name: str, table: str, *columns: str, **given: Any) -> Index:
    return Index(name, QualifiedName(table), tuple(Key.of(c) for c in columns), **given)


def wants(*steps: Step) -> Wanted:
    return Wanted(tuple(WantedStep(s, f"r{n}") for n, s in enumerate(steps, start=1)))


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    with Session(Url(database)) as opened:
        yield opened


@pytest.fixture
def screen() -> Recorder:
    return Recorder()
