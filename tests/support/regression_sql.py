"""PostgreSQL's own regression SQL: fetched once, kept in the user's cache folder, never committed.

It is in the source distribution of pglast, which holds libpg_query's copy of
src/test/regress/sql (PostgreSQL License).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from outofband.ephemeral.template import cache_folder

_REQUIREMENT = "pglast==8.8"
_FOLDER = "libpg_query/test/sql/postgres_regress/"
_SECONDS = 100


class CorpusNotFound(Exception):
    """The corpus is not in the cache and cannot be fetched; the message says why."""


def files() -> list[Path]:
    """Return the corpus' files by name, fetching them where the cache has none."""
    kept = cache_folder() / "regression-sql" / _REQUIREMENT.replace("==", "-")
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".") as scratch:
            unpacked = _unpack(_download(Path(scratch)), Path(scratch, "unpacked"))
            with contextlib.suppress(OSError):  # another run was faster
                unpacked.rename(kept)
            shutil.rmtree(unpacked, ignore_errors=True)
    return sorted(kept.glob("*.sql"))


def _download(scratch: Path) -> Path:
    options = ("--quiet", "--no-deps", "--no-binary", "pglast", "--dest", str(scratch))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, _REQUIREMENT],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
    except subprocess.TimeoutExpired:
        raise CorpusNotFound(f"{_REQUIREMENT} did not come within {_SECONDS} s") from None
    if done.returncode != 0:
        raise CorpusNotFound(f"{_REQUIREMENT} could not be downloaded: {done.stderr[-200:]}")
    return next(scratch.glob("pglast-*.tar.gz"))


def _unpack(archive: Path, folder: Path) -> Path:
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if _FOLDER in member.name and member.name.endswith(".sql"):
                content = tar.extractfile(member)
                if content is not None:
                    (folder / Path(member.name).name).write_bytes(content.read())
    return folder
