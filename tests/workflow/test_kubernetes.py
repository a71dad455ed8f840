"""The Kubernetes example: by Kubernetes' own schemas, its commands run as in a rollout."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import Any

import kubernetes_validate
import psycopg
import pytest
import yaml

from commands import OUTOFBAND, Command

FOLDER = Path(__file__).parents[2] / "examples" / "kubernetes"
MANIFESTS = {path.name: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))}
VERSIONS = ("1.31", "1.37")
JOB = MANIFESTS["runbook-job.yaml"]["spec"]
PODS = {name: manifest["spec"]["template"]["spec"] for name, manifest in MANIFESTS.items()}
CONTAINERS = {
    each["name"]: each
    for pod in PODS.values()
    for each in [*pod.get("initContainers", []), *pod["containers"]]
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_one_by_kubernetes_schema(name: str, version: str) -> None:
    kubernetes_validate.validate(MANIFESTS[name], version, strict=True)


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_its_secrets_from_elsewhere_and_no_rights(name: str) -> None:
    container = CONTAINERS[name]
    assert [list(each) for each in container["envFrom"]] == [["secretRef"]]
    assert not re.search(r"://|password", yaml.safe_dump(container), re.IGNORECASE)
    assert container["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["resources"]["limits"]["memory"]


class Release:
    """The new release's image, as far as its containers go, on a database of production."""

    def __init__(self, repository: Any, url: str) -> None:
        self.folder = repository.folder / "backend"
        self.environ = {**repository.environ, "DATABASE_URL": url}

    def begun(self, name: str) -> Command:
        container = CONTAINERS[name]
        program, *words = [*container["command"], *container.get("args", [])]
        path = Path(OUTOFBAND).with_name(program)
        return Command([str(path), *words], self.folder, self.environ)

    def run(self, name: str) -> int:
        return self.begun(name).wait(60)


@pytest.fixture
def release(repository: Any, database: str, cured: str) -> Release:
    """A database of the old release, with rows; the new one declares an index on them."""
    with psycopg.connect(database, autocommit=True) as session:
        session.execute("CREATE TABLE documents (dump_id int PRIMARY KEY, path text NOT NULL)")
        session.execute("INSERT INTO documents SELECT g, 'p' FROM generate_series(1, 500) AS g")
        session.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
        session.execute("INSERT INTO alembic_version VALUES ('0001')")
    settings = repository.folder / "backend" / "pyproject.toml"
    settings.write_text("[tool.outofband]\ninline_max_bytes = 0\n")
    repository.revise("0002", cured)
    return Release(repository, database)


def test_the_job_builds_the_upgrade_adopts_and_the_gate_opens(release: Release) -> None:
    assert [release.run(name) for name in ("apply", "upgrade", "check")] == [0, 0, 0]


def test_where_the_job_did_not_run_the_upgrade_defers_and_the_gate_stays_shut(
    release: Release,
) -> None:
    assert [release.run(name) for name in ("upgrade", "check")] == [0, 1]
    assert [release.run(name) for name in ("apply", "check")] == [0, 0]


def failing() -> list[int]:
    """Exit statuses with which the Job is over, and does not try again."""
    rules = JOB["podFailurePolicy"]["rules"]
    (codes,) = [each["onExitCodes"]["values"] for each in rules if each["action"] == "FailJob"]
    return list(codes)


def test_a_pod_that_is_told_to_end_detaches_in_time_and_the_next_one_finishes(
    release: Release, database: str
) -> None:
    with psycopg.connect(database) as writer:
        writer.execute("UPDATE documents SET path = path WHERE dump_id = 1")
        pod = release.begun("apply")
        _until_a_build_waits(database)
        told = time.monotonic()
        pod.send_signal(signal.SIGTERM)
        assert pod.wait(60) == 4
        assert time.monotonic() - told < PODS["runbook-job.yaml"]["terminationGracePeriodSeconds"]
        assert 4 not in failing()
    assert [release.run(name) for name in ("apply", "upgrade", "check")] == [0, 0, 0]


def _until_a_build_waits(url: str) -> None:
    deadline = time.monotonic() + 60
    waiting = "SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%'"
    with psycopg.connect(url, autocommit=True) as session:
        while session.execute(waiting).fetchone() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_hazard_that_the_pipeline_has_not_met_ends_the_job(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONTAINERS["apply"], "args", ["blocks-vacuum"])
    assert release.run("apply") in failing()
