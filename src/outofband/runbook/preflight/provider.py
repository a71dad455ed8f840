"""Whose server is it, and how are things done there?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """How to do what no SQL of ours may: sentences that name the provider's own step.

    ``administrator`` is who may grant; ``direct`` how to connect past the pooler.
    """

    name: str
    administrator: str
    direct: str


SELF_HOSTED = Provider(
    name="",
    administrator="a superuser",
    direct="Connect to PostgreSQL's own host and port, not the pooler's",
)
