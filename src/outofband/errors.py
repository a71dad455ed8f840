"""Every error that outofband raises, grouped by the operator's only question: what is the state
now?

::

    OutofbandError                what happened, why, what to do, what the state is now
    ├─ Misuse             exit 2  the call or the configuration was wrong
    ├─ NothingChanged     exit 3  refused before anything was changed
    ├─ PartlyDone         exit 4  some of the work is done; ``do`` names the next command
    └─ StateUnknown       exit 5  what the database holds is not known, or not to this checkout

Findings of the linter are data, not exceptions. Drivers' exceptions are translated in one place
(``outofband.postgres.sqlstate``) because their texts contain pieces of passwords.
"""

from __future__ import annotations

import re
from typing import ClassVar


def sentence(text: str) -> str:
    """Return the text with a full stop, unless it is a sentence, or ends with SQL to paste."""
    return text if text.endswith((".", "?", ";")) else f"{text}."


class OutofbandError(Exception):
    """Something outofband will not or cannot do, told in four answers.

    ``what`` happened, in one clause; ``why``, the cause; ``do``, an imperative the reader can
    follow; ``state``, what the database or the files are like now. Subclasses set ``exit_status``
    and a default ``state``; the ``id`` (``plan-is-stale``) is the class's name and never changes
    its meaning: docs/errors.md lists them all.
    """

    id: ClassVar[str]
    """The stable name of this kind of error, as documented: the class's name in kebab case."""
    exit_status: ClassVar[int] = 1
    default_state: ClassVar[str] = ""

    def __init__(self, what: str, *, why: str = "", do: str = "", state: str | None = None) -> None:
        self.what = what
        self.why = why
        self.do = do
        self.state = self.default_state if state is None else state
        super().__init__(what)

    def __init_subclass__(cls) -> None:
        cls.id = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def what_and_why(self) -> str:
        """What happened and the cause, where what to do is told elsewhere or by nobody."""
        return f"{self.what}: {self.why}" if self.why else self.what

    def __str__(self) -> str:
        """Return the whole message on one line: what: why. Do. State."""
        sentences = self.what_and_why, self.do, self.state
        return " ".join(sentence(s) for s in sentences if s)


class Misuse(OutofbandError):
    """The call or the configuration was wrong; nothing was looked at yet."""

    exit_status = 2
    default_state = "Nothing was changed"


class NothingChanged(OutofbandError):
    """Refused: the database is as it was before the call."""

    exit_status = 3
    default_state = "Nothing was changed"


class PartlyDone(OutofbandError):
    """Some steps are done and some are not; every one of them is in a state that the next run
    understands.
    """

    exit_status = 4
    default_state = "What was finished stays finished"


class StateUnknown(OutofbandError):
    """What the database holds could not be found out, or means nothing to this checkout."""

    exit_status = 5
    default_state = "The state is unknown until the database answers"
