"""GitLab's template: by GitLab's schema, and its scripts run against a GitLab of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "ci" / "gitlab" / "outofband.gitlab-ci.yml"
JOBS = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
MARKER = "<!-- outofband rehearse -->"


def test_the_template_is_one_by_gitlabs_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run([*command, TEMPLATE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


class GitLab(ThreadingHTTPServer):
    """The notes of merge request 7 of project 3, two a page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.notes: list[dict[str, Any]] = []

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CI_API_V4_URL": f"http://127.0.0.1:{self.server_port}/api/v4",
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "7",
            "OUTOFBAND_TOKEN": "glpat-of-the-test",
        }


class _Asked(BaseHTTPRequestHandler):
    server: GitLab

    def do_GET(self) -> None:
        page = int(self.path.rpartition("page=")[2])
        left = self.server.notes[2 * page - 2 :]
        self._answer(left[:2], page + 1 if len(left) > 2 else "")

    def do_POST(self) -> None:
        self.server.notes.append({"id": len(self.server.notes) + 1, "body": self._body()})
        self._answer(self.server.notes[-1])

    def do_PUT(self) -> None:
        number = int(self.path.rpartition("/")[2])
        self.server.notes[number - 1]["body"] = self._body()
        self._answer(self.server.notes[number - 1])

    def _body(self) -> str:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return str(given["body"])

    def _answer(self, value: Any, following: object = "") -> None:
        assert self.path.startswith("/api/v4/projects/3/merge_requests/7/notes")
        right = self.headers["PRIVATE-TOKEN"] == "glpat-of-the-test"
        self.send_response(200 if right else 401)
        self.send_header("X-Next-Page", str(following))
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with GitLab() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(job: str, repository: Any, **environ: str) -> Any:
    """Run a job's script in `sh`, which is what an image has that has no bash."""
    variables = {**JOBS["variables"], "OUTOFBAND_CONFIG": "backend/alembic.ini"}
    variables["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = repository.git("merge-base", "HEAD", "main")
    (script,) = JOBS[job]["script"]
    return repository.shell(script, "sh", **{**variables, **environ})


def reports(repository: Any) -> dict[str, Path]:
    named = JOBS["outofband:lint"]["artifacts"]["reports"]
    return {kind: repository.folder / name for kind, name in named.items()}


def test_findings_are_in_both_reports_and_the_job_fails(repository: Any, slow: str) -> None:
    repository.revise("0002", slow)
    done = run("outofband:lint", repository)
    assert done.returncode == 1, done.stderr
    assert "error[index-built-in-deploy]" in done.stdout
    found = reports(repository)
    (quality,) = json.loads(found["codequality"].read_text())
    assert quality["location"]["path"] == "backend/migrations/versions/0002.py"
    assert len(ElementTree.parse(found["junit"]).findall(".//failure")) == 1


def test_a_branch_without_findings_passes(repository: Any, cured: str) -> None:
    repository.revise("0002", cured)
    assert run("outofband:lint", repository).returncode == 0
    assert json.loads(reports(repository)["codequality"].read_text()) == []


def test_a_wrong_call_leaves_no_report_that_would_pass_for_one(repository: Any) -> None:
    done = run("outofband:lint", repository, OUTOFBAND_CONFIG="nowhere.ini")
    assert done.returncode == 2
    assert not any(path.exists() for path in reports(repository).values())


def test_the_rehearsal_is_one_note_that_is_written_anew(
    repository: Any, gitlab: GitLab, slow: str, cured: str
) -> None:
    gitlab.notes += [{"id": n, "body": f"{MARKER} was quoted {n}"} for n in (1, 2, 3)]
    repository.revise("0002", slow)
    assert run("outofband:rehearse", repository, **gitlab.environ).returncode == 1
    assert len(gitlab.notes) == 4
    assert "index-built-in-deploy" in gitlab.notes[3]["body"]
    assert (repository.folder / "rehearsal" / "rehearsal.html").exists()
    repository.revise("0002", cured)
    assert run("outofband:rehearse", repository, **gitlab.environ).returncode == 0
    assert len(gitlab.notes) == 4
    assert "index-built-in-deploy" not in gitlab.notes[3]["body"]


def test_a_token_that_may_not_write_does_not_fail_the_job_and_is_not_shown(
    repository: Any, gitlab: GitLab, cured: str
) -> None:
    repository.revise("0002", cured)
    wrong = {**gitlab.environ, "OUTOFBAND_TOKEN": "glpat-wrong"}
    done = run("outofband:rehearse", repository, **wrong)
    assert done.returncode == 0
    assert "outofband: GitLab answered HTTP Error 401" in done.stderr
    assert "outofband: the note could not be written" in done.stdout
    assert "glpat" not in done.stdout + done.stderr


def test_without_a_token_the_rehearsal_is_an_artefact(repository: Any, cured: str) -> None:
    repository.revise("0002", cured)
    assert run("outofband:rehearse", repository).returncode == 0
    assert (repository.folder / "rehearsal" / "rehearsal.md").exists()
