"""Pods of one deploy that all run ``alembic upgrade head`` when they start."""

from __future__ import annotations

import os
import re
import time
from typing import Any

from commands import ALEMBIC, Command

PODS = 50 if os.environ.get("FAULTS") else 4
"""`make test-faults` has the time for fifty processes."""
WAIT_SECONDS = 240.0
LOGGING = "import logging\nlogging.basicConfig(level=logging.INFO)\n"


def test_each_ends_at_head_and_one_does_the_work(on_server: Any) -> None:
    on_server.env_py(guarded=True)
    env_py = on_server.folder / "migrations/env.py"
    env_py.write_text(LOGGING + env_py.read_text())
    on_server.revision("r1", 'op.create_table("t", sa.Column("a", sa.Integer()))')
    on_server.revision("r2", 'op.create_index_out_of_band("ix", "t", ["a"])')
    words = [ALEMBIC, "-x", f"outofband-wait={WAIT_SECONDS:.0f}s", "upgrade", "head"]
    environ = {**os.environ, "PROJECT_URL": on_server.url}
    began = time.monotonic()
    pods = [Command(words, on_server.folder, environ) for _ in range(PODS)]
    try:
        assert [pod.wait(WAIT_SECONDS) for pod in pods] == [0] * PODS
        assert time.monotonic() - began < WAIT_SECONDS
        said = [pod.communicate()[1] for pod in pods]
    finally:
        for pod in pods:
            pod.kill()
    runs = [re.findall(r"Running upgrade \S* ?-> (\w+)", err) for err in said]
    assert sorted(filter(None, runs)) == [["r1", "r2"]]
    assert on_server.indexes() == {"ix": False}
