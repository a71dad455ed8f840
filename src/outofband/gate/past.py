"""What a project has written down about findings: comments, the baseline, the stats file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from outofband.errors import Misuse
from outofband.inputs import trace
from outofband.settings import Settings
from outofband_lint import baseline, stats
from outofband_lint.comments import MARK, suppressions_in
from outofband_lint.finding import Finding
from outofband_lint.stats import Stats
from outofband_lint.suppression import Suppression


class BaselineWrong(Misuse):
    """The baseline cannot be read or written."""


class StatsWrong(Misuse):
    """The stats file cannot be read."""


def suppressions_of(paths: Iterable[str]) -> tuple[Suppression, ...]:
    """Return the suppressions in files; one that cannot be read as UTF-8 has none."""
    found: list[Suppression] = []
    for path in paths:
        try:
            with trace.about(path), open(path, "rb") as file:
                content = file.read()
            text = content.decode("utf-8-sig") if MARK.encode() in content else ""
        except (OSError, UnicodeDecodeError):
            continue  # whoever renders or reads it says so
        found += suppressions_in(text, path)
    return tuple(found)


def known_findings(settings: Settings) -> Mapping[str, str]:
    """Return the fingerprints in the baseline with their rules; none where there is no such file,
    and everything is reported. Raises BaselineWrong.
    """
    path = Path(settings.baseline)
    try:
        return baseline.read(_text(path))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        do = "Write it anew with outofband lint --write-baseline, or correct it"
        raise BaselineWrong(f"cannot read the baseline {path}", why=why, do=do) from None


def write_baseline(
    settings: Settings, findings: Sequence[Finding], *, rehearsed: bool = False
) -> Path:
    """Write the linter's findings into the baseline, or those of a rehearsal where ``rehearsed``,
    beside what the other has in it; return the file.

    Raises BaselineWrong; the old file is then as it was.
    """
    path = Path(settings.baseline)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    there = [replace(f, path=os.path.relpath(f.path, path.parent)) for f in findings]
    try:
        others = baseline.of_others(_text(path), rehearsed=rehearsed)
        beside.write_text(baseline.written(there, others), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BaselineWrong(
            f"cannot write the baseline {path}", why=error.strerror or "", do="Make it writable"
        ) from None
    return path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def stats_of(path: str | None) -> Stats:
    """Read the stats file; without one nothing is known. Raises StatsWrong."""
    if path is None:
        return Stats()
    try:
        return stats.read(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise StatsWrong(
            f"cannot read the stats file {path}", why=why, do="Correct it, or leave it away"
        ) from None
