"""The options that several commands take, each with its variable."""

from __future__ import annotations

from pathlib import Path

import click

from codeintel.store.rows import MAX_DUMP_ID

database_url = click.option(
    "--database-url",
    required=True,
    envvar="DATABASE_URL",
    show_envvar=True,
    help="The store's Postgres, postgresql://role@host:5432/database.",
)

dump_id = click.option(
    "--dump-id",
    required=True,
    type=click.IntRange(1, MAX_DUMP_ID),
    help="The number of the dump in the store.",
)

bundle_dir = click.option(
    "--bundle-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BUNDLE_DIR",
    show_envvar=True,
    default="lsif-storage",
    show_default=True,
    help="The root folder of the bundles, with dbs/ and db-backups/ in it.",
)
