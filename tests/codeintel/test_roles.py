"""Who is alive, and what is refused because of whom."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from codeintel import roles
from codeintel.cli import main
from codeintel.mode import Mode, WritesUnderWay, current, switch
from codeintel.roles import (
    ALIVE_FOR,
    FILES,
    MoveNotBegun,
    Registration,
    Role,
    StoresUnknown,
    alive,
    register,
    registered,
    require_both_stores,
)
from codeintel.store.connection import connection as connected
from codeintel.store.errors import StoreNotMigrated
from codeintel.store.locks import hold_mode

Connection = psycopg.Connection[Any]

OLD = frozenset({FILES})


@pytest.fixture
def before_the_move(migrated: Connection) -> Connection:
    switch(migrated, Mode.SQLITE)
    return migrated


def silence(connection: Connection, seconds: float) -> None:
    """Let every heartbeat be so long ago."""
    connection.execute(
        "UPDATE lsif_roles SET heartbeat_at = now() - make_interval(secs => %s)", [seconds]
    )


def test_a_role_is_alive_with_what_it_said(before_the_move: Connection, migrated_url: str) -> None:
    with registered(migrated_url, Role("writer", "sqlite")) as writer:
        [one] = alive(before_the_move)
        assert one.role == Role("writer", "sqlite")
        writer.beat("both")
        [one] = alive(before_the_move)
        assert one.role.mode == "both"
    assert alive(before_the_move) == []


def test_a_role_is_dead_when_its_heartbeat_is_old_and_comes_back_with_the_next(
    before_the_move: Connection, migrated_url: str
) -> None:
    reader = Registration(partial(connected, migrated_url), Role("reader", "fallback"))
    silence(before_the_move, ALIVE_FOR.total_seconds() - 5)
    assert len(alive(before_the_move)) == 1
    silence(before_the_move, ALIVE_FOR.total_seconds())
    assert alive(before_the_move) == []
    reader.beat()
    assert len(alive(before_the_move)) == 1


def test_who_was_forgotten_registers_again_with_the_next_heartbeat(
    before_the_move: Connection, migrated_url: str
) -> None:
    reader = Registration(partial(connected, migrated_url), Role("reader", "fallback"))
    silence(before_the_move, timedelta(days=2).total_seconds())
    register(before_the_move, Role("janitor", "dry run"))
    assert before_the_move.execute("SELECT count(*) FROM lsif_roles").fetchone() == (1,)
    reader.beat()
    assert {one.role.role for one in alive(before_the_move)} == {"janitor", "reader"}


def test_a_process_beats_by_itself(
    before_the_move: Connection, migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    beaten = threading.Event()
    beat = Registration.beat

    def beat_and_say(self: Registration, mode: str | None = None) -> None:
        beat(self, mode)
        beaten.set()

    monkeypatch.setattr(roles, "_BEAT_EVERY", timedelta(milliseconds=1))
    monkeypatch.setattr(Registration, "beat", beat_and_say)
    with registered(migrated_url, Role("reader", "fallback")):
        silence(before_the_move, 3600)
        for _ in range(2):  # the first may be one that was there before the silence
            beaten.clear()
            assert beaten.wait(60)
        assert len(alive(before_the_move)) == 1


@pytest.mark.parametrize("role", ["janitor", "reader"])
def test_the_mover_and_the_mode_postgres_wait_for_who_knows_files_alone(
    before_the_move: Connection, role: roles.RoleName
) -> None:
    register(before_the_move, Role("reader", "fallback"))
    register(before_the_move, Role(role, "sqlite", OLD, "3.20"))
    for act in (
        lambda: require_both_stores(before_the_move, "the mover"),
        lambda: switch(before_the_move, Mode.POSTGRES),
    ):
        with pytest.raises(StoresUnknown, match="refused") as refused:
            act()
        assert f"{role} 3.20, process " in str(refused.value)
        assert refused.value.exit_status == 3
    assert current(before_the_move) is Mode.SQLITE
    switch(before_the_move, Mode.BOTH)
    silence(before_the_move, 60)
    assert require_both_stores(before_the_move, "the mover") == []
    assert switch(before_the_move, Mode.POSTGRES) is Mode.BOTH


def test_a_writer_that_knows_files_alone_holds_nobody_up(before_the_move: Connection) -> None:
    register(before_the_move, Role("writer", "sqlite", OLD))
    switch(before_the_move, Mode.POSTGRES)


@pytest.mark.parametrize("why", ["mode", "moved", "mover"])
def test_who_knows_files_alone_does_not_start_once_there_are_dumps_without_files(
    before_the_move: Connection, why: str
) -> None:
    if why == "mode":
        switch(before_the_move, Mode.POSTGRES)
    elif why == "mover":
        switch(before_the_move, Mode.BOTH)
        register(before_the_move, Role("mover", "move"))
    else:
        before_the_move.execute(
            "INSERT INTO lsif_moved_bundles (dump_id, host, path, bytes, sha256) "
            "VALUES (1, 'h', 'db-backups/1.db', 1, '\\x00')"
        )
    with pytest.raises(StoresUnknown, match="this reader does not start"):
        register(before_the_move, Role("reader", "sqlite", OLD))
    register(before_the_move, Role("reader", "fallback"))
    register(before_the_move, Role("writer", "sqlite", OLD))


def test_a_mover_does_not_register_beside_a_reader_that_knows_files_alone(
    before_the_move: Connection,
) -> None:
    register(before_the_move, Role("reader", "sqlite", OLD))
    with pytest.raises(StoresUnknown, match="moving bundles is refused"):
        register(before_the_move, Role("mover", "move"))
    assert [one.role.role for one in alive(before_the_move)] == ["reader"]


def test_a_mover_does_not_begin_while_writers_write_files_alone(
    before_the_move: Connection,
) -> None:
    with pytest.raises(MoveNotBegun, match="the mode is sqlite") as refused:
        register(before_the_move, Role("mover", "move"))
    assert "Run codeintel mode both" in str(refused.value)
    assert alive(before_the_move) == []


def test_where_a_process_is_is_what_its_disk_is_called(
    before_the_move: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTOFBAND_PLACE", "disk-7")
    register(before_the_move, Role("reader", "fallback"))
    [one] = alive(before_the_move)
    assert one.host == "disk-7"


def test_a_reader_that_starts_during_the_switch_is_seen_or_refused(
    before_the_move: Connection, migrated_url: str
) -> None:
    """Without a lock between the two, the switch would not see it and it would not see the mode."""
    outcomes: list[str] = []

    def cut_over() -> None:
        with psycopg.connect(migrated_url, autocommit=True) as other:
            try:
                switch(other, Mode.POSTGRES)
                outcomes.append("switched")
            except StoresUnknown:
                outcomes.append("refused")

    with before_the_move.transaction():
        register(before_the_move, Role("reader", "sqlite", OLD))
        thread = threading.Thread(target=cut_over)
        thread.start()
        wait_for_a_lock_waiter(before_the_move)
    thread.join()
    assert outcomes == ["refused"]


def wait_for_a_lock_waiter(connection: Connection) -> None:
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
    while connection.execute(asked).fetchone() == (0,):
        pass


def test_a_switch_ends_when_the_last_write_of_the_former_mode_has(
    before_the_move: Connection, migrated_url: str
) -> None:
    with psycopg.connect(migrated_url) as writer:
        hold_mode(writer.cursor())
        with pytest.raises(WritesUnderWay, match="not all writers have followed") as told:
            switch(before_the_move, Mode.BOTH, timedelta(0))
        assert (current(before_the_move), told.value.exit_status) == (Mode.BOTH, 4)
        writer.commit()
        hold_mode(writer.cursor())
        later = threading.Thread(target=switch, args=(before_the_move, Mode.SQLITE))
        later.start()
        writer.commit()
        later.join(60)
        assert not later.is_alive()


def test_a_store_without_the_tables_is_told_the_command(store: Connection) -> None:
    for ask in (current, alive, lambda c: register(c, Role("reader", "fallback"))):
        with pytest.raises(StoreNotMigrated, match="older release"):
            ask(store)


def test_the_command_shows_and_switches_the_mode(
    before_the_move: Connection, migrated_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    register(before_the_move, Role("reader", "fallback", version="3.21"))
    assert main(["mode", "both", "--database-url", migrated_url]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(
        r"mode: both\nreader 3\.21, process .*: knows postgres and sqlite, fallback, \d+ s ago\n",
        out,
    )
    assert "before sqlite" in err
    register(before_the_move, Role("reader", "sqlite", OLD))
    assert main(["mode", "postgres", "--database-url", migrated_url]) == 3
    assert "the mode postgres is refused" in capsys.readouterr().err
