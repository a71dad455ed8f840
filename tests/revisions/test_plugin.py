"""Alembic loads us wherever it is imported, so being loaded has to be safe and cheap."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

HEAVY = ("psycopg", "click", "rich", "outofband.catalog.observe", "outofband.runbook")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=240
    )


FIRST = [
    "alembic",
    "alembic.op",
    "alembic.config",
    "alembic.autogenerate",
    "alembic.autogenerate.compare",
    "alembic.operations",
    "alembic.runtime.plugins",
    "alembic.script",
    "outofband",
    "outofband.deploy",
    "outofband.revisions.plugin",
    "outofband.revisions.operations",
]
EACH = f"""
import importlib, os, sqlalchemy
for first in {FIRST}:
    if (pid := os.fork()) == 0:
        importlib.import_module(first)
        from alembic import op
        op.create_index_out_of_band
        break
    _, status = os.waitpid(pid, 0)
    print(first, status, flush=True)
"""


def test_whatever_is_imported_first_the_operations_are_there() -> None:
    """Each in a process of its own, that has imported nothing but what Alembic stands on."""
    done = python(EACH)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{first} 0" for first in FIRST]


def test_nothing_heavy_is_loaded_with_alembic() -> None:
    done = python(f"import alembic, sys; print([m for m in {HEAVY} if m in sys.modules])")
    assert done.stdout.strip() == "[]"


def test_outofband_alone_loads_no_alembic() -> None:
    done = python("import outofband, sys; print('alembic' in sys.modules)")
    assert done.stdout.strip() == "False"


def test_the_comparator_is_found_by_alembics_own_glob() -> None:
    (ours,) = [e for e in entry_points(group="alembic.plugins") if "outofband" in e.value]
    assert ours.name.startswith("alembic.autogenerate.")


def test_operations_tell_what_they_do() -> None:
    from alembic import op

    for name in ("create_index_out_of_band", "drop_index_out_of_band", "require_step"):
        assert getattr(op, name).__doc__.strip()
