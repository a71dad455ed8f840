"""The hooks for pre-commit: their manifest, and a commit that one of them stops."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from outofband.cli import lint

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}
PRE_COMMIT = str(Path(sys.executable).with_name("pre-commit"))


def test_the_manifest_is_one_by_pre_commits_own_judgement() -> None:
    done = subprocess.run(
        [PRE_COMMIT, "validate-manifest", MANIFEST], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_what_needs_the_projects_packages_is_not_put_into_an_environment_without_them() -> None:
    languages = {name: hook["language"] for name, hook in HOOKS.items()}
    assert languages == {"outofband-lint": "system", "outofband-lint-no-exec": "python"}


@pytest.fixture
def hooks(tmp_path: Path) -> str:
    """A repository that holds our manifest and nothing else, as pre-commit would clone it."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / MANIFEST.name).write_text(MANIFEST.read_text(encoding="utf-8"))
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "hooks"], ["tag", "v0"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
    return str(folder)


def test_a_commit_with_a_finding_is_stopped_and_one_without_passes(
    repository: Any, hooks: str, slow: str, cured: str, tmp_path: Path
) -> None:
    chosen = {"id": "outofband-lint", "args": ["-c", "backend/alembic.ini"]}
    config = {"repos": [{"repo": hooks, "rev": "v0", "hooks": [chosen]}]}
    (repository.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    kept = {"PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}
    revision = repository.folder / "backend" / "migrations" / "versions" / "0002.py"
    revision.write_text(slow)
    repository.git("add", "-A")
    stopped = repository.shell("pre-commit run", **kept)
    assert stopped.returncode == 1, stopped.stderr
    assert "backend/migrations/versions/0002.py:5: error[index-built-in-deploy]" in stopped.stdout
    revision.write_text(cured)
    repository.git("add", "-A")
    passed = repository.shell("pre-commit run", **kept)
    assert passed.returncode == 0, passed.stdout + passed.stderr


@pytest.mark.parametrize("name", HOOKS)
def test_what_a_hook_calls_is_there(name: str) -> None:
    program, command, *options = HOOKS[name]["entry"].split()
    assert (program, command) == ("outofband", "lint")
    assert set(options) <= {option for each in lint.command.params for option in each.opts}
