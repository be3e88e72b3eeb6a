"""The lines of the time line: pure functions from moments to spans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ktui.rollout.timeline import GLYPHS, Moment, What
from ktui.text import age, local_time
from ktui.tui.draw.widgets import Line, Span, fit, shorten

_STYLES: Final[dict[What, str]] = {
    What.MADE: "new",
    What.SCALED: "progressing",
    What.TURNED: "strong",
    What.STARTED: "starting",
    What.READY: "new",
    What.STOPPING: "stopping",
    What.TROUBLE: "broken",
    What.NOTE: "dim",
    What.DEED: "key",
}
"""The style of the sign of what happened."""

_PLAIN: Final = frozenset({What.MADE, What.STARTED, What.READY, What.STOPPING, What.NOTE})

_TIME: Final = 12
"""Cells of the column of times: `Nov 21 12:40`, `12:40:31`, `3d4h ago`."""


def lines(moments: Sequence[Moment], now: datetime, cells: int, *, relative: bool) -> list[Line]:
    """One line a moment, in order."""
    return [_line(moment, now, cells, relative=relative) for moment in moments]


def _line(moment: Moment, now: datetime, cells: int, *, relative: bool) -> Line:
    glyph, style = GLYPHS[moment.what], _STYLES[moment.what]
    if moment.is_warning:
        style = "broken" if moment.what is What.TROUBLE else "warn"
    text = style if moment.is_warning else "" if moment.what in _PLAIN else style
    rest = [Span(f"  {moment.extent}", "dim")] if moment.extent else []
    when = f"{age(moment.at, now)} ago" if relative else _stamp(moment.at, now)
    spans = [
        Span(f"{fit(when, _TIME, right=True)}  ", "dim"),
        Span(f"{glyph} ", style),
        Span(moment.sentence, text),
        *rest,
    ]
    return shorten(spans, cells)


def _stamp(at: datetime, now: datetime) -> str:
    local = local_time(at)
    return local.strftime("%H:%M:%S" if local.date() == now.astimezone().date() else "%b %d %H:%M")
