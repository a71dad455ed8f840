"""Wheel and sdist: what is in them, and that one comes out of the other."""

from __future__ import annotations

import re
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path
from typing import Any

from installations import ROOT, built

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_sdist_holds_what_the_wheel_is_built_of_and_no_more(distributions: Any) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tops = {"/".join(name.split("/")[:2]) for name in names if "/" in name}
    assert tops == {"src/outofband", "lint/outofband_lint"}
    alone = {name for name in names if "/" not in name}
    assert alone == {".gitignore", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_tree(
    distributions: Any, tmp_path: Path
) -> None:
    with tarfile.open(distributions.sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    wheel, _ = built(tmp_path / "again", source)
    assert wheel.read_bytes() == distributions.wheel.read_bytes()


def test_the_metadata_says_what_pyproject_says(distributions: Any) -> None:
    with zipfile.ZipFile(distributions.wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        metadata = message_from_string(archive.read(name).decode())
        names = archive.namelist()
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["License-Expression"] == "MIT"
    required = [each for each in metadata.get_all("Requires-Dist", []) if ";" not in each]
    assert sorted(required) == sorted(PROJECT["dependencies"])
    assert {"outofband/py.typed", "outofband_lint/py.typed"} <= set(names)
    assert any(each.endswith("/licenses/LICENSE") for each in names)


def test_the_version_is_a_semantic_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", PROJECT["version"])
