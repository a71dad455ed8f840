"""The store's statements, one file each, as PostgreSQL reads them (parameters are ``$1``, …)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """Return the text of ``NAME.sql`` in this folder."""
    return (files(__name__) / f"{name}.sql").read_text("utf-8").strip()


def named_queries() -> dict[str, str]:
    """Return name -> text of every statement, for whoever wants to know what the store will ask."""
    names = sorted(file.name for file in files(__name__).iterdir() if file.name.endswith(".sql"))
    return {name.removesuffix(".sql"): query(name.removesuffix(".sql")) for name in names}
