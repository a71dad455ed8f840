"""What is kept between two calls of `outofband lint`: used while nothing changes, never after."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outofband.gate import store

INDEX = 'op.execute("CREATE INDEX ix ON users (email)")'
HELPED = "def change(op): op.execute('CREATE INDEX ix ON users (email)')\n"
FOUND = "index-built-in-deploy"


def test_nothing_is_run_again_while_nothing_changes(project: Any) -> None:
    first = project.lint()
    assert project.ran() == "1 2 3"
    assert project.lint() == first
    assert project.ran() == ""


def _reads_a_file(project: Any) -> None:
    project.write("change.sql", "SELECT 1")
    project.revise("3", "2", 'op.execute(Path("change.sql").read_text())')


def _looks_for_a_file(project: Any) -> None:
    project.revise("3", "2", f'if Path("flag").exists(): {INDEX}')


def _lists_a_folder(project: Any) -> None:
    project.write("sql/a.sql", "SELECT 1")
    project.revise("3", "2", "for p in Path('sql').glob('*.sql'): op.execute(p.read_text())")


def _reads_a_variable(project: Any) -> None:
    project.revise("3", "2", f"import os\n    if os.environ.get('TENANT') == 'b': {INDEX}")


def _reads_an_argument(project: Any) -> None:
    asks = "from alembic import context\n    if context.get_x_argument():"
    project.revise("3", "2", f"{asks} {INDEX}")


def _nothing(project: Any) -> None:
    del project


def _set(project: Any, **variables: str) -> None:
    project.variables.update(variables)


BEFORE = "CREATE INDEX ix ON users (email)"
CHANGES: dict[str, tuple[Callable[[Any], None], Callable[[Any], None]]] = {
    "a revision": (_nothing, lambda p: p.revise("3", "2", INDEX)),
    "a new revision": (_nothing, lambda p: p.revise("4", "3", INDEX)),
    "a helper": (_nothing, lambda p: p.write("helper.py", HELPED)),
    "a module that hides a helper": (_nothing, lambda p: p.write("helper/__init__.py", HELPED)),
    "a file that a revision reads": (_reads_a_file, lambda p: p.write("change.sql", BEFORE)),
    "a file that a revision looks for": (_looks_for_a_file, lambda p: p.write("flag", "")),
    "a folder that a revision lists": (_lists_a_folder, lambda p: p.write("sql/b.sql", BEFORE)),
    "a variable": (_reads_a_variable, lambda p: _set(p, TENANT="b")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_was_looked_at_is_seen(project: Any, change: str) -> None:
    arrange, make = CHANGES[change]
    arrange(project)
    assert project.rules() == []
    make(project)
    assert project.rules() == [FOUND]
    assert project.rules() == [FOUND]


SILENT = '[tool.outofband.severity]\nindex-built-in-deploy = "off"\n'
WARNS = '[tool.outofband]\nsmall = ["users"]\n'
CURES: dict[str, Callable[[Any], None]] = {
    "a revision taken away": lambda p: (p.folder / "migrations/versions/r4.py").unlink(),
    "settings that come to be": lambda p: p.write("pyproject.toml", SILENT),
    "other settings": lambda p: p.write("../pyproject.toml", SILENT),
    "another folder of revisions": lambda p: p.write(
        "alembic.ini",
        "[alembic]\nscript_location = %(here)s/migrations\nversion_locations = %(here)s/none\n"
        "path_separator = space\n",
    ),
}


@pytest.mark.parametrize("cure", CURES)
def test_a_finding_goes_with_its_cause(project: Any, cure: str) -> None:
    project.write("../pyproject.toml", WARNS)
    (project.folder / "none").mkdir()
    project.revise("4", "3", INDEX)
    assert project.rules() == [FOUND]
    CURES[cure](project)
    assert project.rules() == []


REMADE: dict[str, Callable[[Any], None]] = {
    "env.py": lambda p: p.write(
        "migrations/env.py", (p.folder / "migrations/env.py").read_text() + "# another\n"
    ),
    "a variable that env.py reads": lambda p: _set(p, TENANT="b"),
    "where Python imports from": lambda p: _set(p, PYTHONPATH=str(p.folder)),
}


@pytest.mark.parametrize("change", REMADE)
def test_what_every_revision_may_depend_on_has_all_of_them_run_again(
    project: Any, change: str
) -> None:
    project.lint()
    assert project.ran() == "1 2 3"
    REMADE[change](project)
    project.lint()
    assert project.ran() == "1 2 3"


IRRELEVANT: dict[str, Callable[[Any], None]] = {
    "a file beside the project's modules": lambda p: p.write("notes.txt", "x"),
    "a time of writing": lambda p: os.utime(p.folder / "helper.py"),
    "a variable that nobody reads": lambda p: _set(p, OTHER="b"),
}


@pytest.mark.parametrize("change", IRRELEVANT)
def test_what_nobody_looked_at_changes_nothing(project: Any, change: str) -> None:
    project.lint()
    before = project.made()
    assert len(before) == 1
    IRRELEVANT[change](project)
    project.lint()
    assert project.made() == before


def test_each_call_has_its_own_answer(project: Any) -> None:
    _reads_an_argument(project)
    assert project.rules() == []
    assert project.rules("-x", "tenant=b") == [FOUND]
    assert project.rules() == []
    assert project.lint()[1].startswith("0 errors")
    assert project.lint("-x", "tenant=b")[0] == 1


def test_one_changed_revision_is_run_alone(project: Any) -> None:
    project.lint()
    project.ran()
    project.revise("2", "1", INDEX)
    assert project.rules() == [FOUND]
    assert project.ran() == "2"


NOTES = """
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.statement import CreateIndex

@statement_rule(failure="x", bad=(), good=())
def noted(statement: CreateIndex, schema, context):
    "Notes that it judges."
    with open(r"{log}", "a") as log:
        log.write("judged ")
    yield Violation("An index.", "Leave it")
"""


def test_what_was_found_before_a_changed_revision_is_not_looked_for_again(project: Any) -> None:
    def ran() -> list[str]:
        return sorted(project.ran().split())

    project.revise("2", "1", INDEX)
    project.write("judged/noted.py", NOTES.format(log=project.log))
    project.write("pyproject.toml", '[tool.outofband]\nrules = ["judged"]\n')
    assert sorted(project.rules()) == [FOUND, "noted"]
    assert ran() == ["1", "2", "3", "judged"]
    project.revise("3", "2", 'op.execute("CREATE INDEX iy ON users (lower(email))")')
    assert sorted(project.rules()) == [FOUND, FOUND, "noted", "noted"]
    assert ran() == ["3", "judged"]
    project.revise("1", None, 'op.execute("CREATE TABLE users (id int, email text)")')
    assert sorted(project.rules()).count("noted") == 2
    assert ran() == ["1", "judged", "judged"]


def test_what_was_not_run_again_is_watched_all_the_same(project: Any) -> None:
    _reads_a_file(project)
    project.lint()
    project.revise("2", "1", "pass")
    assert project.rules() == []
    project.write("change.sql", BEFORE)
    assert project.rules() == [FOUND]
    project.revise("2", "1", "op.execute('SELECT 1')")
    assert project.rules() == [FOUND]
    project.revise("3", "2", "pass")
    assert project.rules() == []


def test_one_that_asks_about_the_schema_is_run_again_where_it_may_be_another(project: Any) -> None:
    asks = 'if "email" in {c["name"] for c in sa.inspect(op.get_bind()).get_columns("users")}:'
    project.revise("3", "2", f"{asks} {INDEX}")
    assert project.rules() == [FOUND]
    project.ran()
    project.revise("1", None, 'op.execute("CREATE TABLE users (id int PRIMARY KEY, phone text)")')
    assert project.rules() == []
    assert project.ran() == "1 3"


BROKEN = ["", "{", "[1, 2]", '{"inputs": 1}', '{"inputs": {}, "stdout": "", "status": 0}', "\0"]


@pytest.mark.parametrize("kind", ["answer", "renders"])
def test_a_broken_file_in_the_cache_is_no_file(project: Any, kind: str) -> None:
    expected = project.lint()
    for text in BROKEN:
        for path in project.kept(kind) + project.kept("answer"):
            path.write_text(text)
        assert project.lint() == expected, text
        assert json.loads(project.kept(kind)[0].read_text())["inputs"]["tools"], text


def test_an_answer_that_was_altered_in_shape_is_not_printed(project: Any) -> None:
    expected = project.lint()
    (path,) = project.kept("answer")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"stdout": None}))
    assert project.lint() == expected


def test_several_at_once_do_not_disturb_each_other(project: Any) -> None:
    started = [project.start() for _ in range(4)]
    told = [(running.communicate(timeout=240), running.returncode) for running in started]
    assert told == [told[0]] * 4
    assert told[0][1] == 0
    project.ran()
    project.lint()
    assert project.ran() == ""
    assert not list(project.cache.glob("*.part"))


def test_a_cache_that_cannot_be_written_is_done_without(project: Any) -> None:
    (project.folder / "file").write_text("")
    project.write("pyproject.toml", '[tool.outofband]\ncache_dir = "file/below"\n')
    assert project.lint() == (0, "0 errors, 0 warnings in 3 revisions\n", "")
    assert project.lint() == (0, "0 errors, 0 warnings in 3 revisions\n", "")


def test_cache_dir_is_in_the_folder_of_its_settings_and_in_no_commit(project: Any) -> None:
    project.write("pyproject.toml", '[tool.outofband]\ncache_dir = ".cache"\n')
    project.lint()
    project.ran()
    project.lint()
    assert project.ran() == ""
    assert (project.folder / ".cache" / ".gitignore").read_text() == "*\n"
    assert not project.cache.exists()


@pytest.mark.parametrize(
    "call",
    [
        "import subprocess; subprocess.run(['true'])",
        "import socket; socket.gethostbyname('localhost')",
    ],
)
def test_what_comes_from_outside_is_not_kept(project: Any, call: str) -> None:
    project.revise("3", "2", call)
    project.lint()
    assert project.kept("answer") == project.kept("renders") == []


def test_a_run_without_execution_is_never_taken_for_one_with(project: Any) -> None:
    project.revise("3", "2", f"if len('ab') > 1: {INDEX}")
    project.lint("--no-exec")
    assert project.ran() == ""
    assert project.rules() == [FOUND]


def test_no_value_of_a_variable_is_written_down(project: Any) -> None:
    _set(project, TENANT="hunter2")
    project.lint()
    files = [path.read_bytes() for path in project.cache.iterdir()]
    assert len(files) == 3
    assert not any(b"hunter2" in content for content in files)


def test_the_folder_keeps_what_was_written_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 3000)
    for number in range(5):
        store.write(str(tmp_path), f"answer-{number}", {"text": "x" * 1000})
        os.utime(tmp_path / f"answer-{number}.json", ns=(number, number))
    store.write(str(tmp_path), "answer-5", {"text": "x" * 1000})
    assert {path.stem for path in tmp_path.glob("*.json")} == {"answer-4", "answer-5"}
