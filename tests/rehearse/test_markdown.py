"""A pull request's comment says the verdict first, shows hostile names as they are, and fits."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report.markdown import MARKER, MOST, report
from outofband.rehearse.run import Failure
from rehearsals import GIGABYTE, HOSTILE, finding, rehearsal, table, traced

INDEX = traced(
    "CREATE INDEX d_path ON documents (path)",
    "documents",
    mode="SHARE",
    scanned=("documents",),
    created=("d_path",),
)
FAILED = Failure("upgrade of revision 1 fails", 'relation "absent" does not exist')


class Rendered(HTMLParser):
    """What GitHub would make of a comment: the tags, and the text of each cell of each table."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.text = ""
        self.in_cell = False
        rules = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self.feed(rules.render(markdown))

    def handle_starttag(self, tag: str, _: object) -> None:
        self.tags.add(tag)
        self.in_cell = self.in_cell or tag in ("td", "th")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] += data


def first_line(told: Rehearsal) -> str:
    return report(told).splitlines()[0]


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            rehearsal(INDEX, sizes={"documents": 5 * GIGABYTE}, predicted=[finding()]),
            "## ❌ 1 error: every write of `documents` waits for at least 27 s",
        ),
        (
            rehearsal(INDEX),
            "## ✅ Nothing found: every write of `documents` waits for an unknown time"
            " (a table's size is in no stats file)",
        ),
        (rehearsal(), "## ✅ Nothing found: nothing waits longer than 50 ms"),
        (
            rehearsal(traced("ALTER TABLE t ADD c int", "t"), seen=[finding(severity="warning")]),
            "## ⚠️ 1 warning: nothing waits longer than 50 ms",
        ),
        (rehearsal(failure=FAILED, seen=[finding()]), "## ❌ Upgrade failed, 1 error"),
        (
            rehearsal(
                traced("UPDATE t SET a = 1", "t", mode="ROW_EXCLUSIVE", scanned=("t",)),
                sizes={"t": 50 * GIGABYTE},
            ),
            "## ✅ Nothing found: every write of a changed row of `t` waits for at least 13 min",
        ),
    ],
    ids=["a build", "of unknown size", "nothing", "short", "failed", "an update"],
)
def test_the_first_line_is_the_verdict(told: Rehearsal, line: str) -> None:
    assert first_line(told) == line


def test_who_waits_is_told_with_the_size_the_line_and_how_that_is_known() -> None:
    told = Rendered(report(rehearsal(INDEX, sizes={"documents": 5 * GIGABYTE})))
    why = "versions/1.py:7 takes SHARE: 5120 MB of documents indexed at 191 MB a second"
    assert told.rows[1] == ["documents", "5120 MB", "every write", "at least 27 s", why]


def test_partitions_that_are_locked_alike_share_a_line() -> None:
    tables = ("events", *(f"events_{n}" for n in range(1, 13)))
    build = traced("CREATE INDEX i ON events (a)", *tables, mode="SHARE", scanned=tables[1:])
    sizes = dict.fromkeys(tables, GIGABYTE) | {"events": 12 * GIGABYTE}
    told = Rendered(report(rehearsal(replace(build, created=(table("i"),)), sizes=sizes)))
    assert len(told.rows) == 4
    assert "`events_11`, and 9 more |" in report(rehearsal(build, sizes=sizes))
    assert told.rows[1][:2] == ["events, events_1, events_10, events_11, and 9 more", "12 GB"]
    assert told.rows[1][4].endswith(
        "12 GB of events_1, events_2 and 10 more tables indexed at 191 MB a second"
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_shows_as_it_is_and_does_nothing(name: str) -> None:
    statement = traced(f"DROP TABLE {name}", name, scanned=(name,), dropped=(name,), revision=name)
    bad = finding(message=f"{name} is bad", help=f"{name}: mend it", path=f"{name}.py")
    told = report(
        rehearsal(statement, sizes={name: 5 * GIGABYTE}, predicted=[bad], notes=[name, f"# {name}"])
    )
    rendered = Rendered(told)
    seen = {len(row) for row in rendered.rows}
    assert seen == {5}
    assert not rendered.tags & {"script", "a", "img", "em", "s"}
    assert {"details", "summary", "blockquote"} <= rendered.tags
    shown = " ".join(name.split()).replace("\x1b", "\\x1b").replace("\x07", "\\x07")
    shown = shown.replace("\u202e", "\\u202e").replace("\u2066", "\\u2066")
    cell = rendered.rows[1][0]
    assert cell == str(table(shown)._replace(schema=None))
    for text in rendered.text.replace("\u200b", "").split("Mend")[0], cell:
        assert shown.replace('"', "") in text.replace('"', "")
    assert told.count(MARKER) == 1


def test_nobody_is_mentioned_and_no_link_is_made_in_prose() -> None:
    told = report(rehearsal(predicted=[finding(message="@octocat, see #12, http://evil.example")]))
    assert "@octocat" not in told
    assert "#12" not in told
    assert "http://" not in told


def test_a_statement_that_does_nothing_is_not_told() -> None:
    told = report(rehearsal(traced("SET LOCAL lock_timeout = '2s'"), INDEX))
    assert "lock_timeout" not in told
    assert "<details><summary>Revision <code>1</code>: 1 statement, at most SHARE" in told
    assert "details" not in report(rehearsal(traced("SELECT 1")))


def test_a_step_out_of_band_locks_nothing_in_the_deploy() -> None:
    told = Rendered(report(rehearsal(replace(INDEX, out_of_band=True))))
    lasts = "out of band, unless the table is small"
    assert told.rows[1][2:] == ["", "makes d_path", lasts]
    assert "1 step out of band" in told.text


@pytest.mark.parametrize("seconds", [0.0001, 0.0042, 0.049])
def test_two_runs_differ_only_in_what_differs(seconds: float) -> None:
    statement = traced("ALTER TABLE t ADD c int", "t")
    again = replace(statement, seconds=seconds)
    assert report(rehearsal(statement)) == report(rehearsal(again))


def test_many_of_one_kind_are_counted_after_three() -> None:
    many = [finding(line=line, path=f"versions/{line % 4}.py") for line in range(200)]
    told = report(rehearsal(predicted=many))
    assert told.count("It is bad") == 3
    assert "- 197 more of **some-rule** in 4 files" in told


def test_more_than_github_takes_is_cut_with_words_and_keeps_its_marker() -> None:
    names = [f"{'🐘' * 15}_{number}" for number in range(300)]
    statements = [
        traced(f"ALTER TABLE {name} ADD c int", name, revision=str(n), transaction=n)
        for n, name in enumerate(names)
    ]
    rules = [finding(f"rule-{n}", message="It is bad. " * 20) for n in range(300)]
    told = report(rehearsal(*statements, predicted=rules, sizes=dict.fromkeys(names, GIGABYTE)))
    assert len(told.encode("utf-16-le")) // 2 <= MOST
    assert "left out here for want of room" in told
    assert told.endswith(f"{MARKER}\n")
    assert Rendered(told).tags >= {"h2", "h3", "ul"}


def test_a_comment_that_fits_leaves_nothing_out() -> None:
    assert "left out" not in report(rehearsal(INDEX, predicted=[finding()]))
