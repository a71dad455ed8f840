"""``python -m codeintel``."""

from __future__ import annotations

import sys

from codeintel.cli import main

if __name__ == "__main__":
    sys.exit(main())
