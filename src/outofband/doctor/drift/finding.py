"""How a difference from what the revisions say is told. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from outofband.doctor.finding import Finding, Severity
from outofband.model.names import QualifiedName

_SHOWN = 3


def by(item: object) -> str:
    """Say which revision declares something, empty where nobody knows."""
    revision = getattr(item, "revision", "")
    return f"revision {revision} declares it" if revision else ""


def drifted(
    severity: Severity,
    what: str,
    table: QualifiedName | None,
    by: str = "",
    evidence: Sequence[str] = (),
) -> Finding:
    """Return the finding that something is otherwise than declared."""
    do = "" if severity == "note" else (
        "Write a revision that makes it so, or make the database so by hand, then run "
        "outofband doctor again"
    )  # fmt: skip
    shown = ((by,) if by else ()) + tuple(evidence[:_SHOWN])
    return Finding(
        "schema-drift",
        severity,
        what,
        shown,
        "the application, and the next revision, count on what the revisions say"
        if severity != "note"
        else "",
        do,
        str(table) if table else "",
    )
