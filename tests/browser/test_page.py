"""The rehearsal's page in a real Chromium: `make test-browser`.

With OUTOFBAND_SCREENSHOTS=DIR each page is kept as a picture, to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import CHROMIUM, Browser, browser
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report.html import report
from outofband.rehearse.run import Failure
from rehearsals import GIGABYTE, HOSTILE, finding, planned, rehearsal, traced

pytestmark = [
    pytest.mark.skipif(
        "OUTOFBAND_BROWSER" not in os.environ, reason="a browser takes seconds: make test-browser"
    ),
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("OUTOFBAND_BROWSER") != "require",
        reason="no chromium here: apt-get install chromium",
    ),
]

LONG = "a_name_of_sixty_three_bytes_that_a_framework_has_made_of_others"
SIZE = 31 * GIGABYTE


def _many() -> Rehearsal:
    names = [f"{LONG[:58]}_{number:03}" for number in range(200)]
    statements = [
        traced(f"CREATE INDEX ON {n} (a)", n, mode="SHARE", scanned=(n,), transaction=at)
        for at, n in enumerate(names)
    ]
    found = [finding("index-built-in-deploy", message=f"Building one on {n}") for n in names]
    return rehearsal(*statements, sizes=dict.fromkeys(names, SIZE), predicted=found)


def _hostile() -> Rehearsal:
    return rehearsal(
        *(traced(f"DROP TABLE {n}", n, scanned=(n,), dropped=(n,), revision=n) for n in HOSTILE),
        sizes=dict.fromkeys(HOSTILE, SIZE),
        predicted=[finding(message=f"{n} is bad", help=n, statement=n) for n in HOSTILE],
        queries=[planned(n, n) for n in HOSTILE],
        notes=HOSTILE,
    )


def _deploy() -> Rehearsal:
    return rehearsal(
        traced("ALTER TABLE orders ADD COLUMN note text", "orders", transaction=1),
        traced(
            "ALTER TABLE orders ALTER total TYPE float8", "orders",
            rewritten=("orders",), rebuilt=("orders_pkey",), transaction=2, revision="2",
        ),
        traced(
            "UPDATE lines SET sku = lower(sku)", "lines",
            mode="ROW_EXCLUSIVE", scanned=("lines",), transaction=3, revision="3",
        ),
        traced(
            "COMMENT ON TABLE a IS ''", "a",
            mode="SHARE_UPDATE_EXCLUSIVE", transaction=4, revision="3",
        ),
        traced(
            "ALTER TABLE b ALTER c TYPE int", "b",
            rewritten=("b",), transaction=5, revision="4",
        ),
        sizes={"orders": SIZE, "lines": SIZE // 2},
        predicted=[finding("column-type-rewritten"), finding("a-warning", severity="warning")],
        seen=[finding("lock-not-predicted", severity="warning", statement="SELECT f()")],
        queries=[planned(f"{LONG} = $1", LONG), planned(bad=False)],
    )  # fmt: skip


PAGES = {
    "deploy": _deploy(),
    "many": _many(),
    "hostile": _hostile(),
    "nothing": rehearsal(),
    "failed": rehearsal(
        failure=Failure("it fails"), seen=[finding("upgrade-fails", path="", message="x" * 500)]
    ),
}
WINDOWS = [(320, "light"), (375, "dark"), (1100, "light"), (1100, "dark"), (1920, "light")]

# Texts that do not fit into their boxes, and texts of two boxes that lie over one another.
CUT = """[...document.querySelectorAll('h1, h2, h3, p, li, pre, dt, dd, summary, b, span')]
    .filter(e => e.getClientRects().length && e.scrollWidth > e.clientWidth + 1
                 && getComputedStyle(e).display != 'inline')
    .map(e => e.tagName + ' ' + e.textContent.slice(0, 80))"""
COVERED = """(() => {
    const boxes = [...document.querySelectorAll('h1, h2, h3, p, pre, summary, svg, dt, dd')]
        .filter(e => e.checkVisibility({contentVisibilityAuto: true}))
        .map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.height).slice(0, 200);
    return boxes.flatMap(([a, r], i) => boxes.slice(i + 1)
        .filter(([b, s]) => !a.contains(b) && r.left < s.right - 1 && s.left < r.right - 1
                            && r.top < s.bottom - 1 && s.top < r.bottom - 1)
        .map(([b]) => a.textContent.slice(0, 40) + ' / ' + b.textContent.slice(0, 40)));
})()"""
# The contrast of each text with what is behind it (WCAG 2.2, 1.4.3), where it is too little.
FAINT = """(() => {
    const seen = new Set();
    const first = e => { const key = [e, e.parentElement].map(x => x.tagName + x.className).join();
        return !seen.has(key) && seen.add(key); };
    const rgb = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    const behind = e => { const [r, g, b, a = 1] = rgb(getComputedStyle(e).backgroundColor);
        return a || !e.parentElement ? [r, g, b] : behind(e.parentElement); };
    return [...document.querySelectorAll('body *:not(svg, svg *)')]
        .filter(e => e.textContent.trim()).filter(first)
        .map(e => [e, light(rgb(getComputedStyle(e).color)), light(behind(e))])
        .map(([e, a, b]) => [e, (Math.max(a, b) + .05) / (Math.min(a, b) + .05)])
        .filter(([e, ratio]) => ratio < 4.5)
        .map(([e, ratio]) => e.tagName + ' ' + e.className + ' ' + ratio.toFixed(1));
})()"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, told in PAGES.items():
        (folder / f"{name}.html").write_text(report(told), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_window_and_is_read_in_light_and_dark(
    name: str, chromium: Browser, pages: dict[str, Path]
) -> None:
    chromium.open(pages[name])
    for width, scheme in WINDOWS:
        chromium.look(width, scheme=scheme)
        where = f"{name} at {width} in {scheme}"
        assert chromium.value("document.documentElement.scrollWidth") <= width, where
        assert chromium.value(CUT) == [], where
        assert chromium.value(COVERED) == [], where
        assert chromium.value(FAINT) == [], where
        _keep(chromium, f"{name}-{width}-{scheme}.png")


def test_light_and_dark_differ(chromium: Browser, pages: dict[str, Path]) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        chromium.look(1100, scheme=scheme)
        chromium.open(pages["deploy"])
        colours.add(chromium.value("getComputedStyle(document.body).backgroundColor"))
    assert colours == {"rgb(255, 255, 255)", "rgb(22, 24, 28)"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_and_breaks_no_policy(
    name: str, chromium: Browser, pages: dict[str, Path]
) -> None:
    chromium.open(pages[name])
    methods = [event["method"] for event in chromium.events if "method" in event]
    assert methods.count("Network.requestWillBeSent") == 1
    assert "Log.entryAdded" not in methods
    assert "Runtime.exceptionThrown" not in methods
    assert chromium.value("document.compatMode") == "CSS1Compat"
    assert chromium.value("document.scripts.length") == 0
    assert chromium.value("document.styleSheets[0].cssRules.length") > 20


def test_hostile_names_are_text(chromium: Browser, pages: dict[str, Path]) -> None:
    chromium.open(pages["hostile"])
    names = chromium.value("[...document.querySelectorAll('#waits h3 code')].map(e => e.innerText)")
    assert len(names) == len(HOSTILE)
    assert '"</details><script>alert(1)</script>"' in names
    assert '"<!-- outofband rehearse -->"' in names


def test_the_keyboard_reaches_and_opens_everything(
    chromium: Browser, pages: dict[str, Path]
) -> None:
    chromium.look(1100)
    chromium.open(pages["deploy"])
    reached = []
    chromium.press("Tab", 9)
    while (tag := chromium.value("document.activeElement.tagName")) != "BODY":
        reached.append(chromium.value("document.activeElement.innerText"))
        assert chromium.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if tag == "SUMMARY":
            chromium.press("Enter", 13, "\r")
        chromium.press("Tab", 9)
    assert reached[:4] == ["Who would wait", "Findings", "Plans", "Statements"]
    assert reached[4] == "1 table that no read and no write waits for"
    assert len(reached) == chromium.value("document.querySelectorAll('a, summary').length")
    assert chromium.value("document.querySelectorAll('details:not([open])').length") == 0


def test_who_waits_is_told_to_who_does_not_see(chromium: Browser, pages: dict[str, Path]) -> None:
    chromium.open(pages["deploy"])
    tree = chromium.call("Accessibility.getFullAXTree")["nodes"]
    named = [n["name"]["value"] for n in tree if n.get("role", {}).get("value") == "image"]
    assert any("every read and every write waits for at least 4.3 min" in name for name in named)


def test_on_paper_everything_is_open_and_nothing_is_dark(
    chromium: Browser, pages: dict[str, Path]
) -> None:
    chromium.look(1100, scheme="dark")
    chromium.open(pages["deploy"])
    chromium.show_on("print", scheme="dark")
    hidden = """[...document.querySelectorAll('.statements pre')]
        .filter(e => !e.checkVisibility({contentVisibilityAuto: true})).length"""
    assert chromium.value(hidden) == 0
    assert chromium.value(COVERED) == []
    assert chromium.value("getComputedStyle(document.querySelector('h2')).display") == "block"
    assert chromium.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    white = "getComputedStyle(document.body).backgroundColor == 'rgb(255, 255, 255)'"
    assert chromium.value(white)
    _keep(chromium, "deploy-print.png")
    assert chromium.call("Page.printToPDF")["data"].startswith("JVBERi0")


def _keep(chromium: Browser, name: str) -> None:
    folder = os.environ.get("OUTOFBAND_SCREENSHOTS")
    if folder:
        chromium.screenshot(Path(folder) / name)
