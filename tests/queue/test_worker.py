"""A worker does what it is called to, whoever dies and whatever is lost on the way."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from threading import Event
from urllib.parse import urlsplit

import pytest

from calls import MOVE, Calls, Told
from fleet import until
from outofband.backfill.state import Name
from outofband.errors import NothingChanged
from outofband.queue import jobs
from outofband.queue.port import Ended
from proxy import proxy

FINISHED = Ended(finished=True, acted=True)


def test_it_works_until_nothing_is_wanted(calls: Calls) -> None:
    told = Told()
    assert calls.work(told) == 0
    assert told.ran == [MOVE]
    assert calls.jobs() == []
    assert calls.said == ["a waits for work", "move: finished"]


def test_what_needs_a_person_is_left_and_told(calls: Calls) -> None:
    told = Told(lambda *_: Ended(stuck=True, why="no room", do="Make some"))
    assert calls.work(told) == 4
    assert calls.said[1:] == ["move: no room. Make some", "move is left"]
    assert calls.jobs() == [("a", "failed")]


def test_what_waits_for_another_step_is_not_run(calls: Calls) -> None:
    told = Told(obstacle="it waits for docs_id")
    assert calls.work(told) == 4
    assert told.ran == []
    assert calls.said[-1] == "move is left: it waits for docs_id"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("the secret of the row"), "move: ValueError at test_worker.py"),
        (NothingChanged("refused", do="Ask"), "move: refused. Ask. Nothing was changed."),
    ],
)
def test_what_a_run_raises_is_told_in_words(calls: Calls, error: Exception, said: str) -> None:
    first = Event()

    def does(*_: object) -> Ended:
        if first.is_set():
            return FINISHED
        first.set()
        raise error

    calls.work(Told(does))
    assert any(line.startswith(said) for line in calls.said)
    assert "secret" not in "".join(calls.said)


@pytest.mark.parametrize("place", ["a", "elsewhere"])
def test_the_call_of_a_worker_that_is_gone_is_put_in_again(calls: Calls, place: str) -> None:
    (worker,) = calls.sql(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '31 s')"
        " RETURNING id"
    )
    calls.put_in(place, worker[0])
    calls.work(Told())
    assert "The worker that was at move is gone; it is called for again" in calls.said
    left = [] if place == "a" else [(place, "todo")]
    assert calls.jobs() == [(place, "failed"), *left]


def test_the_call_of_a_worker_that_lives_is_its_own(calls: Calls) -> None:
    (worker,) = calls.sql("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    calls.put_in("a", worker[0])
    calls.work(Told())
    assert calls.jobs() == [("a", "doing")]


def test_a_signal_ends_it_after_what_is_in_work(calls: Calls) -> None:
    ended = []

    def does(_: Name, stopped: Event) -> Ended:
        os.kill(os.getpid(), signal.SIGTERM)
        ended.append(stopped.wait(60))
        return Ended(acted=True, why="stopped")

    assert calls.work(Told(does), until_done=False) == 0
    assert ended == [True]
    assert "SIGTERM: stops after the batch; once more stops at once" in calls.said
    assert calls.sql("SELECT 1 FROM procrastinate_workers") == []


def test_it_comes_back_when_the_connections_were_cut(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as networks, proxy(calls.url) as network:
        port = urlsplit(network.url).port
        is_cut = Event()

        def told() -> bool:
            return any("cannot be reached; connecting again in" in line for line in calls.said)

        def mend() -> None:
            until(told, "the worker does not say that the queue is lost")
            networks.enter_context(proxy(calls.url, port=port))

        def does(*_: object) -> Ended:
            if not is_cut.is_set():
                is_cut.set()
                network.close()
                threading.Thread(target=mend).start()
                return Ended(acted=True, why="the connection was lost")
            return FINISHED

        monkeypatch.setattr(jobs, "_CONNECT_SECONDS", 1.0)
        assert calls.work(Told(does), url=network.url) == 0
        assert told()
    assert calls.said[-1] == "move: finished"
    assert "Traceback" not in "".join(capfd.readouterr())
