"""The exit statuses of design.md, each from the command that gives it, with the words beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outofband import ephemeral


def test_while_work_is_pending_only_check_objects(project: Any) -> None:
    project.filled()
    assert project.run("status").status == 0
    assert project.run("plan").status == 0
    checked = project.run("check")
    assert (checked.status, checked.err) == (1, "4 wanted, 4 pending\n")


def test_apply_does_everything_and_check_agrees(project: Any) -> None:
    project.filled()
    applied = project.run("apply", "--yes")
    assert (applied.status, applied.out) == (0, "")
    assert project.indexes() == ["docs_pkey"]
    assert project.run("check").status == 0
    again = project.run("apply")
    assert (again.status, again.err) == (0, "Nothing is pending.\n")


def test_check_tells_wrong_from_pending(project: Any) -> None:
    project.filled()
    project.sql("INSERT INTO docs (id) VALUES (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        project.sql("CREATE UNIQUE INDEX CONCURRENTLY docs_unique ON docs (id)")
    assert project.run("check").status == 6
    project.sql("DROP INDEX docs_unique")
    project.sql("CREATE INDEX docs_unique ON docs (path)")
    assert project.run("check").status == 6
    project.sql("DROP INDEX docs_unique")
    assert project.run("check").status == 1


def test_with_to_what_comes_counts_and_what_is_done_ahead_is_found_by_the_upgrade(
    project: Any,
) -> None:
    project.filled("1")
    assert project.run("apply", "--to", "head", "--yes").status == 0
    assert project.indexes() == ["docs_pkey", "pages_id"]
    project.upgrade("head")
    assert project.run("check").status == 0


WRONG_CALLS = {
    "no such command": (["frobnicate"], "No such command 'frobnicate'"),
    "no such option": (["status", "--frobnicate"], "No such option"),
    "no such format": (["status", "--format", "xml"], "'xml' is not one of"),
    "no such step": (["apply", "--only", "nope", "--yes"], "no step is called 'nope'"),
    "no such step to plan": (["plan", "--only", "nope"], "no step is called 'nope'"),
    "no such revision": (["status", "--to", "nope"], "no revision is called nope"),
    "no such file": (["status", "-c", "nowhere.ini"], "nowhere.ini"),
    "no such section": (["status", "-n", "nowhere"], "script_location"),
    "not a URL": (["status", "--database-url", "host=a=b c"], "the database URL cannot be read"),
}


@pytest.mark.parametrize("words", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_a_wrong_call_is_2_and_says_what_is_wrong(
    project: Any, words: tuple[list[str], str]
) -> None:
    arguments, says = words
    project.filled()
    ran = project.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_without_alembic_ini_is_2(
    tmp_path: Path, outofband: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = outofband("status")
    assert (ran.status, ran.out) == (2, "")
    assert "alembic.ini" in ran.err


def test_a_wrong_setting_is_2(project: Any) -> None:
    (project.folder / "pyproject.toml").write_text("[tool.outofband]\non_large = 'perhaps'\n")
    ran = project.run("status")
    assert ran.status == 2
    assert "on_large" in ran.err


def test_without_a_terminal_and_without_yes_nothing_is_done(project: Any) -> None:
    project.filled()
    ran = project.run("apply")
    assert ran.status == 3
    assert (
        "there is no terminal. Add --yes, or --accept with the hazards of the plan. Nothing"
        in ran.err
    )
    assert project.indexes() == []


def test_the_target_is_told_before_anything_is_done(project: Any) -> None:
    project.filled()
    first, *_ = project.run("apply", "--yes").err.splitlines()
    name = project.sql("SELECT current_database()")[0][0]
    assert first.startswith(f"Plan for database {name} at ")


def test_duplicates_alone_are_3_and_nothing_is_changed(project: Any) -> None:
    project.filled()
    project.sql("INSERT INTO docs (id) VALUES (1)")
    project.run("apply", "--only", "docs_temp", "--yes")
    ran = project.run("apply", "--only", "docs_unique", "--yes")
    assert ran.status == 3
    assert "docs has duplicate rows" in ran.err


def test_a_part_is_4_and_the_next_command_is_told(project: Any) -> None:
    project.filled()
    project.sql("INSERT INTO docs (id) VALUES (1)")
    words = ["apply", "--only", "docs_pkey", "--only", "pages_id", "--to", "3"]
    ran = project.run(*words, "-x", "tenant=acme", "--dedupe", "identical", "--yes")
    assert ran.status == 4
    assert ran.err.endswith(
        "Next: outofband apply -x tenant=... --to 3 --only docs_pkey --only pages_id "
        "--dedupe identical\n"
    )
    assert project.indexes() == ["pages_id"]


def test_only_pulls_in_what_its_step_waits_for(project: Any) -> None:
    project.filled()
    assert project.run("apply", "--only", "docs_pkey", "--yes").status == 0
    assert project.indexes() == ["docs_pkey"]


def test_an_unwanted_index_is_dropped_by_name_alone(project: Any) -> None:
    project.filled("1")
    project.sql("CREATE INDEX pages_id ON pages (id)")
    project.sql("CREATE INDEX pages_other ON pages (id) WHERE id > 5")
    assert project.run("apply", "--yes").err == "Nothing is pending.\n"
    ran = project.run("apply", "--only", "pages_id", "--yes")
    assert (ran.status, project.indexes()) == (0, ["pages_other"])


def test_a_database_that_takes_no_writes_is_read_and_refused(project: Any) -> None:
    project.filled()
    project.sql("ALTER DATABASE " + project.sql("SELECT current_database()")[0][0]
                + " SET default_transaction_read_only = on")  # fmt: skip
    assert project.run("status").status == 0
    assert project.run("check").status == 1
    ran = project.run("apply", "--yes")
    assert ran.status == 3
    assert "default_transaction_read_only is on" in ran.err
    assert "run this with PGOPTIONS='-c default_transaction_read_only=off'" in ran.err


def test_a_standby_is_read_and_refused(project: Any) -> None:
    with ephemeral.server(settings={"synchronous_commit": "on"}) as own:
        project.url = own.url()
        project.configure(own.url())
        project.filled()
        own.stop()
        (own.data_directory / "standby.signal").touch()
        own.start()
        assert project.run("status").status == 0
        assert project.run("plan", "--sql").status == 0
        ran = project.run("apply", "--yes")
        assert ran.status == 3
        assert "it is a standby" in ran.err


@pytest.mark.parametrize("command", ["status", "plan", "check", "apply"])
def test_a_server_that_cannot_be_reached_is_5(project: Any, command: str) -> None:
    ran = project.run(command, "--database-url", "postgresql://app@127.0.0.1:1/shop")
    assert (ran.status, ran.out) == (5, "")
    assert "cannot connect to database shop at 127.0.0.1:1: nothing listens" in ran.err
    project.configure("postgresql://app@127.0.0.1:1/shop")
    ran = project.run(command)
    assert (ran.status, ran.out) == (5, "")
    assert "shop" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", ["status", "plan", "check", "apply"])
def test_a_database_at_an_unknown_revision_is_5(project: Any, command: str) -> None:
    project.filled()
    project.sql("UPDATE alembic_version SET version_num = 'beyond'")
    ran = project.run(command)
    assert (ran.status, ran.out) == (5, "")
    assert "beyond" in ran.err


def test_a_role_that_may_only_read_sees_everything_and_is_refused_in_words(project: Any) -> None:
    project.filled()
    role = f"reader_{project.sql('SELECT current_database()')[0][0]}"
    project.sql(f"CREATE ROLE {role} LOGIN")
    project.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    url = project.url.replace("postgres@", f"{role}@")
    try:
        seen = {
            c: project.run(c, "--database-url", url).status for c in ("status", "plan", "check")
        }
        ran = project.run("apply", "--database-url", url, "--yes")
    finally:
        project.sql(f"DROP OWNED BY {role}")
        project.sql(f"DROP ROLE {role}")
    assert seen == {"status": 0, "plan": 0, "check": 1}
    assert ran.status == 3
    assert f"role {role} does not own public.docs, postgres does" in ran.err
    assert f"ALTER TABLE public.docs OWNER TO {role};" in ran.err
    assert "nothing was changed" in ran.err


def test_an_unwanted_constraint_is_dropped_by_name_alone(project: Any) -> None:
    project.filled("1")
    project.sql("ALTER TABLE docs ADD CONSTRAINT docs_pkey PRIMARY KEY (id)")
    refused = project.run("apply", "--only", "docs_pkey", "--yes")
    assert (refused.status, project.indexes()) == (3, ["docs_pkey"])
    assert "it is the last index of a large table" in refused.err
    project.sql("CREATE INDEX docs_path ON docs (path)")
    ran = project.run("apply", "--only", "docs_pkey", "--yes")
    assert (ran.status, project.indexes()) == (0, ["docs_path"])
    assert "done     drop unwanted primary key docs_pkey" in ran.err


def test_a_database_before_its_first_revision_wants_nothing(project: Any) -> None:
    ran = project.run("status")
    assert (ran.status, ran.out, ran.err) == (0, "", "0 wanted, 0 pending\n")
