"""What is looked at is taken down, whichever way it is looked at."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import types
from pathlib import Path
from unittest.mock import patch

import pytest

from outofband.gate import recall, remember
from outofband.inputs import state, trace
from outofband.inputs.trace import tracing


def test_files_folders_looks_and_variables_are_taken_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLOUR_OF_TEST", "red")
    (tmp_path / "a.txt").write_text("a")
    with tracing() as kept:
        (tmp_path / "a.txt").read_text()
        (tmp_path / "none").exists()
        os.listdir(tmp_path)
        os.environ.get("COLOUR_OF_TEST")
    assert str(tmp_path / "a.txt") in kept.files
    assert str(tmp_path / "none") in kept.present
    assert kept.folders == {str(tmp_path): state.of_names(str(tmp_path))}
    assert "COLOUR_OF_TEST" in kept.variables


def test_a_module_counts_by_its_source_and_by_the_names_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "traced_module.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for _ in range(2):  # from its source, then from its bytecode
        sys.modules.pop("traced_module", None)
        with tracing() as kept:
            importlib.import_module("traced_module")
        assert kept.files == {str(tmp_path / "traced_module.py")}
    importlib.invalidate_caches()
    sys.modules.pop("traced_module", None)
    with tracing() as kept:
        importlib.import_module("traced_module")
    assert str(tmp_path) in kept.modules


def test_the_source_of_bytecode_may_have_dots_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "v2.4.0.a.py"
    path.write_text("x = 1\n")
    for _ in range(2):  # from its source, then from its bytecode
        spec = importlib.util.spec_from_file_location("a_release", path)
        assert spec is not None
        assert spec.loader is not None
        with tracing() as kept:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        assert kept.files == {str(path)}


def test_what_is_written_or_installed_is_no_input(tmp_path: Path) -> None:
    with tracing() as kept:
        (tmp_path / "out.txt").write_text("a")
        Path(os.__file__).read_bytes()
    assert kept.files == set()


def test_what_was_imported_before_is_taken_down_where_that_is_asked_for(tmp_path: Path) -> None:
    module = types.ModuleType("there_already")
    module.__file__ = str(tmp_path / "there_already.py")
    with patch.dict(sys.modules, {"there_already": module}), tracing() as kept:
        assert kept.files == set()
        trace.imported_before()
    assert module.__file__ in kept.files
    assert not any(state.is_installed(path) for path in kept.files)


def test_the_variables_count_as_they_were_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR_OF_TEST", "red")
    with tracing() as kept:
        monkeypatch.setenv("COLOUR_OF_TEST", "blue" + os.environ["COLOUR_OF_TEST"])
    kept.files.clear()
    inputs = remember.inputs_of(kept)
    assert inputs is not None
    assert not recall.is_as_it_was(inputs)
    monkeypatch.setenv("COLOUR_OF_TEST", "red")
    assert recall.is_as_it_was(inputs)


def test_after_a_trace_nothing_is_taken_down_and_nothing_stays_wrapped(tmp_path: Path) -> None:
    before = os.stat, type(os.environ).__getitem__
    with tracing() as kept:
        pass
    tmp_path.exists()
    assert (os.stat, type(os.environ).__getitem__) == before
    assert kept.present == set()


def test_a_file_is_its_own_where_only_the_work_on_it_opens_it(tmp_path: Path) -> None:
    mine, shared = tmp_path / "mine", tmp_path / "shared"
    for path in (mine, shared):
        path.write_text("")
    with tracing() as kept:
        for path in (mine, shared):
            with trace.about(str(path)):
                path.read_text()
        with trace.about(str(mine)):
            shared.read_text()
    assert kept.own == {str(mine)}


def test_a_pipe_has_no_content_to_compare(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert state.of_file(str(tmp_path / "pipe")) == state.SPECIAL
    assert state.of_file(str(tmp_path / "none")) == state.ABSENT
    assert state.of_file(str(tmp_path)) == state.FOLDER
