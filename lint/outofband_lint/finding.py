"""What a rule finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outofband_lint.fix import Fix

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: where, how bad, what it costs and what to do.

    `fingerprint` stays the same when the file is renamed or its lines move. `fix` is None where no
    machine can write what `help` says.
    """

    rule: str
    severity: Severity
    revision: str
    path: str
    line: int
    message: str
    help: str
    statement: str
    fingerprint: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file that a finding is about; `revision` is empty where it is in none."""

    path: str
    line: int
    revision: str = ""
