"""The application's question: may I use what needs this index?"""

from __future__ import annotations

from typing import Any


def ready(connection: Any, name: str) -> bool:
    """Answer whether the index exists and is valid."""
    raise NotImplementedError(connection, name)
