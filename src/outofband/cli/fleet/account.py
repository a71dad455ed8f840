"""What a run over a fleet gives to programs: each target's own account, and one end of all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from outofband.cli.account import OUTCOMES, PARTLY_DONE, Account, ended_by, print_event, stamped
from outofband.cli.fleet.targets import FleetTarget
from outofband.cli.notify import notify, words
from outofband.errors import OutofbandError
from outofband.runbook.events import FleetEnded


class FleetAccount:
    """One run over many targets. Every target has a run, and events, of its own; ``command`` is
    notified once, of the end of all.
    """

    def __init__(self, next_command: str, *, events: bool, command: str | None) -> None:
        if command is not None:
            words(command)
        self._next, self._events, self._command = next_command, events, command
        self._run, self._begun = str(uuid.uuid4()), False

    def of_target(self, target: FleetTarget) -> Account:
        """Return the account of one target's run."""
        self._begun = True
        source = target.project.source
        return Account(source, self._next, events=self._events, command=None)

    def end(self, targets: Sequence[Mapping[str, Any]], status: int, told: str) -> None:
        """Tell how it ended, and which command goes on."""
        self._over(OUTCOMES.get(status, "unknown"), status, "", told, targets)

    def detached(self, targets: Sequence[Mapping[str, Any]]) -> None:
        """Tell that this process leaves what runs to the servers."""
        self._over("detached", PARTLY_DONE, "", self._next, targets)

    @contextmanager
    def of_errors(self) -> Iterator[None]:
        """Tell of an error that ends everything in the block."""
        try:
            yield
        except OutofbandError as error:
            self._over(*ended_by(error), self._next, ())
            raise

    def _over(
        self, outcome: str, status: int, why: str, told: str, targets: Sequence[Mapping[str, Any]]
    ) -> None:
        document = stamped(FleetEnded(outcome, status, why, told, list(targets)), self._run)
        if self._events:
            self._events = print_event(document)
        if self._command and self._begun and (wrong := notify(self._command, document)):
            click.echo(f"outofband: {wrong}", err=True)
