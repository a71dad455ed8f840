"""Whose server is it, and how is done there what no SQL of ours may do? Data, and one look.

Each step is taken from the provider's own documentation, named beside it; none of them could be
tried out here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query


@dataclass(frozen=True, slots=True)
class Provider:
    """How a provider's servers are told, and sentences that name the provider's own steps.

    One of ``settings``, or ``function``, or all of ``roles`` give it away. ``administrator`` is who
    may grant; ``direct``, how to connect past the pooler; ``disk``, how to look for space and make
    more; ``temp_file_limit``, how to raise that, with ``{kb}`` for the value, empty where SQL does.
    ``sources`` are pages of its documentation.
    """

    name: str
    administrator: str
    direct: str
    disk: str
    temp_file_limit: str = ""
    roles: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    function: str = ""
    sources: tuple[str, ...] = ()


SELF_HOSTED = Provider(
    name="",
    administrator="a superuser",
    direct="Connect to PostgreSQL's own host and port, not the pooler's",
    disk="Look with df on the server, and free space or name other tablespaces",
)

_RDS_DIRECT = "Connect to the endpoint of the instance (writer), not to that of RDS Proxy"
_RDS_GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest"

PROVIDERS = (
    Provider(
        name="Amazon Aurora",
        administrator="the master user (rds_superuser)",
        direct=_RDS_DIRECT,
        disk="The volume grows by itself; temporary files lie on the instance's own disk: look at "
        "FreeLocalStorage in CloudWatch, and take a larger instance class while it is built",
        temp_file_limit="Set temp_file_limit to {kb} in the parameter group of the DB instance "
        "(dynamic, no reboot)",
        roles=frozenset({"rdsadmin", "rds_superuser", "rds_aurora"}),
        function="aurora_version",
        sources=(
            f"{_RDS_GUIDE}/AuroraUserGuide/AuroraPostgreSQL.Managing.html",
            f"{_RDS_GUIDE}/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html",
        ),
    ),
    Provider(
        name="Amazon RDS",
        administrator="the master user (rds_superuser)",
        direct=_RDS_DIRECT,
        disk="Look at FreeStorageSpace in CloudWatch, and raise Allocated storage under Modify",
        temp_file_limit="Set temp_file_limit to {kb} in the DB parameter group of the instance "
        "(dynamic, no reboot)",
        roles=frozenset({"rdsadmin", "rds_superuser"}),
        settings=frozenset({"rds.extensions"}),
        sources=(
            f"{_RDS_GUIDE}/UserGuide/PostgreSQL.ManagingTempFiles.html",
            f"{_RDS_GUIDE}/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html",
        ),
    ),
    Provider(
        name="AlloyDB",
        administrator="a member of alloydbsuperuser",
        direct="Connect to port 5432 of the instance, not to that of managed connection pooling",
        disk="The storage grows by itself; look at the instance's metrics for what is used",
        temp_file_limit="Add temp_file_limit={kb} to the flags that are set already: gcloud "
        "alloydb instances update INSTANCE --database-flags=…",
        roles=frozenset({"alloydbadmin", "alloydbsuperuser"}),
        settings=frozenset({"alloydb.iam_authentication"}),
        sources=("https://cloud.google.com/alloydb/docs/instance-configure-database-flags",),
    ),
    Provider(
        name="Cloud SQL",
        administrator="a member of cloudsqlsuperuser",
        direct="Connect to port 5432 of the instance, not to that of managed connection pooling",
        disk="Look at disk/utilization in Cloud Monitoring, and raise the storage: gcloud sql "
        "instances patch INSTANCE --storage-size=…",
        temp_file_limit="Add temp_file_limit={kb} to the flags that are set already: gcloud sql "
        "instances patch INSTANCE --database-flags=…",
        roles=frozenset({"cloudsqladmin", "cloudsqlsuperuser"}),
        settings=frozenset({"cloudsql.iam_authentication"}),
        sources=("https://cloud.google.com/sql/docs/postgres/flags",),
    ),
    Provider(
        name="Azure Database for PostgreSQL",
        administrator="the server's administrator (azure_pg_admin)",
        direct="Connect to port 5432, where the server is, not to 6432, where its PgBouncer is",
        disk="Look at Storage percent under Metrics, and raise the size under Compute + storage",
        temp_file_limit="Set temp_file_limit to {kb} under Server parameters (dynamic): az "
        "postgres flexible-server parameter set --name temp_file_limit --value {kb}",
        roles=frozenset({"azuresu", "azure_pg_admin"}),
        settings=frozenset({"azure.extensions"}),
        sources=(
            "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-pgbouncer",
            "https://learn.microsoft.com/azure/postgresql/flexible-server/param-resource-usage-disk",
        ),
    ),
    Provider(
        name="Neon",
        administrator="a member of neon_superuser",
        direct="Connect to the host without -pooler in its name (Connect, Connection pooling off)",
        disk="The storage grows by itself; temporary files lie on the compute's own disk: take a "
        "larger compute while it is built",
        temp_file_limit="Ask Neon's support for a temp_file_limit of {kb} kB",
        roles=frozenset({"cloud_admin", "neon_superuser"}),
        settings=frozenset({"neon.tenant_id"}),
        sources=(
            "https://neon.com/docs/connect/connection-pooling",
            "https://neon.com/docs/reference/compatibility",
        ),
    ),
    Provider(
        name="Supabase",
        administrator="the role postgres, in the SQL editor,",
        direct="Connect to db.PROJECT.supabase.co:5432 (Connect, Direct connection), not to the "
        "pooler",
        disk="Look at Database, Reports, and raise the disk size under Settings, Compute and Disk",
        temp_file_limit="Ask Supabase's support for a temp_file_limit of {kb} kB: it is not among "
        "the settings that the role postgres may change",
        roles=frozenset({"supabase_admin", "supabase_auth_admin"}),
        sources=(
            "https://supabase.com/docs/guides/database/connecting-to-postgres",
            "https://supabase.com/docs/guides/database/custom-postgres-config",
        ),
    ),
)
"""Those whose servers look like another's come first."""


def read_provider(reader: Reader) -> Provider:
    """Look at roles, settings and functions for whose server this is."""
    marks = {
        "roles": sorted(role for p in PROVIDERS for role in p.roles),
        "settings": sorted(name for p in PROVIDERS for name in p.settings),
        "functions": sorted(p.function for p in PROVIDERS if p.function),
    }
    (row,) = reader.rows(query("provider"), marks)
    return recognised(row["roles"], row["settings"], row["functions"])


def recognised(
    roles: Collection[str], settings: Collection[str], functions: Collection[str] = ()
) -> Provider:
    """Return the provider that these give away."""
    for provider in PROVIDERS:
        by_roles = bool(provider.roles) and provider.roles <= set(roles)
        if by_roles or provider.settings & set(settings) or provider.function in functions:
            return provider
    return SELF_HOSTED
