"""docs/rehearse.md: its files are written, its commands run and print what it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(python|json|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_about_rehearsals_prints_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "alembic" / "versions").mkdir(parents=True)
    for name in ("alembic.ini", "alembic/env.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    folder = str(Path(sys.executable).parent)
    path = os.pathsep.join([folder, os.environ["PATH"]])
    url = "postgresql+psycopg://app@db.invalid/production"
    env = {**os.environ, "PATH": path, "DATABASE_URL": url, "LC_ALL": "C.UTF-8"}
    page = (ROOT / "docs" / "rehearse.md").read_text(encoding="utf-8")
    ran = 0
    for language, body in _BLOCK.findall(page):
        if language == "python":
            (tmp_path / body.splitlines()[0].removeprefix("# ")).write_text(body)
        elif language == "json":
            (tmp_path / "stats.json").write_text(body)
        else:
            parts = re.split(r"^\$ (.*)$", body, flags=re.MULTILINE)[1:]
            for command, shown in zip(parts[::2], parts[1::2], strict=True):
                done = subprocess.run(
                    ["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True
                )
                assert done.stdout.strip() == shown.strip(), (command, done.stderr)
                ran += 1
    assert ran == 4
