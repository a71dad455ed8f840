"""Screens of the runbook for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class SilentScreen:
    """Shows nothing."""

    def say(self, line: str) -> None: ...

    def show_secret(self, line: str) -> None: ...

    def statement(self, sql: str) -> None: ...

    @contextmanager
    def counting(self, what: str) -> Iterator[Callable[[int], None]]:  # noqa: ARG002
        yield lambda _: None

    @contextmanager
    def watching(self, what: str, pid: int) -> Iterator[None]:  # noqa: ARG002
        yield
