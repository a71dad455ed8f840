"""Dumps and stores that more than one file of tests needs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from codeintel.bundle import Bundle
from codeintel.index_python.index import index
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read
from codeintel.store.folder import BundleFolder

REPOSITORY = Path(__file__).parents[2]

WriteDump = Callable[..., Path]
Upgrade = Callable[[str, str], None]


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
def small_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dump of a package a fifth as long, where it matters little what is in it."""
    out = tmp_path_factory.mktemp("small") / "pluggy.lsif.gz"
    index("pluggy", out)
    return out


@pytest.fixture(scope="session")
def small_bundle(small_dump: Path) -> Bundle:
    """What that dump says."""
    return correlate(read(small_dump))


@pytest.fixture(scope="session")
def click_bundle(click_dump: Path) -> Bundle:
    """What that dump says."""
    return correlate(read(click_dump))


@pytest.fixture(scope="session")
def upgrade() -> Upgrade:
    """Bring a database to a revision of the store: ``upgrade(url, revision)``."""

    def to(url: str, revision: str) -> None:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DATABASE_URL", url)
            command.upgrade(Config(REPOSITORY / "alembic.ini"), revision)

    return to


@pytest.fixture(scope="session")
def first_revision(make_database: Callable[..., str], upgrade: Upgrade) -> str:
    """The URL of a database with the five tables and nothing else, to make others from."""
    url = make_database()
    upgrade(url, "0001")
    return url


@pytest.fixture
def store_url(make_database: Callable[..., str], first_revision: str) -> str:
    """The URL of an empty store as its first revision makes it."""
    return make_database(template=first_revision)


@pytest.fixture
def store(store_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to that store."""
    with psycopg.connect(store_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def last_revision(make_database: Callable[..., str], upgrade: Upgrade) -> str:
    """The URL of an empty store as all its revisions make it, to make others from."""
    url = make_database()
    upgrade(url, "head")
    return url


@pytest.fixture
def migrated_url(make_database: Callable[..., str], last_revision: str) -> str:
    """The URL of an empty store as it is today."""
    return make_database(template=last_revision)


@pytest.fixture
def migrated(migrated_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to that store."""
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> BundleFolder:
    """A folder of bundles, with nothing in it."""
    return BundleFolder(tmp_path / "lsif-storage")
