"""A page whose files are written, whose commands are run, and whose output is compared.

A comment of the page, which a reader does not see, says what else happens: ``file:`` names the
block after it, which has no line of its own for that, ``sql:`` runs statements, ``run:`` a command
that is not shown and has to succeed, ``held:`` runs statements in a transaction that stays open
until ``released``, and after ``terminated`` the next command is sent SIGTERM once its build waits.
``nowhere`` gives the project a database that cannot be reached. After ``screen: NAME`` the next
command sees a terminal, and what that shows in the end is the picture docs/screens/NAME.svg;
``page: NAME FILE WIDTH HEIGHT`` makes one of a page that a command has written.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from commands import Command
from pictures import keep_or_compare, of_page, picture
from terminal import plain, settled

NOWHERE = "postgresql+psycopg://app@db.invalid/production"
PATIENCE_SECONDS = 60.0
_BLOCK = re.compile(
    r"^```(?P<language>\w+)\n(?P<body>.*?)^```$|^<!-- (?P<mark>\w+):? ?(?P<text>.*?) ?-->$",
    re.MULTILINE | re.DOTALL,
)
_MEANWHILE = re.compile(
    r"^  [\w :]+: (?:initializing|building|index validation|waiting|batches)\b.*\n"
    r"|^    the time is not estimated: .*\n",
    re.MULTILINE,
)
"""What is told of a build that takes seconds, and of a look at a table that was ended for its time:
a machine that is quick enough says nothing of it.
"""
_NORMAL = (
    (_MEANWHILE, ""),
    (re.compile(r"\b\d+\.\d s\b"), "0.0 s"),
    # How long a build takes is tried for a second at most, and not told where that is too short.
    (
        re.compile(r"(\btakes about .* of WAL)(?:, .* of them cached\))?"),
        r"\1, 0.0 s (0.0 s to 0.0 s, by 3 looks at 1,000 pages of the table, 100% of them cached)",
    ),
    (re.compile(r"\bpid \d+"), "pid 4711"),
    (re.compile(r"\bsince \d{4}-\d\d-\d\d"), "since 2026-11-02"),
    (re.compile(r"database \w+ at \S+(?=, (?:schema|as) )"), "database app at db:5432"),
    (re.compile(r"(?<=\S) {2,}"), "  "),
    (
        re.compile(r"database \w+ at \S+?(?=[:\s]*$|:\n|: )", re.MULTILINE),
        "database app at db:5432",
    ),
)


_PLAIN = re.compile(r"(outofband|alembic) [\w ./:=,-]+")
"""A command of ours in which a shell would find nothing to do."""
_FILTERED = re.compile(rf"(?P<ours>{_PLAIN.pattern}) 2>&1 \| (?P<filter>.+)")
"""One of which a filter shows a part, by the number of lines where that is ``head`` or ``tail``."""


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
    screen: str = ""

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
                        self._until_alone()
                    case "terminated":
                        self.terminated = True
                    case "file":
                        self.named = block.body
                    case "run":
                        status, printed = self._run(block.body)
                        assert status == 0, f"{block.body}: {printed}"
                    case "nowhere":
                        self.url = NOWHERE
                    case "screen":
                        self.screen = block.body
                    case "page":
                        self._keep_page(*block.body.split())
                    case "python" | "toml" | "json" | "ini":
                        self._write(block)
                    case "console":
                        for command, shown in block.commands:
                            yield command, self._shown(command), shown

    def _keep_page(self, name: str, file: str, width: str, height: str) -> None:
        html = (self.project / file).read_text(encoding="utf-8")
        keep_or_compare(name, of_page(html, int(width), int(height)))

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

    def _shown(self, command: str) -> str:
        """Run a command, and return what it prints; keep the picture of it where one is wanted."""
        name, self.screen = self.screen, ""
        if not name:
            return self._run(command)[1]
        shown = settled(self._run(command, FORCE_COLOR="1")[1])
        keep_or_compare(name, picture(command, normal(shown)))
        return plain(shown)

    def _run(self, command: str, **environment: str) -> tuple[int, str]:
        """Return a command's exit status, and what it prints."""
        here = {"DATABASE_URL": self.url, "COLUMNS": "100", "LC_ALL": "C.UTF-8", **environment}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environ = {**os.environ, **here, "PATH": path}
        if _PLAIN.fullmatch(command):
            return self._run_plainly(shlex.split(command), environ)
        if found := _FILTERED.fullmatch(command):
            status, printed = self._run_plainly(shlex.split(found["ours"]), environ)
            replayed = f"(cat; exit {status}) | {found['filter']}"
            return self._run_in_shell(replayed, environ, _MEANWHILE.sub("", printed))
        return self._run_in_shell(command, environ)

    def _run_in_shell(
        self, command: str, environ: dict[str, str], given: str = ""
    ) -> tuple[int, str]:
        with subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.project,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            if self.terminated:
                self.terminated = False
                self._until_a_build_waits()
                process.send_signal(signal.SIGTERM)
            printed = process.communicate(given)[0]
        return process.returncode, printed

    def _run_plainly(self, words: list[str], environ: dict[str, str]) -> tuple[int, str]:
        """Do the same for a program of ours that needs no shell, from an interpreter that is
        warm.
        """
        words[0] = str(Path(sys.executable).with_name(words[0]))
        with tempfile.TemporaryFile() as printed:
            both = printed.fileno()
            process = Command(words, self.project, environ, out=both, err=both)
            try:
                if self.terminated:
                    self.terminated = False
                    self._until_a_build_waits()
                    process.terminate()
                status = process.wait()
            finally:
                process.kill()
            printed.seek(0)
            return status, printed.read().decode()

    def _until_a_build_waits(self) -> None:
        self._until(
            1,
            "pg_stat_progress_create_index WHERE datname = current_database() "
            "AND phase LIKE 'waiting%'",
        )

    def _until_alone(self) -> None:
        """Wait until what went on without its client has ended: its session goes last."""
        self._until(
            0,
            "pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )

    def _until(self, count: int, what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        with psycopg.connect(self.url, autocommit=True) as session:
            while session.execute(f"SELECT count(*) FROM {what}").fetchone() != (count,):
                assert time.monotonic() < deadline, f"there are not {count} of {what}"
                time.sleep(0.05)
