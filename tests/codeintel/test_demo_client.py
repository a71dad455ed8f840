"""A client counts what happens to it and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random
from typing import Any

import psycopg
import pytest

from codeintel import worker
from codeintel.bundle import Bundle
from codeintel.demo.client import Client
from codeintel.demo.log import UPLOAD, Outcome
from codeintel.demo.questions import WEIGHTS, Question, question
from codeintel.demo.stage import connect_as_app
from codeintel.store.rows import METADATA, Rows

DUMP = 5


@pytest.fixture(scope="session")
def rows(click_bundle: Bundle) -> Rows:
    return worker.prepare(click_bundle)


@pytest.fixture
def client(store_url: str) -> Iterator[Client]:
    with closing(Client(lambda: connect_as_app(store_url, "test client"))) as client:
        yield client


def questions(rows: Rows) -> dict[str, Question]:
    chance = Random(0)
    asked = [question(chance, DUMP, rows) for _ in range(200)]
    return {one.query: one for one in asked}


def test_every_kind_of_question_is_asked(rows: Rows) -> None:
    assert questions(rows).keys() == WEIGHTS.keys()


def test_what_was_uploaded_answers_every_question(client: Client, rows: Rows) -> None:
    assert client.upload(DUMP, rows).outcome is Outcome.OK
    for one in questions(rows).values():
        request = client.ask(one, DUMP)
        assert (request.kind, request.outcome, request.dump_id) == (one.query, Outcome.OK, DUMP)
        assert request.written == {}


def test_an_upload_says_what_it_has_committed(client: Client, rows: Rows) -> None:
    request = client.upload(DUMP, rows)
    assert request.kind == UPLOAD
    assert sum(request.written.values()) == len(rows)
    assert request.written[METADATA] == 1


def test_one_byte_that_differs_is_a_wrong_answer(
    client: Client, rows: Rows, store: psycopg.Connection[Any]
) -> None:
    client.upload(DUMP, rows)
    asked = questions(rows)["definitions"]
    store.execute("UPDATE lsif_data_definitions SET data = data || '\\x00'")
    assert client.ask(asked, DUMP).outcome is Outcome.WRONG


def test_no_answer_is_a_wrong_answer(client: Client, rows: Rows) -> None:
    assert client.ask(questions(rows)["document"], DUMP).outcome is Outcome.WRONG


def test_after_an_error_the_client_connects_anew(
    client: Client, rows: Rows, store: psycopg.Connection[Any]
) -> None:
    client.upload(DUMP, rows)
    store.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'test client' AND datname = current_database()"
    )
    asked = questions(rows)["references"]
    assert client.ask(asked, DUMP).outcome is Outcome.ERROR
    assert client.ask(asked, DUMP).outcome is Outcome.OK


def test_a_statement_that_is_cancelled_is_a_timeout(store_url: str, rows: Rows) -> None:
    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(store_url, autocommit=True, options="-c statement_timeout=100ms")

    with (
        psycopg.connect(store_url) as holder,
        closing(Client(connect)) as client,
    ):
        holder.execute("LOCK TABLE lsif_data_documents")
        request = client.ask(questions(rows)["document"], DUMP)
    assert request.outcome is Outcome.TIMEOUT
    assert request.note.startswith("57014 ")


def test_a_dump_that_is_there_already_is_an_error_in_words(client: Client, rows: Rows) -> None:
    client.upload(DUMP, rows)
    again = client.upload(DUMP, rows)
    assert again.outcome is Outcome.ERROR
    assert again.note.startswith(f"dump {DUMP} is not written")
    assert again.written == {}


def test_the_server_stays_away_and_the_client_counts() -> None:
    def refuse() -> psycopg.Connection[Any]:
        return psycopg.connect("host=/nonexistent dbname=none")

    connect: Callable[[], psycopg.Connection[Any]] = refuse
    with closing(Client(connect)) as client:
        asked = Question("metadata", (DUMP,), 1)
        assert client.ask(asked, DUMP).outcome is Outcome.ERROR
        assert client.ask(asked, DUMP).outcome is Outcome.ERROR
