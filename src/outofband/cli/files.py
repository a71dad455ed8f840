"""Files that a command writes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file as a whole or not at all. Raises OSError."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".outofband-") as folder:
        new = Path(folder) / path.name
        new.write_bytes(content)
        new.chmod(mode)
        os.replace(new, path)
