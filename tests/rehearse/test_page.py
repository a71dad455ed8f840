"""The page stands by itself, escapes what it shows, and draws each lock where it belongs."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from outofband.rehearse.report.element import element, written
from outofband.rehearse.report.html import report
from outofband.rehearse.report.timeline import spans
from outofband.rehearse.run import Failure
from rehearsals import GIGABYTE, HOSTILE, finding, rehearsal, traced

VOID = {"meta", "link", "br", "hr", "img", "input"}
BUILD = traced("CREATE INDEX i ON t (a)", "t", mode="SHARE", scanned=("t",), created=("i",))


class Page(HTMLParser):
    """What a page consists of; one whose tags do not match is none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text: dict[str, str] = {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "style", "the policy forbids it"
            if name in ("href", "src"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        place = self.open[-1] if self.open else ""
        self.text[place] = self.text.get(place, "") + data


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_shows_as_it_is(name: str) -> None:
    statement = traced(
        f'DROP TABLE "{name}"', name, scanned=(name,), dropped=(name,), revision=name
    )
    bad = finding(message=f"{name} is bad", help=name, path=f"{name}.py", statement=name)
    html = report(
        rehearsal(statement, sizes={name: 5 * GIGABYTE}, predicted=[bad], notes=[name, name])
    )
    page = Page(html)
    assert {*page.tags}.isdisjoint({"script", "img", "b-", "x"})
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", html)
    shown = name.replace("\x1b", "\\x1b").replace("\x07", "\\x07").replace("\r", "\\x0d")
    shown = shown.replace("\u202e", "\\u202e").replace("\u2066", "\\u2066")
    assert f"{shown} is bad." in page.text["p"]
    assert shown in page.text["code"]


def test_nothing_is_fetched_and_nothing_runs() -> None:
    html = report(rehearsal(BUILD, predicted=[finding()], sizes={"t": GIGABYTE}))
    page = Page(html)
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} == {*page.ids} == {"waits", "findings", "statements"}
    assert len(page.ids) == len({*page.ids})
    assert "url(" not in html
    assert "@import" not in html
    policy = re.search(r"content=\"default-src 'none'; style-src 'sha256-([^']+)';", html)
    style = re.search("<style>(.*)</style>", html, re.DOTALL)
    assert policy
    assert style
    assert policy[1] == b64encode(sha256(style[1].encode()).digest()).decode()


@pytest.mark.parametrize(
    ("told", "verdict", "sections"),
    [
        (rehearsal(), "fine Nothing found: nothing waits longer than 50 ms.", []),
        (
            rehearsal(failure=Failure("it fails"), seen=[finding("upgrade-fails")]),
            "error Upgrade failed, 1 error.",
            ["findings"],
        ),
        (
            rehearsal(BUILD, sizes={"t": 31 * GIGABYTE}),
            "fine Nothing found: every write of t waits for at least 2.8 min.",
            ["waits", "statements"],
        ),
    ],
    ids=["nothing", "failed", "a build"],
)
def test_a_section_that_has_nothing_to_say_is_not_there(
    told: object, verdict: str, sections: list[str]
) -> None:
    page = Page(report(told))  # type: ignore[arg-type]
    heading = page.text.get("span", "")[: len(verdict.split()[0])] + page.text["h1"]
    assert heading == verdict
    assert page.ids == sections


def test_of_two_hundred_tables_thirty_are_seen_at_first() -> None:
    names = [f"t{number}" for number in range(200)]
    statements = [
        traced("", name, mode="SHARE", scanned=(name,), transaction=number)
        for number, name in enumerate(names)
    ]
    page = Page(report(rehearsal(*statements, sizes=dict.fromkeys(names, GIGABYTE))))
    assert "170 tables for no longer than these" in page.text["summary"]
    assert page.tags.count("svg") == 200 + 5


def test_partitions_that_are_locked_alike_share_a_lane() -> None:
    tables = [f"events_{n}" for n in range(12)]
    told = report(rehearsal(traced("DROP TABLE events", *tables, scanned=tuple(tables))))
    assert told.count("DROP TABLE events") == 1
    assert "<summary>and 11 more alike</summary>" in told


@pytest.mark.parametrize("unnoticed", [0.001, 0.049])
def test_a_lock_is_drawn_from_its_statement_to_the_end_of_its_transaction(
    unnoticed: float,
) -> None:
    first = traced("", "t", transaction=1, seconds=unnoticed)
    slow = traced("", "u", scanned=("u",), transaction=1)
    last = traced("", "v", scanned=("v",), transaction=2)
    told = rehearsal(first, slow, last, sizes={"u": GIGABYTE, "v": GIGABYTE})
    drawn = [*spans([first, slow, last], told.holds, told.stats)]
    assert [(round(span.start, 6), round(span.end, 6)) for span in drawn] == [
        (0.0, 0.505),
        (0.01, 0.505),
        (0.505, 1.0),
    ]


def test_statements_of_no_length_share_the_deploy_among_them() -> None:
    statements = [traced("", "t", transaction=number, seconds=0.0) for number in range(4)]
    told = rehearsal(*statements)
    drawn = [*spans(statements, told.holds, told.stats)]
    assert [span.end for span in drawn] == [0.25, 0.5, 0.75, 1.0]


def test_an_element_writes_no_text_of_its_children_as_markup() -> None:
    made = element("p", "<b>", element("i", "&amp;"), "</p>", None, class_='"x"', aria_label="<")
    assert written(made) == (
        "<!doctype html>\n"
        '<p class="&quot;x&quot;" aria-label="<">&lt;b&gt;<i>&amp;amp;</i>&lt;/p&gt;</p>\n'
    )
