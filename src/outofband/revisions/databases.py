"""Several databases of one project, as Alembic's template multidb has them: the option
``databases`` lists their names, and each revision's functions are called once for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from alembic.config import Config

_OPTION = "databases"
_TOKEN = "_upgrades"


def listed(config: Config) -> tuple[str, ...]:
    """Return the names in the order of the configuration; none for a project with one database."""
    found = config.get_alembic_option(_OPTION)
    names = re.split(r"[,\s]+", found) if isinstance(found, str) else found or ()
    return tuple(name for name in names if name)


def narrow(config: Config, x: Sequence[str]) -> None:
    """Leave the one database that ``-x database=NAME`` names, so that an env.py which goes over all
    of them goes over that one. Raises LookupError for a name that is not listed.
    """
    names = listed(config)
    asked = [value for key, _, value in (one.partition("=") for one in x) if key == "database"]
    if names and asked:
        if asked[-1] not in names:
            raise LookupError(f"there is no database {asked[-1]}; there are {', '.join(names)}")
        config.set_main_option(_OPTION, asked[-1])


def configured(config: Config, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the name of the database that env.py has configured, by its ``upgrade_token``, which
    the template makes of it, else the first one that is listed; none where there is none.
    """
    token = str(options.get("upgrade_token") or "")
    return (token.removesuffix(_TOKEN),) if token.endswith(_TOKEN) else listed(config)[:1]
