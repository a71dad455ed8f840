"""How long a step is pending at most: since its revision was written (docs/decisions/0017)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from alembic.script import Script

_CREATE_DATE = re.compile(r"^Create Date:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)


def create_dates(revisions: Iterable[Script]) -> dict[str, datetime]:
    """Return the Create Date of each revision, as Alembic's template writes it; one without is not
    in it. A date without a time zone is taken as UTC.
    """
    dates = ((script.revision, _create_date(script.longdoc)) for script in revisions)
    return {revision: date for revision, date in dates if date is not None}


def pending_ages(dates: Mapping[str, datetime], now: datetime) -> dict[str, timedelta]:
    """Return for each revision the time since its Create Date; one in the future counts as now."""
    return {revision: max(timedelta(), now - date) for revision, date in dates.items()}


def _create_date(docstring: str) -> datetime | None:
    found = _CREATE_DATE.search(docstring)
    try:
        date = datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date is not None and date.tzinfo is None else date
