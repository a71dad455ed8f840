"""How long a step is pending at most: since its revision was written (docs/decisions/0017)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from alembic.script import Script

_CREATE_DATE = re.compile(r"^Create Date:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)


def pending_ages(revisions: Iterable[Script], now: datetime) -> dict[str, timedelta]:
    """Return for each revision the time since its Create Date, as Alembic's template writes it;
    one without is not in it.

    A date without a time zone is taken as UTC, and one in the future as now.
    """
    dates = ((script.revision, _create_date(script.longdoc)) for script in revisions)
    return {revision: max(timedelta(), now - date) for revision, date in dates if date is not None}


def _create_date(docstring: str) -> datetime | None:
    found = _CREATE_DATE.search(docstring)
    try:
        date = datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date is not None and date.tzinfo is None else date
