"""The log of requests, written by one process and followed by another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from codeintel.demo.log import UPLOAD, Appender, Follower, Outcome, Request

READ = Request("document", 7, 1.5, 0.25, Outcome.WRONG)
WRITE = Request(UPLOAD, 8, 2.0, 0.5, Outcome.OK, {"lsif_data_metadata": 1})


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    log = tmp_path / "log"
    reader = Follower(log)
    with Appender(log) as writer:
        writer.append(READ)
        assert reader.requests() == [READ]
        writer.append(WRITE)
        assert reader.requests() == [READ, WRITE]


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert Follower(tmp_path / "log").requests() == []


def test_a_line_that_is_half_there_waits_for_its_end(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    with Appender(whole) as writer:
        writer.append(READ)
    line = whole.read_bytes()
    log = tmp_path / "log"
    reader = Follower(log)
    log.write_bytes(line + line[:10])
    assert reader.requests() == [READ]
    log.write_bytes(line + line)
    assert reader.requests() == [READ, READ]


def test_threads_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Appender(log) as writer, ThreadPoolExecutor(8) as threads:
        list(threads.map(writer.append, [READ] * 400))
    assert Follower(log).requests() == [READ] * 400
