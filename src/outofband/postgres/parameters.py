"""What another client of libpq needs to reach the database that a source reaches."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from outofband.postgres.source import LIMITS, Source


def parameters(source: Source, application_name: str) -> dict[str, Any]:
    """Return libpq's parameters, the password among them; never to be printed.

    Where the source opens connections itself they are those of one that it opens now. Raises
    DatabaseNotReached.
    """
    opened = source.open()
    if not isinstance(opened, Mapping):
        with closing(opened):
            told = opened.info
            opened = {
                **told.get_parameters(),
                **({"password": told.password} if told.password else {}),
            }
    return {**LIMITS, **opened, "application_name": application_name}
