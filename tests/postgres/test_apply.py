"""What `apply` does on a quiet server: exactly what the plan showed, and no more."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from outofband import ephemeral
from outofband.model.index import Key
from outofband.model.state import State
from outofband.model.step import WantedStep
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.show import plan_document, plan_lines, script
from outofband.runbook.world import Scope, World


def ends(endings: Any) -> list[str]:
    return [f"{e.planned.step.name} {e.end.value}" for e in endings]


def ddl_in_log(server: ephemeral.Server, since: str) -> list[str]:
    told = server.log(10_000).rpartition(since)[2].splitlines()
    sent = (line.partition("LOG:  statement: ")[2] for line in told)
    return [s for s in sent if s.startswith(("CREATE", "ALTER", "DROP"))]


def test_an_index_is_built_under_a_temporary_name_and_renamed(
    docs: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    assert ends(docs.apply(step, screen=screen)) == ["docs_id done"]
    temporary = steps.temporary(step)
    assert screen.statements == [
        f"CREATE INDEX CONCURRENTLY {temporary} ON public.docs (id)",
        f"ALTER INDEX public.{temporary} RENAME TO docs_id",
    ]
    assert docs.indexes() == {"docs_id": True}


def test_the_server_receives_what_the_plan_showed_and_nothing_else(
    docs: Any, steps: Any, server: ephemeral.Server
) -> None:
    docs.sql("CREATE INDEX by_hand ON docs (path)")
    docs.sql("CREATE INDEX old ON docs (kind)")
    wanted = (
        *steps.cure(),
        steps.create("docs_path", "docs", "path"),
        steps.drop("old", "docs", after=()),
    )
    name = docs.sql("SELECT current_database()")[0]
    docs.sql(f"ALTER DATABASE {name} SET log_statement = 'all'")
    plan = docs.plan(*wanted)
    shown = [sql for step in plan_document(plan)["steps"] for sql in step["statements"]]
    assert len(shown) == 8
    assert set(shown) < {line.strip() for line in plan_lines(plan)}
    assert all(f"{sql};" in script(plan, server.version, "here").splitlines() for sql in shown)
    docs.sql("SET log_statement = 'all'")
    docs.sql(f"SELECT 'beginning of {name}'")
    assert all(e.end is End.DONE for e in docs.apply(*wanted))
    assert ddl_in_log(server, f"beginning of {name}") == shown


def test_the_script_does_the_work_in_psql_and_is_adopted(
    docs: Any, steps: Any, server: ephemeral.Server
) -> None:
    text = script(docs.plan(*steps.cure()), server.version, "here")
    psql = [str(server.binaries / "psql"), "--no-psqlrc", "--quiet", docs.url]
    done = subprocess.run(psql, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "ERROR" not in done.stderr
    assert docs.plan(*steps.cure()).steps == ()
    assert docs.indexes() == {"docs_pkey": True}


def test_the_cure_ends_with_the_primary_key_alone(docs: Any, steps: Any) -> None:
    assert ends(docs.apply(*steps.cure())) == [
        "docs_temp done",
        "docs_unique done",
        "docs_pkey done",
        "docs_temp done",
    ]
    assert docs.indexes() == {"docs_pkey": True}
    assert all(s.done for s in docs.standings(*steps.cure()))


def test_a_second_run_has_nothing_to_do(docs: Any, steps: Any, screen: Any) -> None:
    docs.apply(*steps.cure())
    assert docs.apply(*steps.cure(), screen=screen) == ()
    assert screen.statements == []


def test_an_equal_index_made_by_hand_is_renamed_and_not_built(
    docs: Any, steps: Any, screen: Any
) -> None:
    docs.sql("CREATE INDEX by_hand ON docs (id)")
    docs.apply(steps.create("docs_id", "docs", "id"), screen=screen)
    assert screen.statements == ["ALTER INDEX public.by_hand RENAME TO docs_id"]


def test_of_two_wanted_indexes_alike_none_is_renamed_to_the_other(docs: Any, steps: Any) -> None:
    wanted = steps.create("one", "docs", "id"), steps.create("two", "docs", "id")
    assert ends(docs.apply(*wanted)) == ["one done", "two done"]
    assert docs.apply(*wanted) == ()


def leave_invalid(docs: Any, name: str) -> None:
    docs.sql("INSERT INTO docs (id) VALUES (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        docs.sql(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON docs (id)")
    docs.sql("DELETE FROM docs WHERE path IS NULL")


@pytest.mark.parametrize("names", [("final",), ("temporary",), ("final", "temporary")])
def test_what_failed_builds_left_is_removed_and_built_again(
    docs: Any, steps: Any, names: tuple[str, ...]
) -> None:
    step = steps.create("docs_id", "docs", "id", unique=True)
    for name in names:
        leave_invalid(docs, "docs_id" if name == "final" else steps.temporary(step))
    assert ends(docs.apply(step)) == ["docs_id done"]
    assert docs.indexes() == {"docs_id": True}


@pytest.mark.parametrize("leftover", ["CREATE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY"])
def test_what_a_build_left_beside_a_hand_made_index_is_cleared_away(
    docs: Any, steps: Any, leftover: str
) -> None:
    step = steps.create("docs_kind", "docs", "kind")
    docs.sql("CREATE INDEX docs_kind ON docs (kind)")
    if "UNIQUE" in leftover:
        with pytest.raises(Exception, match="could not create unique index"):
            docs.sql(f"{leftover} {steps.temporary(step)} ON docs (kind)")
    else:
        docs.sql(f"{leftover} {steps.temporary(step)} ON docs (kind)")
    assert docs.standing(step).done
    assert ends(docs.apply(step)) == ["docs_kind done"]
    assert docs.indexes() == {"docs_kind": True}
    assert docs.plan(step).steps == ()


def test_ours_is_adopted_before_an_equal_one_made_by_hand(docs: Any, steps: Any) -> None:
    step = steps.create("docs_id", "docs", "id")
    docs.sql("CREATE INDEX a_by_hand ON docs (id)")
    docs.sql(f"CREATE INDEX {steps.temporary(step)} ON docs (id)")
    docs.apply(step)
    assert docs.indexes() == {"a_by_hand": True, "docs_id": True}


def test_a_primary_key_over_a_nullable_column_is_refused(docs: Any, steps: Any) -> None:
    docs.apply(steps.create("docs_path", "docs", "path", unique=True))
    promotion = steps.primary_key("docs_pkey", "docs", "path", using="docs_path")
    (ending,) = docs.apply(steps.create("docs_path", "docs", "path", unique=True), promotion)
    assert (ending.end, ending.acted) == (End.REFUSED, False)
    assert "column path allows NULL" in ending.why
    assert docs.indexes() == {"docs_path": True}


def test_a_step_that_fails_stops_no_other(docs: Any, steps: Any) -> None:
    docs.sql("CREATE TABLE pages (id int)")
    endings = docs.apply(
        steps.create("docs_kind", "docs", "kind", unique=True),
        steps.create("docs_gone", "docs", "gone"),
        steps.create("gone_id", "gone", "id"),
        steps.create("pages_id", "pages", "id"),
    )
    assert ends(endings) == [
        "docs_kind failed",
        "docs_gone failed",
        "gone_id refused",
        "pages_id done",
    ]
    assert docs.indexes() == {"pages_id": True}


def test_an_expression_that_fails_on_a_row_is_told_without_the_row(
    docs: Any, steps: Any, screen: Any
) -> None:
    docs.sql("INSERT INTO docs (id, path) VALUES (2000, 'hunter2-secret')")
    step = steps.create("docs_n", "docs", keys=(Key("((path)::int)"),))
    (ending,) = docs.apply(step, screen=screen)
    told = " ".join([ending.why, ending.do, *screen.said])
    assert "InvalidTextRepresentation (22P02)" in ending.why
    assert "hunter2" not in told
    assert '"p1"' not in told


def test_a_plan_that_the_world_has_overtaken_is_refused(docs: Any, steps: Any, screen: Any) -> None:
    step = steps.create("docs_id", "docs", "id")
    with Session(Url(docs.url)) as session:
        world = World(session, screen, Scope(steps.wants(step)))
        shown = world.look().plan
        docs.sql("CREATE INDEX by_hand ON docs (id)")
        (ending,) = apply(shown, world)
    assert ending.end is End.REFUSED
    assert "the world has moved since the plan was shown" in ending.why
    assert screen.statements == []
    assert docs.indexes() == {"by_hand": True}


@pytest.mark.parametrize(
    ("others", "inline_max_bytes", "left"),
    [
        (1, 0, {"another": True}),
        (0, 1 << 30, {}),
        (0, 0, {"docs_id": True}),
    ],
)
def test_what_is_unwanted_goes_only_by_name_and_never_as_a_large_tables_last_index(
    docs: Any, steps: Any, others: int, inline_max_bytes: int, left: dict[str, bool]
) -> None:
    docs.sql("CREATE INDEX docs_id ON docs (id)")
    if others:
        docs.sql("CREATE INDEX another ON docs (path)")
    before = docs.indexes()
    later = WantedStep(steps.create("docs_id", "docs", "id"), "r9")
    unnamed = docs.apply(unapplied=(later,), inline_max_bytes=inline_max_bytes)
    assert (unnamed, docs.indexes()) == ((), before)
    docs.apply(unapplied=(later,), inline_max_bytes=inline_max_bytes, only=("docs_id",))
    assert docs.indexes() == left


def test_what_was_dropped_by_hand_is_done(docs: Any, steps: Any) -> None:
    assert docs.standing(steps.drop("docs_old", "docs")).state is State.ABSENT
    assert docs.apply(steps.drop("docs_old", "docs")) == ()
