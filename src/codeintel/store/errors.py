"""What either store refuses, in the words of both."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outofband.errors import Misuse, NothingChanged, StateUnknown


class DumpNotStored(NothingChanged):
    """The store has no dump of that id: never uploaded, not committed yet, or deleted."""

    def __init__(self, dump_id: int) -> None:
        super().__init__(
            f"there is no dump {dump_id}", why="the store has no metadata of it", do="Upload it"
        )


class DumpAlreadyStored(NothingChanged):
    """The store has a dump of that id, whole: a retry of an upload that had succeeded."""

    def __init__(self, dump_id: int) -> None:
        super().__init__(
            f"dump {dump_id} is not written",
            why="the store has a dump of that id already",
            do="Choose another id, or leave it: an upload that is repeated is already done",
        )


class StoreNotMigrated(NothingChanged):
    """A table or column that this code needs is not in the database."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "the database is no code-intelligence store yet, or that of an older release",
            why=why,
            do="Run alembic upgrade head",
        )


class BundleUnreadable(StateUnknown):
    """A dump's file is there and is no bundle that this code writes, or is damaged."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the bundle {path} cannot be read",
            why=why,
            do="Upload the dump again",
            state="The file was left as it is",
        )


class KeyUnstorable(Misuse):
    """A path, scheme or identifier is no text: PostgreSQL takes no NUL, UTF-8 no half surrogate."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the dump has a key that no store can hold: {key!a:.200}",
            why="it has a NUL character or half a surrogate pair in it",
            do="Index the source again without it",
        )


class BundleNotWritten(NothingChanged):
    """The disk or its owner lets no file of a dump be written, or put into its place."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the bundle {path} cannot be written",
            why=why,
            do="Remove the cause, such as a full disk, and run the same command again",
        )


@contextmanager
def being_written(path: Path) -> Iterator[None]:
    """Tell in words what the disk or SQLite refuses in the block. Raises BundleNotWritten."""
    try:
        yield
    except OSError as error:
        raise BundleNotWritten(path, error.strerror or type(error).__name__) from None
    except sqlite3.Error as error:
        raise BundleNotWritten(path, str(error)) from None
