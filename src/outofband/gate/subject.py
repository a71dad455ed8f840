"""What is judged: the revisions of a project, or SQL files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from outofband import settings as settings_file
from outofband.errors import Misuse
from outofband.gate.request import Request
from outofband.settings import Settings
from outofband_lint.source import Base, Revision
from outofband_lint.sql_file import revision_from_sql


class FileUnreadable(Misuse):
    """A file given with ``--sql`` cannot be read as UTF-8 text."""


class EnvPyConnects(Misuse):
    """env.py opens a connection although it is run offline, and the connection failed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Revisions in upgrade order, and the settings to judge them by.

    ``judged`` are the ids of those that findings are wanted for, None for all; ``base`` is what the
    branch began from. ``is_whole`` tells whether these are all revisions of a project, and all
    judged.
    """

    revisions: tuple[Revision, ...]
    settings: Settings
    judged: Collection[str] | None = None
    base: Base | None = None
    is_whole: bool = False

    @property
    def heads(self) -> tuple[str, ...]:
        """The revisions that no other builds on."""
        parents = {parent for revision in self.revisions for parent in revision.down_revisions}
        return tuple(r.id for r in self.revisions if r.id not in parents)

    @property
    def count(self) -> int:
        """In how many revisions is looked for findings."""
        return len(self.revisions if self.judged is None else self.judged)


def subject_of(request: Request) -> Subject:
    """Read or render what is asked for.

    Raises FileUnreadable, EnvPyConnects, and what a project's configuration, env.py, graph of
    revisions and git checkout may be wrong in.
    """
    return _files(request.files) if request.files else _project(request)


def _files(paths: Sequence[str]) -> Subject:
    revisions = []
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8"
            raise FileUnreadable(f"cannot read {path}", why=why, do="Correct it") from None
        revisions.append(revision_from_sql(text, path))
    return Subject(tuple(revisions), settings_file.load(Path.cwd()))


def _project(request: Request) -> Subject:
    from outofband.revisions import graph
    from outofband.revisions.environment import load
    from outofband.revisions.project import settings_of
    from outofband.revisions.render import render
    from outofband.revisions.since import base_of
    from outofband.target import DatabaseNotReached

    try:
        environment = load(request.configs, request.name, request.x)
    except DatabaseNotReached as error:
        raise EnvPyConnects(
            "env.py connects to a database even when it is run offline",
            why=error.what,
            do="Let it configure the context with a URL where context.is_offline_mode() is true,"
            " as Alembic's template does",
        ) from None
    settings = settings_of(environment.config)
    rendered = render(environment, graph.every(environment.script))
    revisions = tuple(r.revision for r in rendered)
    if request.since is None:
        return Subject(revisions, settings, is_whole=True)
    base = base_of(environment, request.since, request.name, request.x, revisions)
    return Subject(revisions, settings, base.unlike(revisions), base)
