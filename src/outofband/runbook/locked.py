"""Who keeps tables from being looked at: asked where a look met a lock."""

from __future__ import annotations

from outofband.catalog.reader import Reader, query
from outofband.model.sqlstates import LOCK_NOT_AVAILABLE
from outofband.runbook.hand import Blocker, StatementFailed
from outofband.runbook.waiting import described, remedy


class TableLocked(StatementFailed):
    """A table is locked, or somebody waits to lock it, behind whom every look waits."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(LOCK_NOT_AVAILABLE, what)
        self.do = do


def require_free(reader: Reader) -> None:
    """Raise TableLocked where somebody has tables exclusively, or waits to."""
    found = []
    for row in reader.rows(query("exclusive_locks")):
        relation, granted, behind = row["relation"], row["granted"], row["behind"]
        who = Blocker(
            row["pid"], row["application_name"], row["role"], row["state"], row["age_seconds"]
        )
        does = f"{'has' if granted else 'waits for'} {relation} exclusively"
        waits = f", behind {', '.join(f'pid {pid}' for pid in behind)}" if behind else ""
        found.append((f"{described(who)} {does}{waits}", remedy(who)))
    if found:
        what = "; ".join(told for told, _ in found)
        ends = " ".join(dict.fromkeys(do for _, do in found))
        raise TableLocked(f"nobody can look: {what}", f"Wait for its end, or run {ends}")
