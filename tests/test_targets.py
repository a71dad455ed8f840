"""What a file of targets may say, and what is said about one that says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from outofband.targets import Listed, Targets, TargetsWrong, load

FULL = """
[defaults]
concurrency_per_host = 2
concurrency = 50
search_path = ["extensions"]
version_table_schema = "ops"

[[targets]]
name = "shard-1"
url = "postgresql://app:${SHARD_PASSWORD}@db1/lsif"

[[targets]]
name = "tenant_a"
schema = "tenant_a"
version_table_schema = "tenant_a"
"""


def read(tmp_path: Path, text: str, **environ: str) -> Targets:
    path = tmp_path / "targets.toml"
    path.write_text(text)
    return load(path, environ)


def test_everything_that_may_be_said(tmp_path: Path) -> None:
    assert read(tmp_path, FULL, SHARD_PASSWORD="hush") == Targets(
        listed=(
            Listed("shard-1", "postgresql://app:hush@db1/lsif", None, "ops"),
            Listed("tenant_a", None, "tenant_a", "tenant_a"),
        ),
        concurrency_per_host=2,
        concurrency=50,
        search_path=("extensions",),
    )


def test_by_default_one_a_host_and_twenty_in_all(tmp_path: Path) -> None:
    found = read(tmp_path, '[[targets]]\nname = "a"\nurl = "${A}"', A="postgresql://db1/a")
    assert (found.concurrency_per_host, found.concurrency) == (1, 20)


A, B = '[[targets]]\nname = "a"\nurl = "postgresql://db/a"\n', '[[targets]]\nname = "b"\n'
WRONG = {
    "not TOML": ("targets = [", "cannot read"),
    "no target": ("[defaults]\nconcurrency = 3", "lists no target"),
    "an unknown section": (f"{A}[default]\n", "Did you mean 'defaults'?"),
    "an unknown default": (f"{A}[defaults]\nconcurency = 3", "Did you mean 'concurrency'?"),
    "an unknown key": (f'{B}schema = "b"\ndsn = "x"', "key 'dsn' of target 'b'"),
    "neither url nor schema": (B, "target 'b'"),
    "no name": ('[[targets]]\nurl = "postgresql://db/a"', "name of target 1"),
    "a name with a blank": ('[[targets]]\nname = "a b"\nschema = "x"', "name of target 1"),
    "a name that stands twice": (A + A, "name 'a' stands twice"),
    "a url that is no text": (f"{B}url = 3", "url of target 'b'"),
    "an empty schema": (f'{B}schema = ""', "schema of target 'b'"),
    "a variable that is not set": (f'{B}url = "${{GONE}}"', "$GONE is not set"),
    "a variable that is empty": (f'{B}url = "${{EMPTY}}"', "$EMPTY is not set"),
    "concurrency of nothing": (f"{A}[defaults]\nconcurrency_per_host = 0", "from 1 on"),
    "concurrency that is a truth": (f"{A}[defaults]\nconcurrency = true", "from 1 on"),
    "a search_path that is a text": (f'{A}[defaults]\nsearch_path = "x"', "a list of schemas"),
    "targets that are a text": ('targets = "a"', "lists no target"),
    "targets that are texts": ('targets = ["a"]', "target 1"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_what_it_cannot_mean_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TargetsWrong) as wrong:
        read(tmp_path, text, EMPTY="")
    assert says in str(wrong.value)
    assert "targets.toml" in str(wrong.value)
    assert wrong.value.exit_status == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TargetsWrong, match="No such file"):
        load(tmp_path / "targets.toml", {})


def test_no_part_of_a_url_is_in_a_repr(tmp_path: Path) -> None:
    assert "hush" not in repr(read(tmp_path, FULL, SHARD_PASSWORD="hush"))
