"""Whom a build waits for and why, what ends the wait, and when it has lasted too long. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outofband.model.names import literal
from outofband.runbook.hand import Blocker, Progress
from outofband.runbook.rate import duration
from outofband_lint.reader.tokens import Unreadable, is_name, tokenize

EXPLAINED_AFTER_SECONDS = 10.0
_AGAIN_SECONDS = 60.0
_SHAPE_LENGTH = 160

BEFORE_DETACH = "waiting for transactions before DETACH"
BEFORE_FINALIZE = "waiting for old snapshots before FINALIZE"
_WHY = {
    "waiting for writers before build": "it must see every row that they write to the table",
    "waiting for writers before validation": "it must see every row that they write to the table",
    "waiting for old snapshots": "they might look for rows that the index does not have; whatever "
    "table they read, every older snapshot of this database counts",
    BEFORE_DETACH: "they use the table or the partition, and nobody is to stand behind a lock that "
    "waits for them",
    BEFORE_FINALIZE: "Postgres would wait for them with the partition locked; whatever table they "
    "read, every older snapshot of this database counts",
}
_LOST = {
    "waiting for writers before validation": "the index that is built, but not validated",
    "waiting for old snapshots": "the finished index: Postgres throws it away",
}


class GivenUp(Exception):
    """What was watched was given up: ``why``, and what is ``lost`` by it, in words.

    ``left_behind`` tells that it was the build of an earlier run, which has been cancelled.
    """

    def __init__(self, why: str, lost: str = "", *, left_behind: bool = False) -> None:
        super().__init__(why)
        self.why, self.lost, self.left_behind = why, lost, left_behind

    def __str__(self) -> str:
        return f"given up: {self.why}" + (f"; lost is {self.lost}" if self.lost else "")


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait of a build in one of its phases: whom for, and for how many seconds already."""

    phase: str
    seconds: float
    waits_for: tuple[Blocker, ...] = ()

    @property
    def lost(self) -> str:
        """What is lost when the build is given up now; empty where that is nothing."""
        return _LOST.get(self.phase, "")


@dataclass(slots=True)
class Patience:
    """Follows the waits of one build, look by look."""

    phase: str = ""
    since: float | None = None
    told: tuple[int, ...] = ()
    told_at: float = 0.0

    def at(self, seconds: float, progress: Progress) -> Wait | None:
        """Return the wait that it is in at a moment of a monotonic clock, None while it works."""
        if not progress.waiting:
            self.since = None
            return None
        if self.since is None or progress.phase != self.phase:
            self.phase, self.since, self.told = progress.phase, seconds, ()
            self.told_at = 0.0
        return Wait(progress.phase, seconds - self.since, progress.waits_for)

    def is_to_be_told(self, wait: Wait) -> bool:
        """Tell whether the wait is to be explained now: after ten seconds, every minute, and ten
        seconds after the last time where somebody else is waited for. Counts as told from then on.
        """
        pids = tuple(blocker.pid for blocker in wait.waits_for)
        pause = _AGAIN_SECONDS if pids == self.told else EXPLAINED_AFTER_SECONDS
        if not pids or wait.seconds - self.told_at < pause:
            return False
        self.told, self.told_at = pids, wait.seconds
        return True


def explained(wait: Wait) -> Iterator[str]:
    """Yield the lines that explain a wait: whom for, why, and what to paste to end it."""
    why = f", since {_WHY[wait.phase]}" if wait.phase in _WHY else ""
    yield f"{wait.phase} for {duration(wait.seconds)}{why}"
    for blocker in wait.waits_for:
        yield f"  {described(blocker)}"
        if blocker.query and (shape := query_shape(blocker.query)):
            yield f"    {'its last query' if _idle(blocker) else 'it runs'}: {shape}"
        yield f"    {_how_to_end(blocker)}"


def described(blocker: Blocker) -> str:
    """Return who is waited for, in one line."""
    if blocker.gid is not None:
        age = f"prepared {duration(blocker.age_seconds or 0)} ago"
        return f"prepared transaction {literal(blocker.gid)} (role {blocker.role}, {age})"
    parts = [blocker.application_name or "no application name", f"role {blocker.role or 'none'}"]
    parts.append(blocker.state or "state and age hidden from this role")
    if blocker.age_seconds is not None:
        parts.append(f"transaction open for {duration(blocker.age_seconds)}")
    return f"pid {blocker.pid} ({', '.join(parts)})"


def remedy(blocker: Blocker) -> str:
    """Return the statement that ends what a blocker holds. Cancelling ends a statement and does
    nothing to a session that is idle in transaction (PostgreSQL 18, Server Signaling Functions).
    """
    if blocker.gid is not None:
        return f"ROLLBACK PREPARED {literal(blocker.gid)};"
    verb = "terminate" if _idle(blocker) else "cancel"
    return f"SELECT pg_{verb}_backend({blocker.pid});"


def _how_to_end(blocker: Blocker) -> str:
    who = "" if blocker.signalled_by_us else f", as {_who_may(blocker)}"
    note = ""
    if blocker.gid is None and blocker.state is None:
        note = f" -- if it is idle in transaction: SELECT pg_terminate_backend({blocker.pid});"
    elif _idle(blocker):
        note = " -- cancelling does nothing to an idle transaction"
    return f"to end it{who}: {remedy(blocker)}{note}"


def _who_may(blocker: Blocker) -> str:
    if blocker.gid is not None:
        return f"role {blocker.role} or a superuser"
    return f"role {blocker.role}, a member of pg_signal_backend, or a superuser"


def _idle(blocker: Blocker) -> bool:
    return (blocker.state or "").startswith("idle in transaction")


def query_shape(sql: str) -> str:
    """Return a query without its literals, which are data of rows; of one that cannot be read, the
    first word.
    """
    words = sql.split()
    # Where backslashes escape quotes (standard_conforming_strings off), tokens are others.
    if "\\" in sql:
        return f"{words[0]} …"
    try:
        tokens = tokenize(sql)
    except Unreadable:  # pg_stat_activity keeps the first kilobyte
        return f"{words[0]} …" if words else ""
    shape = ""
    end = 0
    for index, text in enumerate(tokens.texts):
        gap = " " if shape and tokens.starts[index] > end else ""
        constant = text[0] in "'$" or text[0].isdigit() or (text[0] == "." and len(text) > 1)
        shape += gap + (tokens.spelling(index) if is_name(text) or not constant else "?")
        end = tokens.ends[index]
    return shape if len(shape) <= _SHAPE_LENGTH else f"{shape[:_SHAPE_LENGTH]}…"
