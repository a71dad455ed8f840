"""Files grow by holes, a GB each, take no room, and are cut to what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from outofband.pretend.files import SEGMENT, cut, extend, length
from outofband.stats.value import PAGE

PER_SEGMENT = SEGMENT // PAGE


@pytest.mark.parametrize("before", [0, 3, PER_SEGMENT, PER_SEGMENT + 2])
@pytest.mark.parametrize("after", [4, PER_SEGMENT, PER_SEGMENT + 2, 3 * PER_SEGMENT + 1])
def test_a_relation_grows_and_is_cut_again(tmp_path: Path, before: int, after: int) -> None:
    first = tmp_path / "16384"
    first.touch()
    extend(first, before)
    names = sorted(path.name for path in tmp_path.iterdir())
    extend(first, after)
    assert length(first) == max(before, after)
    assert all(path.stat().st_size <= SEGMENT for path in tmp_path.iterdir())
    cut(first, before)
    assert length(first) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_what_is_in_the_file_stays(tmp_path: Path) -> None:
    first = tmp_path / "16384"
    first.write_bytes(b"x" * PAGE)
    extend(first, 5)
    cut(first, 1)
    assert first.read_bytes() == b"x" * PAGE


def test_holes_take_no_room(tmp_path: Path) -> None:
    first = tmp_path / "16384"
    first.touch()
    extend(first, 32 * PER_SEGMENT)
    assert length(first) * PAGE == 32 << 30
    assert sum(path.stat().st_blocks for path in tmp_path.iterdir()) * 512 < 1 << 20
