"""Which files are of a longer suite: `make test` skips them and says which verb runs them.

``pytestmark = suites.FAULTS`` in a file, or ``@suites.FAULTS`` at one test of it. The recipe of the
verb in the Makefile names the file or its folder (tests/layout/test_suites.py).
"""

from __future__ import annotations

import os

import pytest


def _of(verb: str, variable: str) -> pytest.MarkDecorator:
    """Skip what is not of ``make test``, unless the variable that its verb sets is there."""
    return pytest.mark.skipif(variable not in os.environ, reason=f"it takes long: make {verb}")


FAULTS = _of("test-faults", "FAULTS")
ORACLE = _of("test-oracle", "ORACLE_EVERY")
MATRIX = _of("test-matrix", "OUTOFBAND_MATRIX")
DOCS = _of("test-docs", "OUTOFBAND_DOCS")
RELEASE = _of("test-release", "OUTOFBAND_RELEASE")
