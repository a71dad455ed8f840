"""What the revisions want is kept between two looks at a database: used while nothing that they
look at changes, never after, and never by what writes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from commands import OUTOFBAND, Command
from outofband import wire
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step, Wanted, WantedStep

NOTED = """with open({log!r}, "a") as log: log.write("{revision} ")
    {upgrade}"""
TABLE = 'op.execute("CREATE TABLE docs (id int NOT NULL, path text, kind text)")'
WANTED = 'op.create_index_out_of_band("docs_{column}", "docs", ["{column}"])'
PATHS = "prepend_sys_path = %(here)s\npath_separator = os\n"
HELPED = "import helper; helper.change(op)"


class Kept:
    """A project of three revisions, of which the second asks a helper; two are applied."""

    def __init__(self, project: Any) -> None:
        self.project = project
        self.cache = Path(os.environ["XDG_CACHE_HOME"], "outofband", "lint")
        self._log = project.folder / "ran.log"
        self._path = [*sys.path]
        self.write("alembic.ini", self.read("alembic.ini") + PATHS)
        self.write("helper.py", f"def change(op): {WANTED.format(column='id')}\n")
        self.revise("1", None, TABLE)
        self.revise("2", "1", HELPED)
        self.revise("3", "2", WANTED.format(column="kind"))
        project.upgrade("1")
        project.sql("INSERT INTO docs SELECT n FROM generate_series(1, 100) AS n")
        project.upgrade("2")
        self.ran()

    def read(self, name: str) -> str:
        return str((self.project.folder / name).read_text())

    def write(self, name: str, text: str) -> None:
        (self.project.folder / name).write_text(text)

    def revise(self, revision: str, before: str | None, upgrade: str) -> None:
        text = NOTED.format(log=str(self._log), revision=revision, upgrade=upgrade)
        self.project.revise(revision, before, text)

    def ran(self) -> str:
        """Which revisions were run since this was asked last."""
        told = self._log.read_text().strip() if self._log.exists() else ""
        self._log.unlink(missing_ok=True)
        return told

    def run(self, *words: str) -> Any:
        """Run a command line as a new process would."""
        sys.path[:] = self._path
        sys.modules.pop("helper", None)
        with patch.dict(os.environ):
            return self.project.run(*words)

    def status(self, *words: str) -> dict[str, str]:
        """The states of all steps by name."""
        ran = self.run("status", "--format", "json", *words)
        assert ran.status == 0, ran.err
        return {step["name"]: step["state"] for step in json.loads(ran.out)["steps"]}

    @property
    def files(self) -> list[Path]:
        return sorted(self.cache.glob("*"))

    def alter(self, change: Callable[[str], str]) -> None:
        (path,) = self.cache.glob("wanted-*.json")
        path.write_text(change(path.read_text()))


@pytest.fixture
def kept(project: Any, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setattr(sys, "path", [*sys.path])
    return Kept(project)


NOW = {"docs_id": "absent"}
LATER = {**NOW, "docs_kind": "absent"}


def test_no_revision_is_run_while_nothing_changes(kept: Kept) -> None:
    assert kept.status() == NOW
    assert kept.ran() == "1 2 3"
    assert kept.status() == NOW
    assert kept.run("check").status == 1
    assert "docs_id" in kept.run("plan").out
    assert kept.ran() == ""


def _edit(name: str, old: str, new: str) -> Callable[[Kept], None]:
    def edit(kept: Kept) -> None:
        assert old in kept.read(name)
        kept.write(name, kept.read(name).replace(old, new))

    return edit


def _sets(name: str, value: str) -> Callable[[Kept], None]:
    return lambda _: os.environ.__setitem__(name, value)


RENAMED = {"docs_path": "absent"}
AGAIN = "1 2 3"
CHANGES: dict[str, tuple[Callable[[Kept], None], dict[str, str]]] = {
    "a revision": (
        lambda kept: kept.revise("2", "1", WANTED.format(column="path")),
        RENAMED,
    ),
    "a helper that a revision imports": (_edit("helper.py", "docs_id", "docs_path"), RENAMED),
    "a module that hides the helper": (
        lambda kept: (
            (kept.project.folder / "helper").mkdir(),
            kept.write("helper/__init__.py", kept.read("helper.py").replace("_id", "_path")),
        )[-1],
        RENAMED,
    ),
    "env.py": (_edit("migrations/env.py", "from sqlalchemy", "# another\nfrom sqlalchemy"), NOW),
    "alembic.ini": (_edit("alembic.ini", "script_location", "# another\nscript_location"), NOW),
    "the settings": (_edit("pyproject.toml", "inline_max_bytes = 0", "inline_max_bytes = 1"), NOW),
    "a variable that env.py reads": (_sets("TENANT", "b"), NOW),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_was_looked_at_is_seen(
    kept: Kept, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANT", "a")
    kept.write("migrations/env.py", f"import os\nos.environ['TENANT']\n{kept.project.env}")
    assert kept.status() == NOW
    kept.ran()
    make, then = CHANGES[change]
    make(kept)
    for ran in (AGAIN, ""):
        assert kept.status() == then
        assert kept.ran() == ran


def test_a_revision_that_comes_is_seen(kept: Kept) -> None:
    assert kept.status("--to", "head") == LATER
    kept.revise("4", "3", WANTED.format(column="path"))
    assert kept.status("--to", "head") == {**LATER, "docs_path": "absent"}


def test_each_destination_and_each_database_has_its_own(kept: Kept) -> None:
    assert kept.status() == NOW
    assert kept.status("--to", "head") == LATER
    kept.project.upgrade("3")
    assert kept.status() == LATER
    kept.ran()
    kept.project.sql("UPDATE alembic_version SET version_num = '2'")
    assert kept.status() == NOW
    assert kept.status("--to", "head") == LATER
    assert kept.ran() == ""


def test_of_many_the_latest_are_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outofband.cli.wants._MOST", 2)
    for to in ("2", "3", "head", "2"):
        kept.status("--to", to)
    kept.ran()
    for to, ran in (("head", ""), ("2", ""), ("3", AGAIN)):
        kept.status("--to", to)
        assert kept.ran() == ran


def test_what_env_py_sets_and_asks_as_it_connects_keeps_nobody_from_keeping(kept: Kept) -> None:
    text = kept.project.env.replace("else:", "else:\n    import subprocess; subprocess.run('true')")
    kept.write("migrations/env.py", f"import os\nos.environ['TENANT'] = 'b'\n{text}")
    assert kept.status() == NOW
    kept.ran()
    assert kept.status() == NOW
    assert kept.ran() == ""


def test_what_comes_from_outside_is_not_kept(kept: Kept) -> None:
    kept.revise("3", "2", "import subprocess; subprocess.run(['true'])")
    assert kept.status() == NOW
    assert [*kept.cache.glob("wanted-*")] == []


def test_what_has_changed_meanwhile_is_not_kept(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outofband.cli.project import Project

    heads = Project.heads

    def slow(*given: Any) -> Any:
        kept.revise("2", "1", WANTED.format(column="path"))
        return heads(*given)

    with monkeypatch.context() as patch:
        patch.setattr(Project, "heads", slow)
        assert kept.status() == NOW
    assert [*kept.cache.glob("wanted-*")] == []
    assert kept.status() == RENAMED


BROKEN = ["", "{", "[]", "\0", '{"inputs": 1}', '{"inputs": {}, "content": {}}']
WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no content": lambda told: told.pop("content"),
    "a list": lambda told: told.update(content=[]),
    "nothing wanted": lambda told: told["content"].update(wanted=None),
    "another shape": lambda told: told["content"].update(
        wanted={key: [] for key in told["content"]["wanted"]}
    ),
    "dates that are none": lambda told: told["content"].update(dates={"1": "yesterday", "2": 2}),
    "a step without a table": lambda told: [
        step[0]["index"].update(table=[None, None])
        for wanted in told["content"]["wanted"].values()
        for step in wanted["steps"]
    ],
    "a step of no kind": lambda told: [
        step[0].update(kind="x")
        for wanted in told["content"]["wanted"].values()
        for step in wanted["steps"]
    ],
}


def _damage(name: str) -> Callable[[str], str]:
    def damaged(text: str) -> str:
        told = json.loads(text)
        WRONG[name](told)
        return json.dumps(told)

    return damaged


def test_a_damaged_file_is_no_file(kept: Kept) -> None:
    before = kept.run("status")
    for damage in (*BROKEN, *WRONG):
        kept.alter(_damage(damage) if damage in WRONG else lambda _, damage=damage: damage)
        assert kept.run("status") == before, damage
        kept.ran()
        assert kept.run("status") == before, damage
        assert kept.ran() == "", damage


def test_a_folder_that_cannot_be_written_is_done_without(kept: Kept) -> None:
    kept.write("file", "")
    kept.write("pyproject.toml", '[tool.outofband]\ncache_dir = "file/below"\n')
    for _ in range(2):
        assert kept.status() == NOW
        assert kept.ran() == AGAIN


def test_several_at_once_do_not_disturb_each_other(kept: Kept) -> None:
    words = [OUTOFBAND, "status", "--format", "json"]
    started = [Command(words) for _ in range(2)]
    told = [(running.communicate(timeout=240)[0], running.returncode) for running in started]
    assert told == [told[0]] * 2
    assert told[0][1] == 0
    assert not [*kept.cache.glob("*.part")]
    assert json.loads(told[0][0])["steps"][0]["name"] == "docs_id"


def test_what_writes_believes_the_revisions_and_not_what_is_kept(kept: Kept) -> None:
    kept.status()
    kept.alter(lambda text: text.replace('"docs_id"', '"other"'))
    assert kept.status() == {"other": "absent"}
    assert kept.run("apply", "--yes").status == 0
    assert kept.project.indexes() == ["docs_id"]


def test_no_password_is_written_down(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANT", "hunter2")
    kept.write("migrations/env.py", f"import os\nos.environ['TENANT']\n{kept.project.env}")
    kept.status()
    assert kept.files
    assert not any(b"hunter2" in path.read_bytes() for path in kept.files)


T = QualifiedName("t", "s")
FULL = Index(
    "i", T, (Key("(lower(a))", None, "c", "o", True, True), Key.of("b")),
    ("x",), "gist", True, True, "a > 0", (("fillfactor", "70"),), "fast",
)  # fmt: skip
STEPS = (
    CreateIndex(FULL, ("z",), DropIndex("i", T, ("y",))),
    CreateIndex(Index("i", QualifiedName("t"), (Key.of("a"),))),
    DropIndex("i", T),
    DropIndex("i", T, ()),
    AddConstraint("p", T, "primary_key", ("a", "b"), "i"),
    AddConstraint("u", T, "unique_constraint", ("a",), "i"),
)


@pytest.mark.parametrize("step", STEPS)
def test_a_kept_step_is_what_it_was(step: Step) -> None:
    was = Wanted(
        (WantedStep(step, "1", ahead=True),), (WantedStep(step, "2"),), frozenset({T}), ("3",)
    )
    assert wire.wanted_from_json(json.loads(json.dumps(wire.wanted_to_json(was)))) == was
