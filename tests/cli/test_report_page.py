"""`ktui report -o html`: one page that holds all it shows, in which text of others is only text."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from shutil import which
from typing import Any

import msgspec
import pytest

from ktui.cli.report import plots
from ktui.cli.report.document import Report
from ktui.cli.report.page import report_page
from ktui.figures.record import Outcome, Record, Sight

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VOID = {"meta"}
HOSTILE = "</title><script>alert(1)</script>\"'&\x1b[2J\u202e"


class Page(HTMLParser):
    """What a browser would make of it: elements, their attributes, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == [], "each element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str, kind: str = "") -> int:
        return sum(name == tag and kind in (attributes.get("class") or "") for name, attributes in self.elements)


def record(revision: int, hours: float = 1, **given: Any) -> Record:
    began = NOW - timedelta(hours=hours)
    made: dict[str, Any] = {
        "started": began, "finished": began + timedelta(seconds=40), "outcome": Outcome.COMPLETE, "desired": 4,
        "sight": Sight.WATCHED, "image": "cart:2", "from_image": "cart:1", "lowest": 4, "promised": 3,
    }  # fmt: skip
    return Record(uid="u", revision=revision, namespace="shop", name="cart", **{**made, **given})


def page(*records: Record, back: timedelta = timedelta(days=7), **given: Any) -> str:
    about: dict[str, Any] = {"context": "prod", "namespace": None, "names": (), "watched_since": None, **given}
    return report_page(Report(since=NOW - back, until=NOW, rollouts=list(records), **about), UTC)


def test_it_has_the_content_of_the_report() -> None:
    failed = record(2, 30, outcome=Outcome.FAILED, finished=None, cause="crash", sentence="2 of 2 new pods crash")
    late = record(3, 20, outcome=Outcome.LATE, lowest=2)
    shown = Page(page(record(1, 40), failed, late, record(4)))
    for said in ("50%", "of 4: 2 complete, 1 late, 1 failed", "2 of 2 new pods crash", "cart:1 → cart:2", "shop/cart"):
        assert said in shown.text
    assert shown.count("circle", "complete") == 2 + 3, "durations, and capacity"
    assert shown.count("rect", "late") == 1
    assert shown.count("line", "gap") == 1, "one was below its guaranteed minimum"
    assert shown.count("tr") == 1 + 1 + 1 + 1 + 1 + 4, "causes, services and timeline, each with its heading"


@pytest.mark.parametrize("back", [timedelta(hours=6), timedelta(days=30)])
def test_it_loads_nothing_and_runs_nothing(back: timedelta) -> None:
    source = page(record(1), record(2), back=back)
    shown = Page(source)
    assert not {"script", "link", "img", "iframe", "object"} & {name for name, _ in shown.elements}
    loading = {"src", "href", "srcset", "style", "action"}
    assert not [
        each for _, each in shown.elements if loading & each.keys() or any(key.startswith("on") for key in each)
    ]
    assert not re.search(r"url\(|@import|https?:", source)
    assert "default-src 'none'" in source


@pytest.mark.parametrize("field", ["name", "namespace", "image", "from_image", "deployed_by", "sentence", "cause"])
def test_text_of_others_is_text(field: str) -> None:
    source = page(msgspec.structs.replace(record(1, sentence="s", cause="c"), **{field: HOSTILE}), context=HOSTILE)
    assert "script" not in {element for element, _ in Page(source).elements}
    assert "\x1b" not in source
    assert "\u202e" not in source


def test_secrets_are_not_shown() -> None:
    sentence = "refused: password=hunter2hunter2 in https://user:hunter2hunter2@registry.example"
    assert "hunter2" not in page(record(1, sentence=sentence, cause="image"))


def test_nothing_recorded_is_said() -> None:
    assert "No rollout is recorded in this period." in Page(page()).text


def test_a_long_history_has_a_limit_and_says_so() -> None:
    records = [record(number, hours=100 - number / 100) for number in range(3000)]
    shown = Page(page(*records))
    assert "2500 earlier rollouts not listed" in shown.text
    assert shown.count("circle") == 2000 * 2


def test_on_paper_no_column_is_cut_and_only_what_is_small_stays_together() -> None:
    printed = "".join(re.findall(r"@media print \{(.*?\})\s*\}", page(record(1)), re.DOTALL))
    assert ".scroll { overflow: visible; }" in printed, "what is scrolled to on a screen is cut on paper"
    assert "td.nowrap { white-space: normal; }" in printed
    assert "section" not in printed, "a section that is kept together leaves the page before it half empty"


@pytest.mark.parametrize("days", [3, 7, 30])
def test_each_day_below_a_plot_is_named_once_where_it_begins(days: int) -> None:
    since = NOW - timedelta(days=days)
    drawn = plots.seconds_over_time([], since, NOW, UTC, median=None)
    named = re.findall(r'<text class="axis[^"]*" x="([\d.]+)" y="215">(\w+ \d+)</text>', drawn)
    assert len({name for _, name in named}) == len(named) in (3, 5, 6, 7), "no name twice"
    midnight = NOW.replace(hour=0)
    at = plots.Axes(since, NOW, 1, 220).x(midnight)
    assert f"{midnight:%b %d}" in [name for x, name in named if x == f"{at:.1f}"] or days == 30


CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := which(name))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
def test_a_real_browser_shows_it_and_runs_nothing_of_it(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    hostile = msgspec.structs.replace(record(1, sentence=HOSTILE, cause="crash"), name=HOSTILE)
    file.write_text(page(hostile, record(2)), encoding="utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom")
    ran = subprocess.run([str(CHROMIUM), *flags, file.as_uri()], capture_output=True, text=True, timeout=60, check=True)
    assert "<script" not in ran.stdout
    assert ran.stdout.count("<svg") == file.read_text(encoding="utf-8").count("<svg") > 0
    assert "alert(1)" in ran.stdout, "it is text"
