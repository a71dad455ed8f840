"""The end of what a runner can do by itself."""

from __future__ import annotations


class Stuck(Exception):
    """A step cannot go on without a person: ``why``, what to ``do``, and with which ``flags`` the
    same command goes on.
    """

    def __init__(self, why: str, do: str, flags: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why, self.do, self.flags = why, do, flags
