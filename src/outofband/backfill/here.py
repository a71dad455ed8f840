"""What the host is called to which units are bound, such as those that are files of it."""

from __future__ import annotations

import os
import socket

VARIABLE = "OUTOFBAND_PLACE"


def here() -> str:
    """Return ``$OUTOFBAND_PLACE``, else the host's name.

    A spec whose units are bound to their host says ``place=here()`` of each. Where a host's name
    changes with every start, as a container's does, the variable names the disk instead.
    """
    return os.environ.get(VARIABLE) or socket.gethostname()
