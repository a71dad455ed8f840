"""What is made, one file each."""

from __future__ import annotations

from collections.abc import Callable

from reference.parts.commands import commands
from reference.parts.errors import errors
from reference.parts.linters import linters
from reference.parts.operations import operations, wishes
from reference.parts.rooms import drawing, rooms
from reference.parts.settings import settings
from reference.parts.steps import steps

PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "drawing": drawing,
    "errors": errors,
    "linters": linters,
    "operations": operations,
    "rooms": rooms,
    "settings": settings,
    "steps": steps,
    "wishes": wishes,
}
