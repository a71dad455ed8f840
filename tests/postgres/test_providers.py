"""Managed servers are told by what only they have, and remedies name their own steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.provider import SELF_HOSTED
from outofband.runbook.providers import PROVIDERS, read_provider

CATALOGUES = sorted(Path(__file__).with_name("providers").glob("*.sql"))


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.stem)
def catalogue(request: pytest.FixtureRequest, db: Any) -> Iterator[str]:
    """A server with a provider's roles and settings, whatever the role that asks."""
    roles = []
    for line in request.param.read_text().splitlines():
        if setting := re.match(r"SET (\S+) = (.*);", line):
            database = db.sql("SELECT current_database()")[0]
            db.sql(f"ALTER DATABASE {database} SET {setting[1]} = {setting[2]}")
        elif not line.startswith("--"):
            db.sql(line)
        if role := re.match(r"CREATE ROLE (\w+)", line):
            roles.append(role[1])
    yield request.param.stem
    for role in roles:
        db.sql(f"DROP ROLE {role}")


def test_a_provider_is_recognised_by_a_role_without_rights(catalogue: str, db: Any) -> None:
    db.sql("CREATE ROLE app_of_a_tenant LOGIN")
    try:
        with Session(Url(db.url.replace("postgres@", "app_of_a_tenant@"))) as session:
            found = read_provider(session)
    finally:
        db.sql("DROP ROLE app_of_a_tenant")
    assert found.name.lower().replace(" ", "-") == catalogue


def test_a_server_of_ones_own_is_no_providers(db: Any) -> None:
    with Session(Url(db.url)) as session:
        assert read_provider(session) is SELF_HOSTED


def test_every_provider_has_a_catalogue() -> None:
    names = {p.name.lower().replace(" ", "-") for p in PROVIDERS}
    assert names == {path.stem for path in CATALOGUES}
