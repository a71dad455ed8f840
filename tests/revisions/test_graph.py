from __future__ import annotations

import pytest

from outofband.revisions import graph
from outofband.revisions.graph import DatabaseAhead, NoSuchRevision, RevisionsNotLoaded


@pytest.fixture
def script(project):
    """Two branches, one of which depends on the other, then a merge and one more."""
    project.revision("root", after=None)
    project.revision("left1", after="root", labels="left")
    project.revision("left2", after="left1")
    project.revision("right1", after="root", depends_on="left1")
    project.revision("merged", after=("left2", "right1"))
    project.revision("newest", after="merged")
    return project.environment.script


def names(scripts) -> list[str]:
    return [script.revision for script in scripts]


def test_every_revision_comes_after_what_it_comes_from_and_depends_on(script) -> None:
    order = names(graph.every(script))
    assert sorted(order) == sorted(["root", "left1", "left2", "right1", "merged", "newest"])
    for first, second in [("root", "left1"), ("left1", "right1"), ("left2", "merged")]:
        assert order.index(first) < order.index(second)


@pytest.mark.parametrize(
    ("heads", "applied"),
    [
        ((), []),
        (("root",), ["root"]),
        (("left1",), ["root", "left1"]),
        (("right1",), ["root", "left1", "right1"]),
        (("left2", "right1"), ["root", "left1", "left2", "right1"]),
        (("merged",), ["root", "left1", "left2", "merged", "right1"]),
    ],
)
def test_heads_stand_for_what_they_come_from_and_depend_on(script, heads, applied) -> None:
    assert set(names(graph.applied(script, heads))) == set(applied)


@pytest.mark.parametrize(
    ("heads", "to", "ahead"),
    [
        ((), "head", ["root", "left1", "left2", "right1", "merged", "newest"]),
        ((), "heads", ["root", "left1", "left2", "right1", "merged", "newest"]),
        (("root",), "left2", ["left1", "left2"]),
        (("root",), "lef", None),
        (("root",), "left@left2", ["left1", "left2"]),
        (("merged",), "+1", ["newest"]),
        (("merged",), "newe", ["newest"]),
        (("newest",), "head", []),
        (("newest",), "left1", []),
    ],
)
def test_what_is_ahead_is_resolved_as_alembic_does(script, heads, to, ahead) -> None:
    if ahead is None:
        with pytest.raises(NoSuchRevision):
            graph.ahead(script, heads, to)
    else:
        assert sorted(names(graph.ahead(script, heads, to))) == sorted(ahead)


@pytest.mark.parametrize("to", ["nonsense", "nobody@head", "+7"])
def test_a_destination_that_is_none_is_a_misuse(script, to: str) -> None:
    with pytest.raises(NoSuchRevision) as raised:
        graph.ahead(script, ("root",), to)
    assert raised.value.exit_status == 2
    assert to in str(raised.value)


def test_several_heads_have_to_be_told_apart(project) -> None:
    project.revision("one", after=None)
    project.revision("two", after=None)
    with pytest.raises(NoSuchRevision, match=r"several heads: one, two"):
        graph.ahead(project.environment.script, (), "head")
    assert sorted(graph.heads(project.environment.script)) == ["one", "two"]


def test_a_database_at_an_unknown_revision_is_a_state_unknown(script) -> None:
    with pytest.raises(DatabaseAhead, match="deployed_elsewhere") as raised:
        graph.applied(script, ("deployed_elsewhere",))
    assert raised.value.exit_status == 5


@pytest.mark.parametrize(
    ("top", "said"),
    [("import no_such_module", "ModuleNotFoundError"), ("def (", "SyntaxError")],
)
def test_a_revision_that_cannot_be_imported_is_named(project, top: str, said: str) -> None:
    path = project.revision("broken", top=top)
    with pytest.raises(RevisionsNotLoaded, match=said) as raised:
        graph.every(project.environment.script)
    assert f"{path}:3" in str(raised.value)


def test_a_graph_with_a_hole_is_a_misuse(project) -> None:
    project.revision("dangling", after="nowhere")
    with pytest.raises(RevisionsNotLoaded, match=r"form no graph: Revision nowhere referenced"):
        graph.every(project.environment.script)


def test_an_id_that_two_files_have_is_a_misuse(project) -> None:
    path = project.revision("twice", after=None)
    path.with_name("again.py").write_text(path.read_text())
    with pytest.raises(RevisionsNotLoaded, match="twice is present more than once"):
        graph.every(project.environment.script)


def test_a_revision_is_named_even_where_what_it_imports_is_at_fault(project) -> None:
    project.module("helper_of_graph", "raise RuntimeError('no settings')")
    path = project.revision("innocent", top="import helper_of_graph")
    with pytest.raises(RevisionsNotLoaded, match="RuntimeError: no settings") as raised:
        graph.every(project.environment.script)
    assert f"{path}:3" in str(raised.value)
    assert f"(at {project.folder / 'helper_of_graph.py'}:1)" in str(raised.value)


def test_a_revision_that_exits_when_imported_is_a_misuse(project) -> None:
    project.revision("leaving", top="raise SystemExit(0)")
    with pytest.raises(RevisionsNotLoaded, match=r"leaving.py:3 cannot be imported: SystemExit"):
        graph.every(project.environment.script)


def test_a_file_that_is_no_text_is_a_misuse(project) -> None:
    project.revision("binary").write_bytes(b"revision = 'binary'\0")
    with pytest.raises(RevisionsNotLoaded, match="null bytes"):
        graph.every(project.environment.script)
