"""A page whose files are written, whose commands are run, and whose output is compared.

A comment of the page, which a reader does not see, says what else happens: ``file:`` names the
block after it, which has no line of its own for that, ``sql:`` runs statements, ``held:`` runs them
in a transaction that stays open until ``released``, and after ``terminated`` the next command is
sent SIGTERM once its build waits.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

PATIENCE_SECONDS = 60.0
_BLOCK = re.compile(
    r"^```(?P<language>\w+)\n(?P<body>.*?)^```$|^<!-- (?P<mark>\w+):? ?(?P<text>.*?) ?-->$",
    re.MULTILINE | re.DOTALL,
)
_NORMAL = (
    (re.compile(r"\b\d+\.\d s\b"), "0.0 s"),
    (re.compile(r"\bby \d looks? at [\d,]+ pages of the table, \d+%"), "by looks"),
    (re.compile(r"\bpid \d+"), "pid 4711"),
    (re.compile(r"database \w+ at \S+(?=, schema)"), "database app at db:5432"),
    (re.compile(r"(?<=\S) {2,}"), "  "),
    (
        re.compile(r"database \w+ at \S+?(?=[:\s]*$|:\n|: )", re.MULTILINE),
        "database app at db:5432",
    ),
)


@dataclass(frozen=True)
class Block:
    """A file to write, commands to run with what they print, or what a comment says."""

    language: str
    body: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Each command with what is shown to come of it."""
        parts = re.split(r"^\$ (.*)$", self.body, flags=re.MULTILINE)[1:]
        return list(zip(parts[::2], parts[1::2], strict=True))


def blocks(page: Path) -> Iterator[Block]:
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if found["mark"]:
            yield Block(found["mark"], found["text"])
        else:
            yield Block(found["language"], found["body"])


def normal(text: str) -> str:
    """What stays of a text on another machine, at another time."""
    for pattern, replacement in _NORMAL:
        text = pattern.sub(replacement, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@dataclass
class Scene:
    """The project and the database that a page is played in."""

    project: Path
    url: str
    held: ExitStack = field(default_factory=ExitStack)
    terminated: bool = False
    named: str = ""

    def play(self, page: Path) -> Iterator[tuple[str, str, str]]:
        """Do what the page says; yield each command, what it prints and what is shown."""
        with self.held:
            for block in blocks(page):
                match block.language:
                    case "sql":
                        self._execute(block.body)
                    case "held":
                        self._hold(block.body)
                    case "released":
                        self.held.close()
                        self._until_builds(0)
                    case "terminated":
                        self.terminated = True
                    case "file":
                        self.named = block.body
                    case "python" | "toml" | "json" | "ini":
                        self._write(block)
                    case "console":
                        for command, shown in block.commands:
                            yield command, self._run(command), shown

    def _execute(self, text: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute(text)

    def _hold(self, text: str) -> None:
        session = self.held.enter_context(psycopg.connect(self.url))
        session.execute(text)

    def _write(self, block: Block) -> None:
        """Write a block whose first line, or a comment before it, names its file."""
        if found := re.match(r"# (\S+)\n", block.body):
            self.named = found[1]
        if self.named:
            (self.project / self.named).write_text(block.body, encoding="utf-8")
        self.named = ""

    def _run(self, command: str) -> str:
        folder = str(Path(sys.executable).parent)
        path = os.pathsep.join([folder, os.environ["PATH"]])
        with subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.project,
            env={**os.environ, "PATH": path, "DATABASE_URL": self.url, "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            if self.terminated:
                self.terminated = False
                self._until_builds(1)
                process.send_signal(signal.SIGTERM)
            return process.communicate()[0]

    def _until_builds(self, count: int) -> None:
        """Wait until so many builds of the database wait for others."""
        waiting = (
            "SELECT count(*) FROM pg_stat_progress_create_index "
            "WHERE datname = current_database() AND (%s = 0 OR phase LIKE 'waiting%%')"
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        with psycopg.connect(self.url, autocommit=True) as session:
            while session.execute(waiting, [count]).fetchone() != (count,):
                assert time.monotonic() < deadline, f"no {count} builds"
                time.sleep(0.05)
