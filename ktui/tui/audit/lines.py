"""The lines of the audit screen: pure functions from deeds to spans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ktui import signs
from ktui.actions.who_did_what import WROTE, Deed
from ktui.text import age, clean, local_time
from ktui.tui.draw.items import Item
from ktui.tui.draw.widgets import Line, Span, fit, wrap
from ktui.tui.page.sections import Page, Section

_TIME: Final = 12
_LEAST_WHO: Final = 8
_MOST_WHO: Final = 28
"""Cells of the columns of times and of names."""
_LEAST_TEXT: Final = 24
_MOST_LINES: Final = 6
_STYLES: Final = {"done": "good", "failed": "failed", WROTE: "dim"}
_GLYPHS: Final = {"done": signs.TICK, "failed": signs.CROSS, WROTE: signs.POINT}


def items(found: Sequence[Deed], now: datetime, cells: int) -> list[Item]:
    """Each with when, who and what, the text wrapped beside them."""
    widest = max((len(each.who) for each in found), default=0)
    who = max(_LEAST_WHO, min(_MOST_WHO, widest, cells // 4))
    return [Item(tuple(_lines(each, now, cells, who)), key(each, at)) for at, each in enumerate(found)]


def key(deed: Deed, at: int) -> str:
    """What it is found by."""
    return f"{at} {deed.at} {deed.outcome}"


def _lines(deed: Deed, now: datetime, cells: int, who: int) -> list[Line]:
    style = _STYLES.get(deed.outcome, "warn")
    when = f"{age(deed.at, now)} ago" if deed.at is not None else "unknown"
    spans = [
        Span(f"{fit(when, _TIME, right=True)}  ", "dim"),
        Span(f"{_GLYPHS.get(deed.outcome, signs.TRIANGLE)} ", style),
        Span(f"{fit(deed.who or '-', who)}  ", "key" if deed.entry is not None else ""),
    ]
    indent = _TIME + who + 6
    text = deed.text if deed.outcome in _GLYPHS else f"{deed.outcome}: {deed.text}"
    first, *more = wrap(text, max(_LEAST_TEXT, cells - indent), _MOST_LINES) or [""]
    style = "warn" if deed.is_warning else ""
    return [[*spans, Span(first, style)], *([Span(" " * indent), Span(part, style)] for part in more)]


def page(deed: Deed, now: datetime) -> Page:
    """All that is known of it."""
    at = f"{local_time(deed.at):%Y-%m-%d %H:%M:%S}, {age(deed.at, now)} ago" if deed.at is not None else "unknown"
    sections = []
    if (entry := deed.entry) is not None:
        texts = [
            (at, "dim"),
            (clean(entry.plan), "strong"),
            (f"{clean(entry.outcome)}: {clean(entry.sentence)}", "warn" if deed.is_warning else ""),
            (f"by {clean(entry.user) or 'unknown'} in the context {clean(entry.context)}", ""),
        ]
        if entry.automatic:
            texts.append((f"automatic: {clean(entry.automatic)}", "warn"))
        sections.append(Section("WITH KTUI, ON THIS MACHINE", tuple(texts)))
    if (wrote := deed.writing) is not None:
        how = f"{wrote.operation or 'wrote'}{f' of {wrote.subresource}' if wrote.subresource else ''}"
        about = [(f"field manager {wrote.manager or 'unknown'}, {how}", ""), (f"last change {at}", "dim")]
        sections.append(Section(f"BY {wrote.tool or 'unknown'}", (*about, *((note, "strong") for note in wrote.notes))))
        sections.append(Section("FIELDS THAT IT OWNS NOW", tuple((field, "") for field in wrote.fields)))
    return Page("Audit", tuple(sections))
