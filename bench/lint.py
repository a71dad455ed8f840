"""`outofband lint` beside other ways to check an Alembic project, on the same generated projects.

::

    python bench/lint.py [--quick] [--rounds N]

The runs are interleaved, so that a busy machine slows all of them; the medians are compared, and
every target is said to be reached or missed. Peers are installed on the first run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from lint_peers import PEERS, Installed, Peer, install
from lint_project import write
from verdict import verdict

OUTOFBAND = [str(Path(sys.executable).with_name("outofband")), "lint"]
FINDINGS = r"(\d+) errors?, (\d+) warnings?"
SLOW = 8.0
"""Seconds; what takes longer than that is run once, not every round."""

COLD, WARM = "outofband lint, cold", "outofband lint, warm"
NEWEST, MIDDLE = "outofband lint, newest revision changed", "outofband lint, one in the middle"
ALEMBIC, SQUAWK, ZDM = PEERS[0].name, PEERS[2].name, PEERS[3].name


@dataclass
class Project:
    """A generated project of ``count`` revisions, its rendered files, and our caches for it."""

    folder: Path
    count: int
    path: str
    edits: int = 0
    originals: dict[Path, str] = field(default_factory=dict)

    @property
    def sql(self) -> Path:
        """Where the rendered files are."""
        return self.folder / "rendered"

    @property
    def revisions(self) -> list[Path]:
        """The revision files, the oldest first."""
        files = (self.folder / "migrations" / "versions").glob("*.py")
        return sorted(files, key=lambda f: re.findall(r"Create Date: (.*)", f.read_text())[0])

    def run(self, words: list[str], cache: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program in the project; bytecode is written, as it is at any developer's."""
        environment = {**os.environ, "PATH": self.path, "NO_COLOR": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if cache is not None:
            environment["XDG_CACHE_HOME"] = str(cache)
        return subprocess.run(
            words, cwd=self.folder, env=environment, capture_output=True, text=True
        )

    def shell(self, words: tuple[str, ...], scratch: str) -> list[str]:
        """Fill in folders, and file patterns as a shell would."""
        filled = [w.format(project=self.folder, sql=self.sql, scratch=scratch) for w in words]
        return [
            name
            for word in filled
            for name in (sorted(map(str, Path("/").glob(word[1:]))) if "*" in word else [word])
        ]

    def edit(self, file: Path) -> None:
        """Change what a revision does, each time to something it never did before."""
        self.edits += 1
        original = self.originals.setdefault(file, file.read_text(encoding="utf-8"))
        line = f"    op.execute(\"COMMENT ON SCHEMA public IS '{self.edits}'\")\n"
        head, down, rest = original.partition("\n\ndef downgrade")
        file.write_text(head + line + down + rest, encoding="utf-8")


@dataclass
class Measured:
    """Seconds by name of what was run, and how many findings it reported."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    findings: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Return the median of a name's seconds."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, other: str) -> float | None:
        """Return how many times as long the one takes as the other; None where one is missing."""
        if name not in self.seconds or other not in self.seconds:
            return None
        return self.median(name) / self.median(other)

    def note(self, name: str, seconds: float, output: str, pattern: str) -> None:
        """Take down a run, and the numbers of findings in what it printed."""
        self.seconds[name].append(seconds)
        found = re.findall(pattern, output) if pattern else []
        if found:
            last = found[-1]
            self.findings[name] = sum(map(int, [last] if isinstance(last, str) else last))
        elif pattern:
            self.failed[name] = (output.strip().splitlines() or ["it printed nothing"])[-1]


Contest = dict[str, Callable[[Measured], None]]


def ours(project: Project, scratch: Path) -> Contest:
    """Return our ways to be run: without a cache, with one, with one revision changed."""
    filled = scratch / f"cache-{project.count}"
    project.run(OUTOFBAND, filled)
    oldest_first = project.revisions

    def cold(measured: Measured) -> None:
        with tempfile.TemporaryDirectory(dir=scratch) as empty:
            timed(project, measured, COLD, OUTOFBAND, Path(empty))

    def warm(measured: Measured) -> None:
        project.run(OUTOFBAND, filled)
        timed(project, measured, WARM, OUTOFBAND, filled)

    def changed(name: str, file: Path) -> Callable[[Measured], None]:
        def run(measured: Measured) -> None:
            project.run(OUTOFBAND, filled)
            project.edit(file)
            timed(project, measured, name, OUTOFBAND, filled)

        return run

    middle = oldest_first[len(oldest_first) // 2]
    return {
        COLD: cold,
        WARM: warm,
        NEWEST: changed(NEWEST, oldest_first[-1]),
        MIDDLE: changed(MIDDLE, middle),
    }


def timed(
    project: Project, measured: Measured, name: str, words: list[str], cache: Path | None = None
) -> None:
    """Run ourselves once and take it down."""
    begin = time.perf_counter()
    done = project.run(words, cache)
    measured.note(name, time.perf_counter() - begin, done.stdout + done.stderr, FINDINGS)


def peer(project: Project, scratch: Path, given: Peer) -> Callable[[Measured], None]:
    """Return how a peer is run once."""

    def run(measured: Measured) -> None:
        if min(measured.seconds.get(given.name, [0.0])) > SLOW:
            return
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            seconds, output = 0.0, ""
            for command in given.commands:
                words = project.shell(command, folder)
                begin = time.perf_counter()
                done = project.run(words)
                seconds += time.perf_counter() - begin
                output = done.stdout + done.stderr
        measured.note(given.name, seconds, output, given.finds)

    return run


def contest(project: Project, scratch: Path, peers: list[Peer]) -> Contest:
    """Return all that is measured on a project."""
    return ours(project, scratch) | {p.name: peer(project, scratch, p) for p in peers}


def measure(contests: Contest, rounds: int) -> Measured:
    """Run everything once to warm the machine, then ``rounds`` times, taking turns."""
    measured = Measured()
    for run in contests.values():
        run(Measured())
    for turn in range(rounds):
        order = list(contests.values())
        for run in order[turn % len(order) :] + order[: turn % len(order)]:
            run(measured)
    return measured


def peak_memory(project: Project, scratch: Path) -> tuple[float, float] | None:
    """Return the most MB that a cold run and its children hold at once: shared pages counted once
    (PSS), and counted in every process (RSS). None where there is no /proc.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    most = [0.0, 0.0]
    with tempfile.TemporaryDirectory(dir=scratch) as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        running = subprocess.Popen(
            OUTOFBAND, cwd=project.folder, env=environment, stdout=subprocess.DEVNULL
        )
        while running.poll() is None:
            for n, kind in enumerate(("Pss", "Rss")):
                most[n] = max(most[n], sum(_held(pid, kind) for pid in _tree(running.pid)))
            time.sleep(0.005)
    return most[0], most[1]


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _tree(int(child))


def _held(pid: int, kind: str) -> float:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        found = re.search(rf"^{kind}:\s+(\d+) kB", text, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def table(measured: Measured, count: int, missing: dict[str, str]) -> str:
    """Return the medians and how they compare with ours without a cache."""
    lines = [
        f"{count:,} revisions",
        f"{'':42} {'median':>9} {'x cold':>7} {'runs':>5} {'findings':>9}",
    ]
    for name in measured.seconds:
        ratio = measured.ratio(name, COLD)
        found = measured.findings.get(name, "")
        lines.append(
            f"{name:42} {measured.median(name):7.3f} s {ratio or 0:7.2f} "
            f"{len(measured.seconds[name]):5} {found:>9}"
        )
    lines += [f"{name:42} reported no findings: {why}" for name, why in measured.failed.items()]
    lines += [f"{name:42} could not be installed: {why}" for name, why in missing.items()]
    return "\n".join(lines)


def main(small: int, large: int, rounds: int) -> None:
    """Measure and print."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    installed = install(PEERS, cache / "outofband" / "bench-lint")
    peers = [p for p in PEERS if p.name not in installed.missing]
    with tempfile.TemporaryDirectory(prefix="bench-lint-") as name:
        scratch = Path(name)
        first = prepared(scratch, small, installed)
        measured = measure(contest(first, scratch, peers), rounds)
        print(table(measured, small, installed.missing), end="\n\n")
        second = prepared(scratch, large, installed)
        few = {COLD: ours(second, scratch)[COLD], ALEMBIC: peer(second, scratch, PEERS[0])}
        big = measure(few, max(3, rounds // 2))
        print(table(big, large, {}), end="\n\n")
        memory = {p.count: peak_memory(p, scratch) for p in (first, second)}
    growth = big.median(COLD) / measured.median(COLD)
    print(verdict(f"cold / {ALEMBIC}", measured.ratio(COLD, ALEMBIC), 0.9))
    print(verdict(f"warm / {SQUAWK}", measured.ratio(WARM, SQUAWK), 0.8))
    print(verdict(f"warm / {ZDM}", measured.ratio(WARM, ZDM), 1.0))
    print(verdict("newest revision changed / cold", measured.ratio(NEWEST, COLD), 0.5))
    print(verdict("one in the middle changed / cold", measured.ratio(MIDDLE, COLD), 0.5))
    print(verdict(f"cold, {large:,} / {small:,} revisions", growth, 5.5))
    for count, held in memory.items():
        what = f"peak memory of all processes, {count:,} revisions"
        print(verdict(what, held and held[0], 200, "MB"))
        if held:
            print(f"              counting pages that processes share in each: {held[1]:.0f} MB")
    print(f"\n{machine(installed)}")


def prepared(scratch: Path, count: int, installed: Installed) -> Project:
    """Write a project, and its revisions as SQL files for the peers that read those."""
    project = Project(scratch / f"project-{count}", count, installed.path)
    write(project.folder, count)
    render = ["alembic-squawk", "--revisions", "base:head", "--out-dir", str(project.sql)]
    if shutil.which(render[0], path=installed.path):
        done = project.run(render)
        if done.returncode:
            sys.exit(f"{shlex.join(render)} failed: {done.stderr}")
    return project


def machine(installed: Installed) -> str:
    """Return on what, and with which versions, it was measured."""
    ours = [(n, version(n)) for n in ("alembic-outofband", "alembic", "sqlalchemy")]
    versions = {**dict(ours), **installed.versions()}
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n"
        + ", ".join(f"{name} {number}" for name, number in versions.items())
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="200 and 1,000 revisions, 3 rounds")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    if given.quick:
        main(200, 1000, 3)
    else:
        main(1000, 5000, given.rounds)
