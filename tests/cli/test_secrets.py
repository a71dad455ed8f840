"""No password, no piece of one, and no row of a table is ever printed."""

from __future__ import annotations

from typing import Any

import pytest

PIECES = ("Zq9", "Xw7", "Vk3")
ENCODED = "Zq9%40Xw7%2FVk3"
RAW = "Zq9@Xw7/Vk3"
COMMANDS = (["status"], ["plan"], ["plan", "--sql"], ["check"], ["apply"], ["apply", "--yes"])


def leaked(ran: Any) -> list[str]:
    told = ran.out + ran.err
    return [piece for piece in PIECES if piece in told]


def with_password(url: str, password: str) -> str:
    return url.replace("postgres@", f"postgres:{password}@")


@pytest.mark.parametrize("way", ["--database-url", "env.py"])
def test_commands_that_work_print_no_password(project: Any, way: str) -> None:
    project.filled()
    url = with_password(project.url, ENCODED)
    given = ["--database-url", url] if way == "--database-url" else []
    if way == "env.py":
        project.configure(url)
    ran = [project.run(*words, *given) for words in COMMANDS]
    assert [r.status for r in ran] == [0, 0, 0, 1, 3, 0]
    assert [leaked(r) for r in ran] == [[]] * len(ran)


BROKEN = {
    "refused": f"postgresql://app:{ENCODED}@127.0.0.1:1/shop",
    "no such host": f"postgresql://app:{ENCODED}@no-such-host.invalid/shop",
    "not encoded": f"postgresql://app:{RAW}@127.0.0.1:1/shop",
    "at sign twice": "postgresql://app:Zq9@Xw7@127.0.0.1:1/shop",
    "slash": "postgresql://app:Zq9/Xw7@127.0.0.1:1/shop",
    "question mark": "postgresql://app:Zq9?Xw7@127.0.0.1:1/shop",
    "hash": "postgresql://app:Zq9#Xw7@127.0.0.1:1/shop",
    "percent": "postgresql://app:Zq9%Xw7@127.0.0.1:1/shop",
    "colon": "postgresql://app:Zq9:Xw7@127.0.0.1:1/shop",
    "key and value": "host=127.0.0.1 port=1 user=app password=Zq9 Xw7 Vk3",
    "in the query": "postgresql://127.0.0.1:1/shop?user=app&password=Zq9&Xw7",
}


@pytest.mark.parametrize(
    ("way", "url"),
    [
        pytest.param(way, url, id=f"{way}, {name}")
        for name, url in BROKEN.items()
        for way in ("--database-url", "env.py")
    ],
)
def test_commands_that_cannot_connect_print_no_piece_of_it(
    project: Any, way: str, url: str
) -> None:
    if way == "env.py":
        project.configure(url)
        ran = project.run("status")
    else:
        ran = project.run("status", "--database-url", url)
    assert ran.status in (2, 5)
    assert leaked(ran) == []
    assert "Traceback" not in ran.err


def test_the_next_command_repeats_no_argument_that_may_hold_one(project: Any) -> None:
    project.filled("3")
    project.sql("INSERT INTO docs (id) VALUES (1)")
    url = with_password(project.url, ENCODED)
    driver = url.replace("postgresql://", "postgresql+psycopg://")
    ran = project.run("apply", "--yes", "-x", f"url={driver}", "--database-url", url)
    assert ran.status == 4
    assert ran.err.endswith("Next: outofband apply -x url=... --database-url ...\n")
    assert leaked(ran) == []


@pytest.mark.parametrize("colour", ["", "FORCE_COLOR", "TTY_COMPATIBLE"])
def test_keys_of_duplicates_stay_off_a_log(
    project: Any, monkeypatch: pytest.MonkeyPatch, colour: str
) -> None:
    if colour:
        monkeypatch.setenv(colour, "1")
    project.filled("1")
    project.revise("2", "1", 'op.create_index_out_of_band("u", "docs", ["path"], unique=True)')
    project.sql("INSERT INTO docs VALUES (1, 'Zq9'), (2, 'Zq9')")
    project.upgrade("2")
    ran = project.run("apply", "--yes", "--dedupe", "identical")
    assert "groups 1" in ran.err
    assert leaked(ran) == []
    assert leaked(project.run("status", "--format", "json")) == []
