"""The module Alembic loads by entry point on any ``import alembic`` (Alembic 1.18+, plugin API)."""

from __future__ import annotations

from typing import Any


def setup(plugin: Any) -> None:
    """Register with Alembic."""
