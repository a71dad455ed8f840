"""The composite action: its shape by its schema and an auditor, its steps by running them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
PAGE = (ROOT / "docs" / "workflow.md").read_text(encoding="utf-8")
GH = '''#!{python}
"""What `gh api` does with a pull request's comments, kept in a file."""
import json, os, sys
words, kept = sys.argv[2:], os.environ["COMMENTS"]
if os.environ.get("REFUSES"):
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
with open(kept) as file:
    comments = json.load(file)
method = words[words.index("--method") + 1] if "--method" in words else "GET"
path = next(word for word in words if word.startswith("repos/"))
if method == "GET":
    assert path == "repos/acme/app/issues/7/comments?per_page=100" and "--paginate" in words
    print(json.dumps(comments[:1]) + json.dumps(comments[1:]))
else:
    body = json.load(sys.stdin)["body"]
    if method == "POST":
        assert path == "repos/acme/app/issues/7/comments"
        comments.append({{"id": len(comments) + 1, "body": body}})
    else:
        number = int(path.removeprefix("repos/acme/app/issues/comments/"))
        comments[number - 1]["body"] = body
    with open(kept, "w") as file:
        json.dump(comments, file)
'''


def test_the_action_is_one_by_githubs_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.github-actions", ROOT / "action.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_an_auditor_finds_nothing_in_the_action(tmp_path: Path) -> None:
    """GitHub's own actions may be named by a tag; nothing of an event reaches a command's text."""
    policy = {"rules": {"unpinned-uses": {"config": {"policies": {"github/*": "ref-pin"}}}}}
    (tmp_path / "zizmor.yml").write_text(yaml.safe_dump(policy))
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", "--config"]
    done = subprocess.run(
        [*command, tmp_path / "zizmor.yml", ROOT / "action.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_of_the_page_is_one_by_githubs_schema(tmp_path: Path) -> None:
    workflow = tmp_path / "migrations.yml"
    workflow.write_text(_block(".github/workflows/migrations.yml"))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.github-workflows", workflow], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_page_tells_of_every_input_and_its_default() -> None:
    table = PAGE.partition("| input | default | |\n")[2].partition("\n\n")[0]
    rows = re.findall(r"(?m)^\| (`[^|]+`) \| ([^|]*) \|", table)
    told = {name: value for names, value in rows for name in re.findall(r"`([\w-]+)`", names)}
    assert told.keys() == ACTION["inputs"].keys()
    literal = {name: value.strip("`") for name, value in told.items() if value.startswith("`")}
    assert literal == {name: ACTION["inputs"][name]["default"] for name in literal}
    assert len(literal) == 7


def _block(name: str) -> str:
    (body,) = re.findall(rf"```yaml\n# {re.escape(name)}\n(.*?)```", PAGE, re.DOTALL)
    return str(body)


def test_no_command_holds_a_template() -> None:
    assert not [name for name, step in STEPS.items() if "${{" in step.get("run", "")]


def test_every_action_that_is_used_is_githubs_own_by_major_version() -> None:
    used = [step["uses"] for step in STEPS.values() if "uses" in step]
    assert used
    assert all(re.fullmatch(r"(actions|github)/[\w/-]+@v\d+", each) for each in used)


class Job:
    """A job of a workflow on pull request 7, which is at a step."""

    def __init__(self, repository: Any, folder: Path) -> None:
        self.repository, self.folder = repository, folder
        self.given: dict[str, str] = {"config": "backend/alembic.ini", "rehearse": "true"}
        self.outputs: dict[str, dict[str, str]] = {}
        for name in ("summary", "comments.json"):
            (folder / name).write_text("")
        (folder / "comments.json").write_text("[]")
        program = folder / "bin" / "gh"
        program.write_text(GH.format(python=sys.executable))
        program.chmod(0o755)

    def step(self, name: str, **environ: str) -> Any:
        """Run a step with its `env` filled in as the runner fills it in."""
        step = STEPS[name]
        output = self.folder / f"output-{name}"
        output.write_text("")
        values = {key: self._filled(text) for key, text in step.get("env", {}).items()}
        done = self.repository.shell(
            step["run"],
            **{
                "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_EVENT_NAME": "pull_request",
                "GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "acme/app",
                "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                "COMMENTS": str(self.folder / "comments.json"), **values, **environ,
            },
        )  # fmt: skip
        told = dict(line.split("=", 1) for line in output.read_text().splitlines())
        self.outputs[step.get("id", name)] = told
        return done

    def comments(self) -> list[str]:
        kept = json.loads((self.folder / "comments.json").read_text())
        return [comment["body"] for comment in kept]

    def says(self, *bodies: str) -> None:
        kept = [{"id": number, "body": body} for number, body in enumerate(bodies, start=1)]
        (self.folder / "comments.json").write_text(json.dumps(kept))

    def _filled(self, text: str) -> str:
        (what,) = re.findall(r"\$\{\{ (.*) \}\}", text)
        root, _, name = what.partition(".")
        match root:
            case "inputs" if name == "token":
                return "secret"
            case "inputs":
                return self.given.get(name, ACTION["inputs"][name]["default"])
            case "steps":
                step, _, output = name.partition(".outputs.")
                return self.outputs[step][output]
            case "github":
                return {"event.pull_request.number": "7"}[name]
        raise AssertionError(what)


@pytest.fixture
def job(repository: Any, tmp_path: Path) -> Job:
    return Job(repository, tmp_path)


@pytest.fixture
def worse(job: Job, slow: str) -> Job:
    job.repository.revise("0002", slow)
    return job


def test_findings_are_annotations_and_sarif_and_the_step_fails(worse: Job) -> None:
    done = worse.step("Lint")
    assert done.returncode == 1, done.stderr
    annotation = "::error file=backend/migrations/versions/0002.py,line=5,title=index-built-in-depl"
    assert done.stdout.startswith(annotation)
    sarif = json.loads(Path(worse.outputs["lint"]["sarif"]).read_text())
    (result,) = sarif["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "backend/migrations/versions/0002.py"


def test_a_branch_without_findings_passes_and_clears_code_scanning(job: Job, cured: str) -> None:
    job.repository.revise("0002", cured)
    done = job.step("Lint")
    assert done.returncode == 0, done.stdout + done.stderr
    sarif = json.loads(Path(job.outputs["lint"]["sarif"]).read_text())
    assert sarif["runs"][0]["results"] == []


def test_what_was_called_wrongly_uploads_nothing(job: Job) -> None:
    job.given["config"] = "nowhere.ini"
    done = job.step("Lint")
    assert done.returncode == 2
    assert job.outputs["lint"] == {}


def test_the_code_of_a_stranger_is_not_run_with_our_token(worse: Job) -> None:
    done = worse.step("Lint", GITHUB_EVENT_NAME="pull_request_target")
    assert done.returncode == 2
    assert "::error title=outofband::On pull_request_target" in done.stdout
    worse.given["no-exec"] = "true"
    assert worse.step("Lint", GITHUB_EVENT_NAME="pull_request_target").returncode == 1


def test_without_outofband_it_is_said_what_is_missing(job: Job) -> None:
    done = job.step("Lint", PATH=os.defpath)
    assert done.returncode == 2
    assert "::error title=outofband::outofband is not installed." in done.stdout


def test_the_rehearsal_is_one_comment_that_is_written_anew(worse: Job, cured: str) -> None:
    worse.says("Looks good", "> <!-- outofband rehearse -->\n\nWhat does this mean?")
    assert worse.step("Rehearse").returncode == 1
    assert worse.step("Comment").stdout == ""
    first = worse.comments()
    assert len(first) == 3
    assert "index-built-in-deploy" in first[2]
    assert first[2].endswith("<!-- outofband rehearse -->")
    assert "index-built-in-deploy" in (worse.folder / "summary").read_text()
    worse.repository.revise("0002", cured)
    assert worse.step("Rehearse").returncode == 0
    worse.step("Comment")
    second = worse.comments()
    assert len(second) == 3
    assert second[:2] == first[:2]
    assert "index-built-in-deploy" not in second[2]
    worse.repository.git("reset", "-q", "--hard", "main")
    assert worse.step("Rehearse").returncode == 0
    worse.step("Comment")
    assert "0 revisions" in worse.comments()[2]


def _report(job: Job, **told: Any) -> None:
    folder = job.folder / "report"
    folder.mkdir(exist_ok=True)
    (folder / "rehearsal.md").write_text("## ✅ Nothing\n\n<!-- outofband rehearse -->\n")
    empty = {"revisions": [], "predicted": [], "seen": []}
    (folder / "rehearsal.json").write_text(json.dumps({**empty, **told}))
    job.outputs["rehearse"] = {"report": str(folder)}


def test_a_pull_request_without_revisions_gets_no_comment(job: Job) -> None:
    _report(job)
    assert job.step("Comment").returncode == 0
    assert job.comments() == []


def test_two_projects_of_a_repository_have_a_comment_each(job: Job) -> None:
    _report(job, revisions=["0002"])
    for label in ("orders", "stock", "orders"):
        job.given["label"] = label
        job.step("Comment")
    assert [body.splitlines()[-1] for body in job.comments()] == [
        "<!-- outofband rehearse orders -->",
        "<!-- outofband rehearse stock -->",
    ]


def test_a_token_that_may_not_comment_is_a_warning(job: Job) -> None:
    _report(job, revisions=["0002"])
    done = job.step("Comment", REFUSES="1")
    assert done.returncode == 0
    assert done.stdout.startswith("::warning title=outofband::The comment could not be written: gh")
    assert done.stderr == ""
