"""What a project's revisions want: worked out, or kept from a run that looked at the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from outofband import wire
from outofband.gate.shelf import Shelf
from outofband.model.step import Wanted, WantedStep
from outofband.revisions import graph
from outofband.revisions.age import create_dates, pending_ages
from outofband.revisions.environment import Environment
from outofband.revisions.render import render
from outofband.revisions.wanted import wanted

_MOST = 8  # heads and destinations of which a project keeps what they want
_NOT_OURS = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Wants:
    """The revisions of a project by what they want, and by when they were written.

    Without a ``shelf`` nothing is kept. What writes to a database has none: it works out itself
    what it does, whoever may write into the cache folder.
    """

    environment: Environment
    shelf: Shelf | None = None

    def at(self, heads: Sequence[str], to: str | None) -> Wanted:
        """Return what a database at ``heads`` wants, and with ``to`` what the way there will.

        Raises what :func:`.wanted.wanted` raises.
        """
        key = json.dumps([*heads, to])
        with suppress(*_NOT_OURS):
            return wire.wanted_from_json(self._kept["wanted"][key])
        found = wanted(self.environment, heads, to)
        if self.shelf is not None:
            self._keep(self.shelf, "wanted", key, found)
            if to is None:
                self.in_deploy(heads)  # while the revisions are rendered, for a check that follows
        return found

    def in_deploy(self, heads: Sequence[str]) -> Wanted:
        """Return the indexes that the revisions up to ``heads`` have an upgrade make, as if they
        were steps; ``incomplete`` are those that were not understood.
        """
        key = json.dumps(list(heads))
        with suppress(*_NOT_OURS):
            return wire.wanted_from_json(self._kept["in_deploy"][key])
        found = self._read_in_deploy(heads)
        if self.shelf is not None:
            self._keep(self.shelf, "in_deploy", key, found)
        return found

    def _read_in_deploy(self, heads: Sequence[str]) -> Wanted:
        from outofband.doctor.declared import declared, indexes_made  # 0.1 s, and seldom

        applied = render(self.environment, graph.applied(self.environment.script, heads))
        ours = declared(rendered.revision for rendered in applied)
        steps = [wanted.step for wanted in self.at(heads, None).steps]
        made = (WantedStep(step, by) for step, by in indexes_made(ours.tables, steps))
        return Wanted(steps=tuple(made), incomplete=ours.unread)

    def ages(self, now: datetime) -> dict[str, timedelta]:
        """Return for each revision for how long its steps can be pending at most."""
        return pending_ages(self._dates(), now)

    def _dates(self) -> dict[str, datetime]:
        with suppress(*_NOT_OURS):
            told = self._kept["dates"].items()
            return {revision: datetime.fromisoformat(date) for revision, date in told}
        return create_dates(graph.every(self.environment.script))

    @property
    def _kept(self) -> dict[str, Any]:
        return self.shelf.content if self.shelf is not None else {}

    def _keep(self, shelf: Shelf, kind: str, key: str, found: Wanted) -> None:
        before = self._kept.get(kind)
        known = dict(before) if isinstance(before, dict) else {}
        known.pop(key, None)
        known[key] = wire.wanted_to_json(found)
        dates = {revision: date.isoformat() for revision, date in self._dates().items()}
        shelf.content = {**self._kept, "dates": dates, kind: dict([*known.items()][-_MOST:])}
        shelf.put(shelf.content)


def prepared(environment: Environment, shelf: Shelf) -> Wants:
    """Return what is kept, or else render all revisions: before the database is asked which of them
    count, since env.py connecting is nothing that they depend on.
    """
    if not shelf.content:
        render(environment, graph.every(environment.script))
    return Wants(environment, shelf)
