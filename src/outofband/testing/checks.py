"""The tests that a project imports, or gets by ``outofband_tests = true``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from outofband.testing.walk import Told


def test_every_revision_up_down_up(
    outofband_revision: str, outofband_trouble: Callable[[str], Told]
) -> None:
    """The revision runs up, down and up again, and each way the schema comes out the same; skipped
    where it says itself that there is no way back.
    """
    told = outofband_trouble(outofband_revision)
    if told.on_purpose:
        pytest.skip(told.trouble)
    if told.trouble:
        pytest.fail(told.trouble, pytrace=False)


def test_head_matches_models(outofband_unlike_models: str) -> None:
    """The database at head is what the project's models say."""
    if outofband_unlike_models:
        pytest.fail(outofband_unlike_models, pytrace=False)
