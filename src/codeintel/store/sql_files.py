"""SQL as named files: the statements of a folder, by name."""

from __future__ import annotations

from importlib.resources import files


def read(folder: str, name: str) -> str:
    """Return the text of ``NAME.sql`` in the folder that is the package ``folder``."""
    return (files(folder) / f"{name}.sql").read_text("utf-8").strip()


def names(folder: str) -> list[str]:
    """Return the names of a folder's statements, sorted."""
    found = (file.name for file in files(folder).iterdir())
    return sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql"))
