"""Whose server it is, from what is there; and what each provider's remedies say."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pytest

from outofband.runbook.preflight.pooler import judge_pooler
from outofband.runbook.provider import SELF_HOSTED, Provider
from outofband.runbook.providers import PROVIDERS, recognised
from outofband.runbook.temp_files import GiveUp, Means, answer

NOTHING_LEFT = Means(
    role="app",
    limit_kb=1024,
    memory_kb=65536,
    maintenance_workers=0,
    workers=0,
    may_raise_limit=False,
    server_version=160000,
)
ALL = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda p: p.name)


@pytest.mark.parametrize(
    ("roles", "settings", "functions", "name"),
    [
        ((), (), (), ""),
        (("postgres", "app"), (), (), ""),
        (("rds_superuser",), (), (), ""),  # a dump restored elsewhere brings such a role along
        (("rdsadmin", "rds_superuser"), (), (), "Amazon RDS"),
        ((), ("rds.extensions",), (), "Amazon RDS"),
        (("rdsadmin", "rds_superuser"), ("rds.extensions",), ("aurora_version",), "Amazon Aurora"),
        (("alloydbsuperuser", "alloydbagent"), (), (), "AlloyDB"),
        (("cloudsqladmin", "cloudsqlsuperuser"), (), (), "Cloud SQL"),
        (("azuresu", "azure_pg_admin"), (), (), "Azure Database for PostgreSQL"),
        (("cloud_admin", "neon_superuser"), (), (), "Neon"),
        (("supabase_admin", "supabase_auth_admin", "postgres"), (), (), "Supabase"),
    ],
)
def test_all_roles_or_one_setting_or_function_give_a_provider_away(
    roles: Collection[str], settings: Collection[str], functions: Collection[str], name: str
) -> None:
    assert recognised(roles, settings, functions).name == name


@ALL
def test_the_remedy_for_temp_file_limit_is_the_providers_with_the_value(provider: Provider) -> None:
    given_up = answer(NOTHING_LEFT, 1 << 30, provider)
    assert isinstance(given_up, GiveUp)
    assert given_up.do == provider.temp_file_limit.format(kb=2 << 20)
    assert str(2 << 20) in given_up.do


def test_without_a_provider_it_is_a_grant() -> None:
    given_up = answer(NOTHING_LEFT, 1 << 30, SELF_HOSTED)
    assert isinstance(given_up, GiveUp)
    assert given_up.do == "Let a superuser run GRANT SET ON PARAMETER temp_file_limit TO app;"


@ALL
def test_every_provider_tells_how_to_get_past_its_pooler_and_where_it_says_so(
    provider: Provider,
) -> None:
    (found,) = judge_pooler(-5, 1237, provider)
    assert found.do == provider.direct
    assert provider.sources
    for source in provider.sources:
        assert source.address.startswith("https://")
        assert source.says
        assert date(2026, 1, 1) < date.fromisoformat(source.read)
