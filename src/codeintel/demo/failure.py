"""How the demonstration fails: in words, with exit status 1."""

from __future__ import annotations

from outofband.errors import OutofbandError


class ActFailed(OutofbandError):
    """Something came out otherwise than the demonstration promises."""

    default_state = "Nothing of the demonstration is left"
