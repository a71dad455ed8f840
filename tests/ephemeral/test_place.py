"""A server lives where somebody says, else in memory when there is room, else on disk."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from outofband.ephemeral import DirectoryUnusable, place


@pytest.fixture(autouse=True)
def _nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(place.VARIABLE, raising=False)


def test_the_argument_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(place.VARIABLE, "/var/tmp")
    assert place.new_folder(Path("/tmp")).parent == Path("/tmp")
    assert place.new_folder().parent == Path("/var/tmp")


def test_without_a_word_it_is_the_default() -> None:
    assert place.new_folder().parent == place.default_parent()


def test_no_two_folders_are_the_same() -> None:
    assert len({place.new_folder(Path("/tmp")) for _ in range(100)}) == 100


@pytest.mark.skipif(not os.access(place.MEMORY, os.W_OK), reason="there is no /dev/shm")
def test_memory_is_taken_when_there_is_ample() -> None:
    assert place.default_parent(ample=0) == place.MEMORY


def test_the_disk_is_taken_when_memory_is_scarce() -> None:
    assert place.default_parent(ample=2**60) == Path(tempfile.gettempdir())


@pytest.mark.parametrize(
    ("limit", "used", "left"),
    [("max\n", "4096\n", float("inf")), ("1000\n", "400\n", 600), (None, None, float("inf"))],
)
def test_the_limit_of_a_container_counts(
    tmp_path: Path, limit: str | None, used: str | None, left: float
) -> None:
    if limit is not None and used is not None:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text(used)
    assert place.left_by_cgroup(tmp_path) == left


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing", "does not exist"), ("x" * 90, "longer than 103 bytes"), ("a,b", "comma")],
)
def test_a_directory_that_cannot_hold_a_socket_is_misuse(
    short_path: Path, name: str, why: str
) -> None:
    if name != "missing":
        (short_path / name).mkdir()
    with pytest.raises(DirectoryUnusable, match=why) as caught:
        place.new_folder(short_path / name)
    assert caught.value.exit_status == 2
