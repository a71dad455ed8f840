"""What a run of a backfill is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from outofband.backfill.spec import Spec
from outofband.backfill.state import Name


@dataclass(frozen=True, slots=True)
class Job:
    """What is run: the spec and what it is called, on which table, by whom (``holder``, for
    people), on which host's files (``places``); ``max_wait`` seconds at most for the server to be
    calm, None without end. ``stopped`` is set when the operator wants the run to end; ``not_now``
    tells why nothing is to be done at this hour, empty where it may.
    """

    spec: Spec
    spec_name: str
    name: Name
    table_oid: int
    holder: str
    places: tuple[str, ...] = ()
    max_wait: float | None = None
    stopped: Event = field(default_factory=Event)
    not_now: Callable[[], str] = lambda: ""
