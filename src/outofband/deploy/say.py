"""How the deploy speaks: lines on stderr, since stdout belongs to ``alembic upgrade --sql``."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Print one line to stderr, marked as ours."""
    print(f"outofband: {line}", file=sys.stderr)  # noqa: T201
