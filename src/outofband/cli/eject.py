"""``outofband eject``: leave again, with a project of plain Alembic."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from outofband.cli import changes
from outofband.cli.init import agree
from outofband.cli.options import alembic_options
from outofband.errors import PartlyDone

if TYPE_CHECKING:
    from outofband.revisions.adopt import Ejection, Left


class NeedsUsStill(PartlyDone):
    """Something of the project keeps calling outofband."""

    default_state = "All else is plain Alembic"


@click.command("eject")
@alembic_options
@click.option("--diff", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Agree to the changes.")
def command(configs: tuple[str, ...], name: str, x: tuple[str, ...], diff: bool, yes: bool) -> None:
    """Leave outofband: operations become plain Alembic, the guard and the settings go.

    On an empty database the revisions then do what they did before. What is pending in a database
    is built by nobody any more: outofband check first.
    """
    from outofband.revisions import adopt
    from outofband.revisions.environment import configured

    ejection = adopt.ejected(configured(configs, name, x))
    if not ejection.changes and not ejection.standing:
        click.echo("outofband: nothing to change: this is plain Alembic", err=True)
        return
    changes.show(ejection.changes)
    _tell(ejection)
    if diff:
        return
    agree(yes=yes)
    changes.write(ejection.changes, "outofband eject")
    if ejection.standing:
        raise NeedsUsStill(
            f"outofband is used still, in {len(ejection.standing)} of the places above",
            do="Rewrite by hand what stays for a person",
        )


def _tell(ejection: Ejection) -> None:
    _list("went without a successor", ejection.gone)
    _list("stays for a person", ejection.standing)
    operations = f"{ejection.made} operation{'' if ejection.made == 1 else 's'}"
    click.echo(
        f"outofband: {operations} in plain Alembic. Deploy this only where outofband check says"
        " that nothing is pending: nobody builds it afterwards",
        err=True,
    )


def _list(what: str, places: Iterable[Left]) -> None:
    for left in places:
        click.echo(f"{changes.shown(left.path)}:{left.line}: {what}: {left.why}", file=sys.stderr)
