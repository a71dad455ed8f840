"""The statements whose locks are known: tests/matrix/statements.sql, read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outofband_lint.locks import LockMode, stronger
from outofband_lint.names import QualifiedName
from outofband_lint.schema.values import DEFAULT_SCHEMA

FILE = Path(__file__).parents[2] / "matrix" / "statements.sql"

_NAME = r'(?:"[^"]*"|\w+)'
_LOCK = re.compile(rf"(?:(?P<schema>{_NAME})\.)?(?P<name>{_NAME}) (?P<mode>[A-Z ]+)")
_ANSWER = re.compile(r"-->(?:(?P<first>\d+)(?:-(?P<last>\d+))?)? (?P<locks>.*)")

Locks = Mapping[QualifiedName, LockMode]


@dataclass(frozen=True, slots=True)
class Known:
    """A statement, the first major version that has it, and the locks that it takes.

    `older` are those of the major versions that lock otherwise than the newest.
    """

    sql: str
    since: int
    locks: Locks
    older: Mapping[int, Locks]

    def on(self, major: int) -> Locks:
        """Return the locks that a major version takes."""
        return self.older.get(major, self.locks)

    @property
    def strongest(self) -> Locks:
        """The locks of the major version that takes the strongest."""
        found = dict(self.locks)
        for locks in self.older.values():
            for table, mode in locks.items():
                found[table] = stronger(mode, found.get(table, mode))
        return found

    def __str__(self) -> str:
        """Return the statement."""
        return self.sql


def corpus() -> tuple[str, tuple[Known, ...]]:
    """Return the script that makes the schema, and the statements that meet it."""
    given, *chapters = FILE.read_text().split("\n-- # ")
    blocks = [block for chapter in chapters for block in chapter.split("\n\n")[1:] if block.strip()]
    return given, tuple(map(_known, blocks))


def _known(block: str) -> Known:
    lines = block.strip().splitlines()
    answers = [found for line in lines if (found := _ANSWER.fullmatch(line))]
    since = [int(line.removeprefix("-- since ")) for line in lines if line.startswith("-- since ")]
    older: dict[int, Locks] = {}
    for answer in answers[1:]:
        first = int(answer["first"])
        majors = range(first, int(answer["last"] or first) + 1)
        older |= dict.fromkeys(majors, _locks(answer["locks"]))
    sql = "\n".join(line for line in lines if not line.startswith("--")).removesuffix(";")
    return Known(sql, since[0] if since else 14, _locks(answers[0]["locks"]), older)


def _locks(text: str) -> Locks:
    if text == "nothing":
        return {}
    found = [_LOCK.fullmatch(part) for part in text.split("; ")]
    return {
        QualifiedName(lock["name"].strip('"'), lock["schema"] or DEFAULT_SCHEMA): LockMode(
            lock["mode"]
        )
        for lock in found
        if lock is not None
    }
