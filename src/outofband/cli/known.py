"""Findings kept in the baseline, by the command that found them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from outofband.settings import Settings
    from outofband_lint.finding import Finding


def keep(settings: Settings, findings: Sequence[Finding], *, rehearsed: bool = False) -> None:
    """Write them, and say how many and where. Raises BaselineWrong."""
    from outofband.gate import past

    path = past.write_baseline(settings, findings, rehearsed=rehearsed)
    many = "1 finding is" if len(findings) == 1 else f"{len(findings):,} findings are"
    click.echo(f"outofband: {many} kept in {path}", err=True)
