"""What an operation does in the run that it is called in: declare, write SQL, act, or stop."""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from outofband.deploy import steps
from outofband.deploy.barrier import standing_of
from outofband.deploy.refusal import DeployRefused
from outofband.deploy.say import say
from outofband.model.step import Step, Wanted
from outofband.revisions import frame
from outofband.revisions.child.capture import OPTION, Capture
from outofband.revisions.environment import Environment
from outofband.revisions.frame import Direction
from outofband.revisions.offline.block import barrier, block
from outofband.revisions.project import settings_to_run_by
from outofband.revisions.stop import UpgradeMisused
from outofband.revisions.wanted import earlier, wanted

_DECLARED = "outofband_declared"


class BarrierUnmet(DeployRefused):
    """A revision requires a step that is not done."""


class NoSuchStep(UpgradeMisused):
    """A barrier names a step that no applied revision declares."""


def carry_out(context: MigrationContext, step: Step) -> None:
    """Do with a declared step what this run is for."""
    capture: Capture | None = context.opts.get(OPTION)
    if capture is not None:
        capture.declared(step)
        return
    caller = frame.caller()
    direction = caller.direction if caller else "upgrade"
    if context.as_sql:
        _write(context, step, direction)
    elif direction == "upgrade":
        _upgrade(context, step)
    else:
        _downgrade(context, step)
    if caller:
        _declared_by(context, caller.revision).append(step)


def require(context: MigrationContext, name: str) -> None:
    """Stop the upgrade unless the step is done; a script stops where it is run.

    Raises BarrierUnmet or NoSuchStep.
    """
    capture: Capture | None = context.opts.get(OPTION)
    if capture is not None:
        capture.required(name)
    elif context.as_sql:
        context.impl.static_output(barrier(name, _earlier(context, name)))
    else:
        _require(context, name)


def _require(context: MigrationContext, name: str) -> None:
    caller = frame.caller()
    here = f"revision {caller.revision}" if caller else "this run"
    wanted = _earlier(context, name)
    standing = standing_of(_connection(context), name, wanted)
    if standing is None:
        raise NoSuchStep(
            f"{here} requires the step {name}",
            why="no revision before it declares one of that name",
            do="Correct the name, or name the revision that declares it in depends_on",
        )
    if not standing.done:
        why = f"it is {standing.state.words}"
        if standing.waits_for:
            why += f" and waits for {', '.join(standing.waits_for)}"
        raise BarrierUnmet(
            f"{here} requires the step {name}",
            why=why,
            do=f"Run `outofband apply --only {name}`, then upgrade again",
            state=_commit_what_is_finished(context),
        )


def _commit_what_is_finished(context: MigrationContext) -> str:
    """Commit the revisions before a barrier; return what the state is then.

    Rolled back, they would take the step's declaration with them, and no run could ever pass.
    """
    if context._in_external_transaction:
        return (
            "The revisions before it are rolled back too, by the transaction that env.py began"
            " before configure(): upgrade to the one before this first"
        )
    with context.autocommit_block():
        pass
    return "The revisions before it are applied and committed"


def _upgrade(context: MigrationContext, step: Step) -> None:
    outcome = steps.upgrade(
        _connection(context),
        step,
        settings=settings_to_run_by(context.config),
        earlier=lambda: _earlier(context, step),
        finally_wanted=lambda: _finally_wanted(context),
    )
    _tell(outcome)


def _downgrade(context: MigrationContext, step: Step) -> None:
    _tell(steps.downgrade(_connection(context), step, settings=settings_to_run_by(context.config)))


def _write(context: MigrationContext, step: Step, direction: Direction) -> None:
    before = tuple(w.step for w in _earlier(context, step).steps)
    after = _finally_wanted(context).steps if direction == "upgrade" else ()
    settings = settings_to_run_by(context.config)
    context.impl.static_output(
        block(step, direction, settings, before, tuple(w.step for w in after))
    )


def _earlier(context: MigrationContext, here: Step | str) -> Wanted:
    """Return what is wanted at this point of the run; nothing is known outside of Alembic's own."""
    environment, caller = Environment.of_running(context), frame.caller()
    if environment is None or caller is None:
        return Wanted()
    if context.as_sql:
        script = environment.script.get_revision(caller.revision)
        heads = tuple(script._all_down_revisions)
    else:
        heads = context.get_current_heads()
    declared = _declared_by(context, caller.revision)
    return earlier(environment, heads, caller.revision, here, declared)


def _finally_wanted(context: MigrationContext) -> Wanted:
    """Return what is wanted once this upgrade has arrived; nothing where it was told as ``+2``."""
    environment = Environment.of_running(context)
    running = context.environment_context
    destination = running.context_opts.get("destination_rev") if running else None
    if environment is None or not isinstance(destination, str) or "+" in destination:
        return Wanted()
    return wanted(environment, context.get_current_heads(), destination)


def _declared_by(context: MigrationContext, revision: str) -> list[Step]:
    """Return the steps that a revision has declared in this run, to read and to add to."""
    known: dict[str, list[Step]] = context.impl.memo.setdefault(_DECLARED, {})
    return known.setdefault(revision, [])


def forget_declared(context: MigrationContext) -> None:
    """Forget what revisions have declared that run again."""
    context.impl.memo.pop(_DECLARED, None)


def _connection(context: MigrationContext) -> Connection:
    assert context.connection is not None
    return context.connection


def _tell(outcome: steps.Outcome) -> None:
    if outcome.line:
        say(outcome.line)
