"""The extra ``fix``: libcst, which edits Python and leaves the rest of a file alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from outofband.errors import Misuse


class FixNotInstalled(Misuse):
    """libcst is not installed."""


@contextmanager
def needed_for(what: str, instead: str = "") -> Iterator[None]:
    """Import within what edits Python; ``instead`` is what to do by hand. Raises
    FixNotInstalled.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "libcst":
            raise
        do = "pip install 'alembic-outofband[fix]'"
        raise FixNotInstalled(
            f"{what} need libcst", do=f"{do}, or {instead}" if instead else do
        ) from None
