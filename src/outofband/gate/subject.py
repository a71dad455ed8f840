"""What is judged: the revisions of a project, or SQL files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from outofband import settings as settings_file
from outofband.errors import Misuse
from outofband.gate import remember
from outofband.gate.coming import Coming
from outofband.gate.rendering import Rendering, rendering, wants_downgrades
from outofband.gate.request import Request
from outofband.inputs.trace import paused, tracing
from outofband.settings import Settings
from outofband_lint.environment import Environment
from outofband_lint.query import Query
from outofband_lint.source import Base, Revision


class FileUnreadable(Misuse):
    """A file given with ``--sql`` cannot be read as UTF-8 text."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Revisions in upgrade order, and the settings to judge them by.

    ``judged`` are the ids of those that findings are wanted for, None for all; ``base`` is what the
    branch began from, ``queries`` are those of the application, ``environment`` is env.py, None for
    SQL files. ``is_whole`` tells whether these are all revisions of a project, and all judged.
    ``rendering`` is where they come from, unless they are SQL files or those of a branch.
    """

    revisions: Sequence[Revision]
    settings: Settings
    judged: Collection[str] | None = None
    base: Base | None = None
    queries: tuple[Query, ...] = ()
    environment: Environment | None = None
    is_whole: bool = False
    rendering: Rendering | None = None

    @property
    def graph(self) -> Sequence[Revision]:
        """The revisions as far as they are known before they are rendered."""
        return self.revisions.graph if isinstance(self.revisions, Coming) else self.revisions

    @property
    def heads(self) -> tuple[str, ...]:
        """The revisions that no other builds on."""
        parents = {parent for revision in self.graph for parent in revision.down_revisions}
        return tuple(r.id for r in self.graph if r.id not in parents)

    @property
    def files(self) -> list[str]:
        """The files whose comments count: those of the revisions that are judged, env.py, and those
        of the queries.
        """
        judged = self.judged
        found = [r.path for r in self.graph if judged is None or r.id in judged]
        found += [self.environment.path] if self.environment is not None else []
        return [*dict.fromkeys(found + [query.path for query in self.queries if query.path])]

    @property
    def count(self) -> int:
        """In how many revisions is looked for findings."""
        return len(self.revisions if self.judged is None else self.judged)


@contextmanager
def subject_of(request: Request) -> Iterator[Subject]:
    """Read or render what is asked for, as long as somebody judges it.

    Raises FileUnreadable, and what a project's configuration, graph of revisions and git checkout
    may be wrong in.
    """
    if request.files:
        yield _files(request)
    elif request.since is not None:
        yield _branch(request, request.since)
    else:
        with rendering(request) as (made, answers):
            from outofband.gate import rules

            rules.prepare()  # while the child imports the project
            made.go_over_what_is_kept()
            settings, environment = made.settings_and_environment(answers)
            revisions = made.revisions(answers)
            yield Subject(
                revisions,
                settings,
                queries=_queries(request, settings),
                environment=environment,
                is_whole=request.executes,
                rendering=made,
            )


def _files(request: Request) -> Subject:
    from outofband_lint.sql_file import revision_from_sql

    revisions = []
    for path in request.files:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise FileUnreadable(f"cannot read {path}", why=why, do="Correct it") from None
        revisions.append(revision_from_sql(text, path))
    settings = settings_file.load(Path.cwd())
    return Subject(tuple(revisions), settings, queries=_queries(request, settings))


def _queries(request: Request, settings: Settings) -> tuple[Query, ...]:
    if not settings.queries:
        return ()
    from outofband.revisions import queries

    return queries.read(settings.queries, settings.folder, executes=request.executes)


def _with_queries(base: Base, settings: Settings, ref: str, now: Sequence[Query]) -> Base:
    if not settings.queries:
        return base
    from outofband.revisions import queries

    then = queries.read_at_base(settings.queries, settings.folder, ref, now)
    return replace(base, queries=then)


def _branch(request: Request, ref: str) -> Subject:
    settings, environment, revisions = _present(request)
    from outofband.gate.branch import base_of
    from outofband.revisions import history

    reading = history.Reading(request.executes, wants_downgrades(settings))
    asked = _queries(request, settings)
    base = _with_queries(base_of(request, ref, reading, revisions), settings, ref, asked)
    judged = base.unlike(revisions)
    return Subject(revisions, settings, judged, base, asked, environment)


def _present(request: Request) -> tuple[Settings, Environment, tuple[Revision, ...]]:
    """Read the project as it is now, what was kept of it as far as that holds, and keep it."""
    with tracing() as trace, rendering(request) as (made, answers):
        with paused():
            from outofband.gate import branch, rules  # noqa: F401

            rules.prepare()  # while the child imports the project
        made.go_over_what_is_kept()
        settings, environment = made.settings_and_environment(answers)
        revisions = tuple(made.revisions(answers))
    inputs = remember.inputs_of(trace)
    if inputs is not None:
        made.keep(inputs, trace.own)
    return settings, environment, revisions
