"""Whose server is it? The providers that are known, each with the pages it was taken from.

None of it could be tried out on a provider's own server.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from outofband.catalog.reader import Reader, query
from outofband.runbook.provider import SELF_HOSTED, Provider, Source

_page = partial(Source, read="2026-11-27")

_RDS_DIRECT = "Connect to the endpoint of the instance (writer), not to that of RDS Proxy"
_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide"
_AURORA = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide"
_ALLOYDB = "https://cloud.google.com/alloydb/docs"
_CLOUD_SQL = "https://cloud.google.com/sql/docs/postgres"
_AZURE = "https://learn.microsoft.com/azure/postgresql"
_NEON = "https://neon.com/docs"
_SUPABASE = "https://supabase.com/docs/guides"

PROVIDERS = (
    Provider(
        name="Amazon Aurora",
        administrator="the master user (rds_superuser)",
        direct=_RDS_DIRECT,
        disk="The volume grows by itself; temporary files lie on the instance's own disk: look at "
        "FreeLocalStorage in CloudWatch, and take a larger instance class while it is built",
        temp_file_limit="Set temp_file_limit to {kb} in the DB parameter group of the instance, "
        "one of your own, and reboot the instance where it says pending-reboot",
        function="aurora_version",
        sources=(
            _page(
                f"{_AURORA}/AuroraPostgreSQL.Managing.html",
                "sorts of index builds use local storage, its size by instance class, the metric",
            ),
            _page(
                f"{_AURORA}/AuroraPostgreSQL.Reference.ParameterGroups.html",
                "temp_file_limit is a parameter of the instance, in kB, -1 by default",
            ),
            _page(f"{_AURORA}/aurora_version.html", "there is a function aurora_version"),
        ),
        unverified="whether a new temp_file_limit wants a reboot; the name of the proxy's endpoint",
    ),
    Provider(
        name="Amazon RDS",
        administrator="the master user (rds_superuser)",
        direct=_RDS_DIRECT,
        disk="Look at FreeStorageSpace in CloudWatch, and raise Allocated storage under Modify",
        temp_file_limit="Set temp_file_limit to {kb} in the DB parameter group of the instance, "
        "one of your own, and reboot the instance: it is listed as static",
        roles=frozenset({"rdsadmin", "rds_superuser"}),
        settings=frozenset({"rds.extensions"}),
        sources=(
            _page(
                f"{_RDS}/Appendix.PostgreSQL.CommonDBATasks.Parameters.html",
                "temp_file_limit is static, in kB; default parameter groups cannot be changed",
            ),
            _page(
                f"{_RDS}/PostgreSQL.ManagingTempFiles.html",
                "temporary files lie on the data volume; the metric FreeStorageSpace",
            ),
            _page(
                f"{_RDS}/Appendix.PostgreSQL.CommonDBATasks.Roles.html",
                "the roles rdsadmin and rds_superuser; the master user may grant",
            ),
        ),
        unverified="the setting rds.extensions; the words of the console for storage",
    ),
    Provider(
        name="AlloyDB",
        administrator="a member of alloydbsuperuser",
        direct="Connect to port 5432 of the instance, not to that of managed connection pooling",
        disk="The storage grows by itself; look at the instance's metrics for what is used",
        temp_file_limit="Add temp_file_limit={kb} to the flags that are set already: gcloud "
        "alloydb instances update INSTANCE --database-flags=…",
        roles=frozenset({"alloydbsuperuser", "alloydbagent"}),
        settings=frozenset({"alloydb.iam_authentication"}),
        sources=(
            _page(
                f"{_ALLOYDB}/database-users/overview",
                "the roles alloydbsuperuser, alloydbagent, alloydbimportexport, alloydbreplica",
            ),
            _page(f"{_ALLOYDB}/manage-iam-authn", "the flag alloydb.iam_authentication"),
            _page(
                f"{_ALLOYDB}/configure-managed-connection-pooling",
                "there is managed connection pooling, which one connects to instead",
            ),
        ),
        unverified="that temp_file_limit is among the flags, and whether it wants a restart; that "
        "the storage grows by itself; the ports",
    ),
    Provider(
        name="Cloud SQL",
        administrator="a member of cloudsqlsuperuser",
        direct="Connect to port 5432 of the instance, not to that of managed connection pooling",
        disk="Look at disk/utilization in Cloud Monitoring, and raise the storage: gcloud sql "
        "instances patch INSTANCE --storage-size=…",
        temp_file_limit="Add temp_file_limit={kb} to all the flags that are set already, which "
        "may restart the server: gcloud sql instances patch INSTANCE --database-flags=…",
        roles=frozenset({"cloudsqladmin", "cloudsqlsuperuser"}),
        settings=frozenset({"cloudsql.iam_authentication"}),
        sources=(
            _page(
                f"{_CLOUD_SQL}/flags",
                "the command; flags that are not named again are reset; it may restart the server",
            ),
            _page(
                f"{_CLOUD_SQL}/users",
                "nobody is superuser; cloudsqlsuperuser has some of what one may",
            ),
        ),
        unverified="that temp_file_limit is among the flags; the role cloudsqladmin and the "
        "setting; the metric, the storage command and the ports",
    ),
    Provider(
        name="Azure Database for PostgreSQL",
        administrator="the server's administrator (azure_pg_admin)",
        direct="Connect to port 5432, where the server is, not to 6432, where its PgBouncer is",
        disk="Look at Storage percent under Metrics, and raise the size under Compute + storage",
        temp_file_limit="Set temp_file_limit to {kb} under Server parameters (dynamic: it holds "
        "for new connections): az postgres flexible-server parameter set --name temp_file_limit "
        "--value {kb}",
        roles=frozenset({"azuresu", "azure_pg_admin"}),
        settings=frozenset({"azure.extensions"}),
        sources=(
            _page(
                f"{_AZURE}/security/security-access-control",
                "the roles azure_pg_admin and azuresu, which is Microsoft's own",
            ),
            _page(f"{_AZURE}/connectivity/concepts-pgbouncer", "PgBouncer has port 6432"),
            _page(
                f"{_AZURE}/flexible-server/param-resource-usage-disk",
                "temp_file_limit is dynamic, -1 by default",
            ),
            _page(
                f"{_AZURE}/flexible-server/concepts-server-parameters",
                "the pane Server parameters; a dynamic one holds for new connections",
            ),
        ),
        unverified="the setting azure.extensions; the words of the portal for storage; the az "
        "command",
    ),
    Provider(
        name="Neon",
        administrator="a member of neon_superuser",
        direct="Connect to the host without -pooler in its name (Connect, Connection pooling off)",
        disk="Sorts and index builds use the compute's own disk: take a larger compute while it "
        "is built",
        temp_file_limit="Ask Neon's support for a temp_file_limit of {kb} kB (paid plans)",
        roles=frozenset({"cloud_admin", "neon_superuser"}),
        settings=frozenset({"neon.tenant_id"}),
        sources=(
            _page(f"{_NEON}/connect/connection-pooling", "-pooler in the host's name, PgBouncer"),
            _page(
                f"{_NEON}/reference/compatibility",
                "the role neon_superuser; only parameters with a user context may be set, others "
                "are asked of the support on a paid plan; the local disk limits index builds",
            ),
            _page(
                "https://github.com/neondatabase/neon, pgxn/neon/libpagestore.c",
                "the setting neon.tenant_id",
            ),
        ),
        unverified="the role cloud_admin",
    ),
    Provider(
        name="Supabase",
        administrator="the role postgres, in the SQL editor,",
        direct="Connect to db.PROJECT.supabase.co:5432 (Connect, Direct connection; by IPv6, or "
        "with the IPv4 add-on), not to the pooler",
        disk="Raise the disk size under Database, Settings beforehand: it grows by half at 90 %, "
        "four times a day, and at 95 % the database becomes read-only",
        temp_file_limit="Ask Supabase's support for a temp_file_limit of {kb} kB: it is neither "
        "among the settings that the role postgres may change nor among those of the CLI",
        roles=frozenset({"supabase_admin", "supabase_auth_admin"}),
        sources=(
            _page(f"{_SUPABASE}/database/postgres/roles", "the roles; postgres has admin rights"),
            _page(
                f"{_SUPABASE}/database/custom-postgres-config",
                "which settings SQL and the CLI may change; others are asked of the support",
            ),
            _page(
                f"{_SUPABASE}/database/connecting-to-postgres",
                "the direct connection string, and that it is IPv6",
            ),
            _page(
                f"{_SUPABASE}/platform/database-size",
                "disks of paid plans grow by half at 90 %, four times in 24 hours; read-only at "
                "95 %",
            ),
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
