"""Output that cannot be written: nobody reads it any more, or the disk behind it is full."""

from __future__ import annotations

import errno
import os
from typing import IO, Any

_UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)


def is_unwritable(error: OSError) -> bool:
    """Tell whether an error speaks of a stream that takes no more, and not of a file by name."""
    return error.errno in _UNWRITABLE and error.filename is None


def mute(stream: IO[Any]) -> None:
    """Let what is written to a stream go nowhere from now on, what it still holds included."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
