"""What a project's revisions do on a server of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from outofband.ephemeral import Server
from outofband.rehearse.run import Call, Part, Ran, Site, parts
from rehearsed import Project, Run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def run(project: Project, server: Server, database: str) -> Run:
    """Run parts of the project's revisions on a fresh database."""

    def ran(
        *wanted: Part, base: Sequence[str] = (), limit: float = 60.0, apart: bool = True
    ) -> list[Ran]:
        name = urlsplit(database).path.removeprefix("/")
        site = Site(str(server.socket_directory), server.port, name)
        call = Call((str(project.folder / "alembic.ini"),), "alembic", (), base, apart, limit)
        return [*parts(call, site, wanted or ("upgrade",))]

    return ran
