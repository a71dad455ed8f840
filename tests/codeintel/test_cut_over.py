"""The commands of docs/cut-over.md, run in their order: a dump is readable after each."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel import worker
from codeintel.bundle import Bundle
from codeintel.cli import main
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.store.rows import Rows
from codeintel.store.sqlite import SqliteStore
from codeintel.worker import prepare

Store = psycopg.Connection[Any]
PAGE = Path(__file__).parents[2] / "docs" / "cut-over.md"


def sections() -> dict[str, list[str]]:
    """Return our own commands by the title above them."""
    found: dict[str, list[str]] = {}
    for title, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S):
        lines = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S)).splitlines()
        found[title] = [line for line in lines if line.startswith("python -m codeintel ")]
    return found


SECTIONS = sections()


@pytest.fixture
def rows(click_bundle: Bundle) -> Rows:
    whole = prepare(click_bundle)
    return Rows(whole.metadata, whole.documents[:2], (), whole.definitions[:5], ())


def test_the_page_has_the_commands_that_it_is_about() -> None:
    assert list(SECTIONS) == ["Before", "Move", "Cut over", "Back"]
    words = {shlex.split(line)[3] for lines in SECTIONS.values() for line in lines}
    assert words == {"mode", "move", "janitor", "reverse"}


@pytest.mark.parametrize("last", ["Move", "Cut over"])
def test_forth_and_back_by_the_page_alone(
    migrated_url: str,
    migrated: Store,
    folder: BundleFolder,
    rows: Rows,
    last: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("BUNDLE_DIR", str(folder.root))
    reader = FallbackReader(migrated, folder)
    written = 0

    def follow(title: str) -> None:
        nonlocal written
        for line in SECTIONS[title]:
            assert main(shlex.split(line)[3:]) == 0, line
            worker.write(migrated, folder, written := written + 1, rows)
            assert reader.dumps() == list(range(1, written + 1)), line

    follow("Before")
    follow("Move")
    assert PostgresStore(migrated).dumps(limit=2) == [1, 2]
    if last == "Cut over":
        follow(last)
        assert folder.bundles() == []
        assert PostgresStore(migrated).dumps() == list(range(1, written + 1))
    follow("Back")
    assert PostgresStore(migrated).dumps() == []
    assert SqliteStore(folder).dumps() == list(range(1, written + 1))
