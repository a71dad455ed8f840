"""The cache of data directories is advice: it may be empty, raced for, damaged or closed."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from outofband.ephemeral import InitdbFailed, server, template

if TYPE_CHECKING:
    from tests.ephemeral.conftest import Place


@pytest.fixture
def cold(here: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The place, with its own, empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(here.cache.parent))
    return here


@pytest.fixture
def archive(cold: Place, an_archive: Path) -> Path:
    """An archive in that cache."""
    cold.cache.mkdir()
    return Path(shutil.copy(an_archive, cold.cache))


def add_marker(archive: Path) -> None:
    """Put a file into an archive, to tell data directories apart that came from it."""
    marker = tarfile.TarInfo("data/marker")
    with tarfile.open(archive, "a") as file:
        file.addfile(marker)


def test_the_first_server_makes_an_archive_and_the_second_comes_from_it(cold: Place) -> None:
    with server():
        (archive,) = cold.archives()
    add_marker(archive)
    with server() as second:
        assert (second.data_directory / "marker").exists()
    assert cold.archives() == [archive]


def test_two_at_once_on_an_empty_cache_both_work(place: Place) -> None:
    programs = [place.run() for _ in range(2)]
    for program in programs:
        _, complaint = program.communicate()
        assert program.returncode == 0, complaint
    assert place.is_clean()
    assert len(place.archives()) == 1


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no archive": lambda _: b"no archive",
    "zeros": lambda whole: bytes(len(whole)),
    "half": lambda whole: whole[: len(whole) // 2],
    "without its last file": lambda whole: whole[: whole.rindex(b"complete")],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_archive_is_replaced(archive: Path, damage: Callable[[bytes], bytes]) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(damage(whole))
    with server():
        assert archive.stat().st_size == len(whole)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_an_archive_that_somebody_else_wrote_is_not_trusted(archive: Path) -> None:
    add_marker(archive)
    os.chown(archive, 65534, 65534)
    with server() as second:
        assert not (second.data_directory / "marker").exists()


def test_without_a_home_the_cache_is_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/proc/nonexistent")
    assert template.cache_folder().parent == tmp_path


def test_a_relative_cache_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert template.cache_folder().parent == tmp_path


def test_a_failing_initdb_is_reported_in_its_own_words(cold: Place, tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.6'\n")
    (tmp_path / "initdb").write_text("#!/bin/sh\necho initdb: error: no space >&2; exit 1\n")
    for name in ("postgres", "initdb"):
        (tmp_path / name).chmod(0o755)
    with pytest.raises(InitdbFailed, match="no space") as caught, server(pg_bin=tmp_path):
        pass
    assert caught.value.exit_status == 3
    assert cold.is_clean()
    assert not cold.archives()
