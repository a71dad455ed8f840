"""What a call of `outofband lint` asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """Which project or which SQL files are judged.

    ``configs``, ``name`` and ``x`` mean what ``-c``, ``-n`` and ``-x`` mean to Alembic. ``since``
    is a git ref, None for the whole history. With ``files`` these are judged, each as a revision.
    Without ``executes`` nothing of the project is run.
    """

    configs: tuple[str, ...] = ()
    name: str = "alembic"
    x: tuple[str, ...] = ()
    since: str | None = None
    files: tuple[str, ...] = ()
    executes: bool = True
