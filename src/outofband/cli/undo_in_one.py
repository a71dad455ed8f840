"""``outofband apply --undo-dedupe NAME``: rows that were moved for a step go back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from outofband.cli.account import DONE
from outofband.cli.apply_to_one import run_of
from outofband.cli.go_ahead import ask, require_fit
from outofband.cli.interrupt import Interruption
from outofband.cli.options import Where
from outofband.cli.orders import Orders
from outofband.cli.project import open_project
from outofband.cli.screen import OperatorScreen
from outofband.cli.undo_dedupe import undo
from outofband.postgres.session import Session
from outofband.runbook.duplicates.policy import DedupeWrong
from outofband.runbook.events import StepName
from outofband.runbook.preflight import Report
from outofband.runbook.preflight.server import judge_server, read_server


def require_alone(orders: Orders, targets: Path | None) -> None:
    """Refuse what does not go together with ``--undo-dedupe``. Raises DedupeWrong."""
    if orders.only or orders.dealing.flags:
        raise DedupeWrong("--undo-dedupe", why="it does nothing else", do="Give it alone")
    if targets is not None:
        why = "rows go back in one database at a time"
        raise DedupeWrong("--undo-dedupe with --targets", why=why, do="Name that one")


def undo_in_one(where: Where, orders: Orders, name: str) -> None:
    """Put back what was moved for the step ``name`` in the project's database."""
    project, following = open_project(where), orders.again(where, "--undo-dedupe", name)
    screen = OperatorScreen()
    run = run_of(project, orders, following, screen)
    with run.account.of_errors(), Session(project.source) as session:
        world = run.world(session, project.scope(session, where.to))
        screen.say(f"Undo on {project.source.describe()}:")
        require_fit(Report(tuple(judge_server(read_server(session), builds=False))))
        stop = Interruption(screen, [session], run.patient.stopped, following, run.account.detached)

        def begin(steps: Sequence[StepName]) -> None:
            ask(agreed=orders.yes)
            run.account.begin(steps, session)

        with stop.heeded():
            ended = undo(world, name, begin)
        run.account.end_steps(ended, DONE)
