"""The lines of the time line: pure functions from moments to spans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ktui import signs
from ktui.rollout.timeline import Moment, What
from ktui.text import age, duration, local_time
from ktui.tui.draw.widgets import Line, Span, fit, shorten

_SIGNS: Final[dict[What, tuple[str, str]]] = {
    What.MADE: ("+", "new"),
    What.SCALED: (signs.UP_DOWN, "progressing"),
    What.TURNED: (signs.DIAMOND, "strong"),
    What.STARTED: (signs.HALF_SQUARE, "starting"),
    What.READY: (signs.SQUARE, "new"),
    What.STOPPING: (signs.HATCHED, "stopping"),
    What.TROUBLE: (signs.CROSS, "broken"),
    What.NOTE: (signs.POINT, "dim"),
    What.DEED: (signs.INTO, "key"),
}
"""Glyph and style of what happened."""

_PLAIN: Final = frozenset({What.MADE, What.STARTED, What.READY, What.STOPPING, What.NOTE})

_TIME: Final = 12
"""Cells of the column of times: `Nov 21 12:40`, `12:40:31`, `3d4h ago`."""


def lines(moments: Sequence[Moment], now: datetime, cells: int, *, relative: bool) -> list[Line]:
    """One line a moment, in order."""
    return [_line(moment, now, cells, relative=relative) for moment in moments]


def _line(moment: Moment, now: datetime, cells: int, *, relative: bool) -> Line:
    glyph, style = _SIGNS[moment.what]
    if moment.is_warning:
        style = "broken" if moment.what is What.TROUBLE else "warn"
    text = style if moment.is_warning else "" if moment.what in _PLAIN else style
    often, took = _often(moment), (moment.until - moment.at).total_seconds()
    note = often or (f"within {duration(took)}" if took >= 1 else "")
    rest = [Span(f"  {note}", "dim")] if note else []
    when = f"{age(moment.at, now)} ago" if relative else _stamp(moment.at, now)
    told = f"ktui: {moment.text}" if moment.what is What.DEED else moment.text
    spans = [Span(f"{fit(when, _TIME, right=True)}  ", "dim"), Span(f"{glyph} ", style), Span(told, text), *rest]
    return shorten(spans, cells)


def _often(moment: Moment) -> str:
    """`×6 over 30s`; nothing for once."""
    if moment.times < 2:
        return ""
    over = (moment.until - (moment.since or moment.at)).total_seconds()
    return f"×{moment.times} over {duration(over)}" if over >= 1 else f"×{moment.times}"


def _stamp(at: datetime, now: datetime) -> str:
    local = local_time(at)
    return local.strftime("%H:%M:%S" if local.date() == now.astimezone().date() else "%b %d %H:%M")
