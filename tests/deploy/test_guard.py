"""The guard around an upgrade: one at a time, short waits, and everything given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from outofband.deploy import guard
from outofband.deploy.failing import UpgradeCutOff
from outofband.deploy.guard import UpgradeLocked
from outofband.model.locks import LOCK_CLASS, UPGRADE_LOCK

HELD = f"SELECT count(*) FROM pg_locks WHERE classid = {LOCK_CLASS} AND objid = {UPGRADE_LOCK}"


@pytest.fixture(params=["psycopg", "psycopg2"])
def engine(request: pytest.FixtureRequest, database: str) -> Iterator[Engine]:
    made = create_engine(database.replace("postgresql://", f"postgresql+{request.param}://"))
    yield made
    made.dispose()


def scalar(connection: Connection, sql: str) -> object:
    value = connection.execute(text(sql)).scalar()
    connection.rollback()
    return value


def fail_half_way(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE half_done (a int)"))
    raise ZeroDivisionError


def lose(connection: Connection, witness: Connection, pid: object) -> None:
    witness.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
    connection.execute(text("SELECT 1"))


def test_inside_lock_waits_are_short_and_outside_as_before(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '7s'"))
        connection.commit()
        with guard(connection):
            assert scalar(connection, "SHOW lock_timeout") == "2s"
        assert scalar(connection, "SHOW lock_timeout") == "7s"


def test_no_transaction_is_left_open_for_alembic_to_stumble_over(engine: Engine) -> None:
    with engine.connect() as connection, guard(connection):
        assert not connection.in_transaction()


def test_a_second_upgrade_waits_and_then_gives_up_in_words(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with engine.connect() as first, engine.connect() as second, guard(first):
        with pytest.raises(UpgradeLocked) as refused, guard(second, wait=timedelta(seconds=0.3)):
            pytest.fail("two upgrades at once")
        assert not second.in_transaction()
    assert refused.value.exit_status == 3
    assert "another upgrade is running" in capsys.readouterr().err


def test_the_next_upgrade_may_run_once_the_first_is_over(engine: Engine) -> None:
    with engine.connect() as first, engine.connect() as second:
        with guard(first):
            pass
        with guard(second, wait=timedelta(0)):
            assert scalar(second, HELD) == 1


def test_a_failed_migration_gives_the_lock_back(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(ZeroDivisionError), guard(connection):
            fail_half_way(connection)
        assert scalar(connection, HELD) == 0
        assert scalar(connection, "SELECT to_regclass('half_done')") is None


def test_a_migration_that_broke_its_transaction_gives_the_lock_back(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(Exception, match="nowhere"), guard(connection):
            connection.execute(text("SELECT * FROM nowhere"))
        assert scalar(connection, HELD) == 0


def test_a_transaction_of_env_py_that_fails_gives_the_lock_back_to_a_pool(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as connection, guard(connection):
        fail_half_way(connection)
    with engine.connect() as connection:  # the same session of the server
        assert scalar(connection, HELD) == 0
        assert scalar(connection, "SHOW lock_timeout") == "0"


def test_a_lost_connection_has_given_it_back_already(engine: Engine, database: str) -> None:
    other = create_engine(database)
    with engine.connect() as connection, other.connect() as witness:
        pid = scalar(connection, "SELECT pg_backend_pid()")
        with pytest.raises(UpgradeCutOff) as lost, guard(connection):
            lose(connection, witness, pid)
        assert scalar(witness, HELD) == 0
    other.dispose()
    assert lost.value.exit_status == 5


def test_what_a_transaction_of_env_py_did_is_not_rolled_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE of_env_py (a int)"))
        with guard(connection):
            connection.execute(text("INSERT INTO of_env_py VALUES (1)"))
    with engine.connect() as connection:
        assert scalar(connection, "SELECT count(*) FROM of_env_py") == 1
        assert scalar(connection, HELD) == 0


def test_what_env_py_does_without_a_transaction_is_committed(engine: Engine) -> None:
    with engine.connect() as connection, guard(connection):
        connection.execute(text("CREATE TABLE left_open (a int)"))
    with engine.connect() as connection:
        assert scalar(connection, "SELECT to_regclass('left_open') IS NOT NULL")


def test_env_pys_transaction_keeps_the_next_upgrade_out_until_it_is_over(engine: Engine) -> None:
    with engine.connect() as first, engine.connect() as second:
        with first.begin():
            with guard(first):
                pass
            with pytest.raises(UpgradeLocked), guard(second, wait=timedelta(0)):
                pytest.fail("the first upgrade is not to be seen yet")
        with guard(second, wait=timedelta(0)):
            assert scalar(second, HELD) == 1


def test_on_another_dialect_it_does_nothing() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection, guard(connection):
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()
