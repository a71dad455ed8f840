"""``outofband check``: the judge, for health probes and pipelines."""

from __future__ import annotations

import sys

import click

from outofband.cli.options import Where, database_options, format_option

PENDING, WRONG = 1, 6


@click.command("check")
@database_options
@format_option
def command(where: Where, form: str) -> None:
    """Judge whether every wanted step is done. Reads only.

    Exits 0 when all are, 1 when some are pending or a revision could not be rendered, 6 when an
    index is invalid or another one than declared.
    """
    from outofband.catalog.standing import is_wrong
    from outofband.cli.output import print_seen
    from outofband.cli.project import look_at

    seen = look_at(where)
    print_seen(seen, form, pending_only=True)
    pending = [s for s in seen.view.standings if not s.done]
    if any(is_wrong(s) for s in pending):
        sys.exit(WRONG)
    sys.exit(PENDING if pending or seen.scope.wanted.incomplete else 0)
