"""Dumps and stores that more than one file of tests needs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from codeintel.bundle import Bundle
from codeintel.index_python.index import index
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]

WriteDump = Callable[..., Path]


@pytest.fixture
def write_dump(tmp_path: Path) -> WriteDump:
    """Write a dump: ``write_dump(element, …)``; metaData and ids come by themselves."""

    def write(*elements: dict[str, Any]) -> Path:
        first = {
            "type": "vertex",
            "label": "metaData",
            "version": "0.4.3",
            "projectRoot": "file:///p",
        }
        lines = [
            json.dumps({"id": number, **element})
            for number, element in enumerate([first, *elements])
        ]
        path = tmp_path / "dump.lsif"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture(scope="session")
def real_dumps() -> Path:
    """The folder with the three dumps of npm packages."""
    default = REPOSITORY / ".." / "shared" / "data" / "lsif"
    folder = Path(os.environ.get("OUTOFBAND_LSIF_DUMPS", default))
    if not folder.is_dir():
        pytest.skip("no real dumps: set OUTOFBAND_LSIF_DUMPS to their folder")
    return folder


@pytest.fixture(scope="session")
def click_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dump of the installed package ``click``, as this project indexes it."""
    out = tmp_path_factory.mktemp("click") / "click.lsif.gz"
    index("click", out)
    return out


@pytest.fixture(scope="session")
def click_bundle(click_dump: Path) -> Bundle:
    """What that dump says."""
    return correlate(read(click_dump))


@pytest.fixture
def store(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a store as the first revision makes it."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute((HERE / "tables.sql").read_text())
        yield connection


@pytest.fixture
def add_later_columns() -> Callable[[psycopg.Connection[Any]], None]:
    """Bring a store to where the revisions end."""

    def add(connection: psycopg.Connection[Any]) -> None:
        connection.execute((HERE / "later_columns.sql").read_text())

    return add
