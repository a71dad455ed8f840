"""The project rendered in a child, while this process loads the linter and judges what comes.

The child imports Alembic, SQLAlchemy and the project; this process never does. What the child said
about a revision is kept, and so is what was found in it. As long as nothing that these could depend
on has changed, a revision is rendered again only when its own file has, and judged again only when
its own or that of one before it has.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outofband import child, settings, wire
from outofband.gate import recall, store
from outofband.gate.coming import Coming
from outofband.gate.request import Request
from outofband.inputs import state, trace
from outofband.settings import Settings
from outofband_lint.environment import Environment
from outofband_lint.finding import Finding
from outofband_lint.source import Revision

if TYPE_CHECKING:
    from outofband.revisions.history import Kept
    from outofband_lint.engine import Progress

_ABOUT_DOWNGRADES = ("downgrade-missing", "downgrade-loses-data")


@dataclass(slots=True)
class Rendering:
    """What the child has said so far, and what was kept from the run before.

    ``answers``, ``kept_revisions`` and ``findings`` are by the path of a revision's file,
    ``folders`` where those are. ``inputs`` is what was looked at for what is kept, and so is for
    whatever is made of it. ``progress`` is how far the chain is judged, once what is kept is gone
    over.
    """

    request: Request
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept_revisions: dict[str, Revision] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    is_new: bool = False
    inputs: dict[str, Any] = field(default_factory=dict)
    progress: Progress = field(init=False)

    @classmethod
    def kept(cls, request: Request) -> Rendering:
        """Return what is kept about a project, as far as it still holds."""
        folder = store.folder_for(os.getcwd())
        found = store.read(folder, _name(request)) if folder else None
        made = cls(request)
        try:
            if found is not None and recall.is_as_it_was(found["inputs"]):
                made._take(found)
        except (KeyError, TypeError, AttributeError, ValueError):
            return cls(request)
        return made

    def _take(self, found: dict[str, Any]) -> None:
        self.inputs = found["inputs"]
        self.order = [str(path) for path in found["order"]]
        for path, (digest, answer, findings) in found["revisions"].items():
            revision = wire.revision_from_json(answer)
            if state.of_file(path) == digest:
                self.answers[path], self.kept_revisions[path] = answer, revision
                if findings is not None:
                    self.findings[path] = wire.findings_from_json(findings)

    def go_over_what_is_kept(self) -> None:
        """Go over the beginning of the chain that is as it was when it was judged, which need not
        wait for the child.
        """
        self.progress = _start()
        for path in self.order:
            if path not in self.findings:
                return
            self.progress.over(self.kept_revisions[path], self.findings[path])

    def keep(self, inputs: dict[str, Any], own: Collection[str]) -> None:
        """Keep what was said and found; ``inputs`` is what was looked at, and of that ``own`` what
        concerns one revision alone.
        """
        folder = store.folder_for(os.getcwd())
        if not folder or not self.is_new:
            return
        files, folders = inputs["files"], inputs["folders"]
        alone = {path for path in self.answers if path in own}
        shared = {
            "files": {path: was for path, was in files.items() if path not in alone},
            "folders": {path: was for path, was in folders.items() if not self._is_inside(path)},
        }
        content: dict[str, object] = {
            "inputs": {**inputs, **shared},
            "order": self.order,
            "revisions": dict(self._revisions(files)),
        }
        store.write(folder, _name(self.request), content)

    def _is_inside(self, path: str) -> bool:
        return any(path == f or path.startswith(os.path.join(f, "")) for f in self.folders)

    def _revisions(self, digests: dict[str, str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield the state, the answer and the findings of each file, by its path."""
        found = self._judged() if self.progress.count == len(self.order) else self._still_judged()
        for path, answer in self.answers.items():
            findings = wire.findings_to_json(found[path]) if path in found else None
            yield path, (digests.get(path) or state.of_file(path), answer, findings)

    def _judged(self) -> dict[str, list[Finding]]:
        """Return what was found in each file of a chain that is judged to its end."""
        paths = {answer["revision"]: path for path, answer in self.answers.items()}
        found: dict[str, list[Finding]] = {path: [] for path in self.answers}
        for finding in self.progress.findings:
            found[paths[finding.revision]].append(finding)
        return found

    def _still_judged(self) -> dict[str, list[Finding]]:
        """Return what was kept of findings up to the first revision that is not as it was."""
        paths = takewhile(lambda path: path in self.findings, self.order)
        return {path: self.findings[path] for path in paths}

    def settings_and_environment(
        self, answers: Iterator[dict[str, Any]]
    ) -> tuple[Settings, Environment]:
        """Return what the child says first."""
        folder = _checked(next(answers))["settings"]
        own = settings.load(Path(folder))
        return own, wire.environment_from_json(_checked(next(answers))["env_py"])

    def revisions(self, answers: Iterator[dict[str, Any]]) -> Coming:
        """Return the revisions, which come as the child renders them."""
        chain = _checked(next(answers))
        places = chain["chain"]
        self.folders, before = chain["folders"], self.order
        self.order = [place["path"] for place in places]
        self.answers = {path: self.answers[path] for path in self.order if path in self.answers}
        self.is_new = self.order != before
        if self.order[: self.progress.count] != before[: self.progress.count]:
            self.progress = _start()
        return Coming(list(map(wire.revision_from_json, places)), self._each(answers))

    def _each(self, answers: Iterator[dict[str, Any]]) -> Iterator[Any]:
        for answer in map(_checked, answers):
            path = answer.get("kept")
            if path is not None:
                with trace.about(path):
                    trace.looked_at(path)
                yield self.kept_revisions[path]
            else:
                self.answers[str(answer["path"])], self.is_new = answer, True
                self.findings.pop(str(answer["path"]), None)
                yield wire.revision_from_json(answer)


@contextmanager
def rendering(request: Request) -> Iterator[tuple[Rendering, Iterator[dict[str, Any]]]]:
    """Start the child; yield what is kept, and what the child says."""
    with trace.paused():
        made = Rendering.kept(request)
    if made.inputs:
        trace.looked_at_before(made.inputs)
    with child.started(partial(_serve, request, made)) as answers:
        yield made, answers
        for _ in answers:  # the last thing it says is what it has looked at
            pass


def _start() -> Progress:
    from outofband_lint.engine import Progress  # 0.1 s to import, which the fork need not wait for

    return Progress()


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        from outofband.revisions.history import told_error

        raise told_error(answer)
    return answer


def _name(request: Request) -> str:
    words = [*request.configs, "", request.name, *request.x, "", str(request.executes)]
    return "renders-" + store.name_of(os.getcwd(), *words)


# --- in the child


def _serve(request: Request, kept: Rendering, post: child.Post) -> None:
    with _without("pygments"):
        from outofband.revisions import history
    from outofband.revisions.environment import configured
    from outofband.revisions.project import folder_of, settings_of

    with history.errors_told(post):
        config = configured(request.configs, request.name, request.x)
        own = settings_of(config)
        if not post.said:
            post.say({"settings": str(folder_of(config))})
        reading = history.Reading(request.executes, wants_downgrades(own))
        history.tell(config, reading, _kept(kept), post)


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Let imports within do without a module that they can do without.

    Mako, with which Alembic writes revisions, loads Pygments where it is installed, to colour the
    HTML of errors in templates: a tenth of all that is imported here (30 ms of 300, measured).
    """
    missing = module not in sys.modules
    if missing:
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if missing:
            del sys.modules[module]


def _kept(kept: Rendering) -> Kept:
    from outofband.revisions.history import Kept

    return Kept(kept.answers, kept.order)


def wants_downgrades(own: Settings) -> bool:
    """Tell whether a rule about ``downgrade()`` is on, and rendering as much again worth it."""
    levels = (own.severity, *own.per_path.values())
    return any(level.get(rule, "off") != "off" for level in levels for rule in _ABOUT_DOWNGRADES)
