"""``outofband apply`` on one database: look, show, have it agreed to, do it, tell how it ended."""

from __future__ import annotations

from contextlib import ExitStack

from outofband.cli.account import DONE, Account
from outofband.cli.endings import report
from outofband.cli.go_ahead import confirm, require_fit
from outofband.cli.interrupt import Interruption
from outofband.cli.options import Where
from outofband.cli.orders import Orders
from outofband.cli.project import Project, Seen, open_project, see
from outofband.cli.run import Run, acting, at_once, forecast, step_names
from outofband.cli.screen import OperatorScreen
from outofband.postgres.session import Session
from outofband.runbook.preflight.tell import lines
from outofband.runbook.show import plan_lines


def apply_to_one(where: Where, orders: Orders) -> int:
    """Do what is pending in the project's database; return the exit status."""
    project, following = open_project(where), orders.again(where)
    screen = OperatorScreen(several=orders.parallel > 1)
    run = run_of(project, orders, following, screen)
    with run.account.of_errors(), Session(project.source) as session:
        scope = project.scope(session, where.to, orders.only)
        dedupes = bool(orders.dealing.flags)
        seen = see(project, session, scope, forecast(orders), dedupes=dedupes)
        if not seen.view.plan.steps:
            screen.say("Nothing is pending.")
            run.account.end((), DONE)
            return DONE
        _show(seen, orders, screen)
        if acts := bool(acting(seen)):
            confirm(seen.view.plan, orders.dealing, orders.limits.accept, yes=orders.yes)
        run.account.begin(step_names(seen), session if acts else None)
        return _do(run, seen, session, orders, following, screen)


def run_of(project: Project, orders: Orders, following: str, screen: OperatorScreen) -> Run:
    """Return the run on a project's database; ``following`` is the command that goes on with it."""
    told = orders.told(project.settings)
    account = Account(project.source, following, events=orders.events, command=told)
    patient = orders.limits.patient(project.settings)
    conditions = orders.limits.conditions(project.settings)
    return Run(project.source, screen, patient, conditions, account, project.folders)


def _show(seen: Seen, orders: Orders, screen: OperatorScreen) -> None:
    """Show what is to be done, and what is in its way. Raises NotNow."""
    screen.say(f"Plan for {seen.database}:")
    for line in plan_lines(seen.view.plan, statements=False, policy=orders.dealing):
        screen.say(line)
    require_fit(seen.report)
    for line in lines(seen.report):
        screen.say(line)


def _do(
    run: Run, seen: Seen, first: Session, orders: Orders, following: str, screen: OperatorScreen
) -> int:
    hands = [first]
    with ExitStack() as opened:
        while len(hands) < at_once(seen.view, orders):
            hands.append(opened.enter_context(Session(run.source)))
        stop = Interruption(screen, hands, run.patient.stopped, following, run.account.detached)
        with stop.heeded():
            endings = run.do(seen, hands, orders.dealing)
        status = report(endings, following)
        run.account.end(endings, status)
    return status
