"""What is done by a provider's own steps where no SQL of ours may: the values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A page of a provider's documentation: its ``address``, what it ``says``, and the day that a
    copy of it was ``read``.
    """

    address: str
    says: str
    read: str


@dataclass(frozen=True, slots=True)
class Provider:
    """How a provider's servers are told, and sentences that name the provider's own steps.

    One of ``settings``, or ``function``, or all of ``roles`` give it away. ``administrator`` is who
    may grant; ``direct``, how to connect past the pooler; ``disk``, how to look for space and make
    more; ``temp_file_limit``, how to raise that, with ``{kb}`` for the value, empty where SQL does.
    ``unverified`` is what none of the ``sources`` says.
    """

    name: str
    administrator: str
    direct: str
    disk: str
    temp_file_limit: str = ""
    roles: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    function: str = ""
    sources: tuple[Source, ...] = ()
    unverified: str = ""


SELF_HOSTED = Provider(
    name="",
    administrator="a superuser",
    direct="Connect to PostgreSQL's own host and port, not the pooler's",
    disk="Look with df on the server, and free space or name other tablespaces",
)
