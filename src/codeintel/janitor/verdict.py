"""May a file go? Decided on values alone, and every reason to keep it comes before any to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from codeintel.mode import Mode

#: Whatever the grace period: a writer whose file is finished may wait for the lock of its dump.
ON_ITS_WAY_FOR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Situation:
    """What holds for all files: how long they are kept, and who still needs them."""

    grace: timedelta
    mode: Mode
    behind: tuple[str, ...] = ()
    """The janitors and readers that are alive and know files alone."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What the mover recorded when it committed the rows of a file."""

    host: str
    path: str
    size: int
    sha256: bytes
    ago: timedelta


@dataclass(frozen=True, slots=True)
class Standing:
    """What Postgres says of a dump that has a file."""

    has_rows: bool = False
    buried_ago: timedelta | None = None
    moved: Moved | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is now."""

    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file goes, and why."""

    goes: bool
    why: str


def needed(situation: Situation) -> str | None:
    """Return why no dump's file may go at present, or None."""
    if situation.behind:
        return f"{situation.behind[0]} knows files alone"
    return None


def on_buried(buried_ago: timedelta, situation: Situation) -> Verdict:
    """Judge a file that has a tombstone: its dump was deleted, or is rows that came later."""
    if why := needed(situation):
        return Verdict(False, why)
    if buried_ago < situation.grace:
        return Verdict(False, "its dump was deleted or replaced within the grace period")
    return Verdict(True, "its dump was deleted or replaced")


def on_bundle(standing: Standing, situation: Situation) -> Verdict:
    """Judge the file of a dump, which stays unless it is buried."""
    if standing.buried_ago is None:
        return Verdict(False, "it is the dump")
    return on_buried(standing.buried_ago, situation)


def on_quarantined(standing: Standing, situation: Situation) -> Verdict:
    """Judge a file of which not all was moved: the rest of it is nowhere else."""
    if standing.buried_ago is None:
        return Verdict(False, "not all of it is in Postgres: it is in quarantine")
    return on_buried(standing.buried_ago, situation)


def on_backup(standing: Standing, host: str, path: str, situation: Situation) -> Verdict:
    """Judge a backup by what is known without reading it; ``unchanged`` is to be asked next."""
    moved = standing.moved
    if why := needed(situation):
        return Verdict(False, why)
    if situation.mode.has_files:
        return Verdict(False, f"the mode is {situation.mode}: it is the way back")
    if moved is None or not standing.has_rows:
        return Verdict(False, "there is no record that its rows were moved and verified")
    if (moved.host, moved.path) != (host, path):
        return Verdict(False, f"what was moved is {moved.path} on {moved.host}")
    if moved.ago < situation.grace:
        return Verdict(False, "it was moved within the grace period")
    return Verdict(True, "its rows were moved and verified")


def unchanged(moved: Moved, content: Content) -> Verdict:
    """Judge a backup that may go otherwise by what is in it."""
    if (content.size, content.sha256) != (moved.size, moved.sha256):
        return Verdict(False, "it has changed since it was moved")
    return Verdict(True, "its rows were moved and verified, and it has not changed since")


def on_partial(age: timedelta, situation: Situation) -> Verdict:
    """Judge a file that was on its way into the store, by how long nobody has written to it."""
    if age < max(situation.grace, ON_ITS_WAY_FOR):
        return Verdict(False, "it may be on its way still")
    return Verdict(True, "its writer never finished it")
