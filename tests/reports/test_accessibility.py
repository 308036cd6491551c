"""The report pages can be used by everybody: their structure always, and by axe-core where a Chromium is to run it."""

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran

NOW = "2024-12-10T12:00:00+00:00"
CHROMIUM = next(
    filter(
        None,
        map(
            shutil.which,
            (
                *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
                "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",  # a Chromium, on every Windows
            ),
        ),
    ),
    None,
)
WHY_NOT = "axe-core needs a browser that pip cannot bring: install Chromium, Chrome or Edge, and this runs"
VOID = {"meta", "br", "line", "rect"}
OPTIONAL_END = {"td"}
"""HTML needs no end tag of a cell."""


class Page(HTMLParser):
    """The elements of a page with their attributes, and whether they are nested soundly."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag in {"td", "th", "tr"} and self.open and self.open[-1] in OPTIONAL_END:
            self.open.pop()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] in OPTIONAL_END and tag != self.open[-1]:
            self.open.pop()
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.fixture(params=[[], ["--public"]], ids=["own", "public"])
def page(request: pytest.FixtureRequest, ct: Callable[..., Ran], council: Path) -> str:
    ran = ct("report", "compliance", "--out", "-", "--format", "html", *request.param, now=NOW)
    assert ran.status == 0, ran.err
    return ran.out


def test_it_says_its_language_and_title_and_its_parts_are_landmarks(page: str) -> None:
    found = Page(page)

    assert found.all("html") == [{"lang": "en-GB"}]
    assert "<title>Monthly returns: all locations</title>" in page
    for landmark in ("main", "header", "footer", "nav", "h1"):
        assert len(found.all(landmark)) == 1, landmark


def test_headings_go_down_by_one(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(page).seen if re.fullmatch("h[1-6]", tag)]

    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_link_leads_somewhere_on_the_page_and_no_id_is_there_twice(page: str) -> None:
    found = Page(page)
    ids = [attributes["id"] for _, attributes in found.seen if "id" in attributes]

    assert len(ids) == len(set(ids))
    links = [str(attributes["href"]) for attributes in found.all("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_every_table_has_a_caption_and_heads_of_columns_and_rows(page: str) -> None:
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)

    assert tables
    for table in tables:
        assert table.count("<caption>") == 1
        assert all("scope" in attributes for attributes in Page(table).all("th"))
        assert 'scope="col"' in table
    assert len(set(re.findall(r"<caption>(.*?)</caption>", page))) == len(tables)


def test_every_chart_is_told_in_words_and_its_numbers_are_in_a_table(page: str) -> None:
    charts = re.findall(r'<svg class="chart".*?</svg>', page, re.DOTALL)

    assert len(charts) == 2
    for chart in charts:
        assert re.search(r"<title id=.*?>[^<]+</title><desc id=.*?>[^<]+ The table below", chart)
    for rate in re.findall(r"\d+\.\d%", charts[0]):
        assert page.count(rate) > 1


def test_what_scrolls_can_be_reached_from_the_keyboard_and_has_a_name(page: str) -> None:
    wide = [attributes for attributes in Page(page).all("div") if attributes.get("class") == "wide"]

    names = [attributes["aria-label"] for attributes in wide]
    assert len(set(names)) == len(names)
    assert all(attributes["tabindex"] == "0" and attributes["role"] == "region" for attributes in wide)


@pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)
def test_axe_finds_nothing_against_wcag_2_2_aa(page: str, tmp_path: Path) -> None:
    found = axe(page, tmp_path)

    told = [f"{it['id']}: {it['help']}: {[node['target'] for node in it['nodes'][:3]]}" for it in found["violations"]]
    assert told == []
    assert len(found["passes"]) > 15


@pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)
def test_axe_would_find_something(tmp_path: Path) -> None:
    found = axe('<html><head></head><body><img src="x.png"><p style="color:#ccc">pale</p></body></html>', tmp_path)

    assert {"image-alt", "html-has-lang", "color-contrast"} <= {it["id"] for it in found["violations"]}


def axe(page: str, folder: Path) -> dict[str, Any]:
    """What axe-core says of a page by the rules of WCAG 2.0 to 2.2, A and AA, and its own best practices."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core is not installed: pip install '.[test]'")
    script = Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    run = (
        f"axe.run({{runOnly: {json.dumps(tags)}}}).then(found => {{const pre = document.createElement('pre');"
        " pre.id = 'found'; pre.textContent = JSON.stringify({violations: found.violations, passes: found.passes.map("
        "it => it.id)}); document.body.replaceChildren(pre)})"
    )
    page = re.sub(r"<meta http-equiv[^>]*>", "", page)  # which lets no script run, also none of ours
    file = folder / "page.html"
    scripts = f"<script>{script}</script><script>addEventListener('load', () => {run})</script>"
    file.write_text(page.replace("</body>", scripts + "</body>"), encoding="utf-8")
    assert CHROMIUM
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    profile = f"--user-data-dir={folder / 'profile'}"
    ran = subprocess.run(
        [CHROMIUM, *flags, profile, file.as_uri()], check=False, capture_output=True, encoding="utf-8", timeout=120
    )
    told = re.search(r'<pre id="found">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert told, ran.stderr[-2000:]
    from html import unescape

    found: dict[str, Any] = json.loads(unescape(told[1]))
    return found
