"""The lines of the timeline: pure functions from moments to spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from ktui.rollout.happenings import GLYPHS, What
from ktui.rollout.timeline import Moment
from ktui.text import age, local_time
from ktui.tui.draw.items import Item
from ktui.tui.draw.widgets import Line, Span, fit, shorten, width, wrap

_STYLES: Final[dict[What, str]] = {
    What.MADE: "new",
    What.SCALED: "progressing",
    What.TURNED: "strong",
    What.STARTED: "starting",
    What.READY: "new",
    What.STOPPING: "stopping",
    What.TROUBLE: "broken",
    What.NOTE: "dim",
    What.ACTION: "key",
}
"""The style of the sign of what happened."""

_PLAIN: Final = frozenset({What.MADE, What.STARTED, What.READY, What.STOPPING, What.NOTE})

_TIME: Final = 12
"""Cells of the column of times: `Nov 21 12:40`, `12:40:31`, `3d4h ago`."""


_INDENT: Final = _TIME + 4
"""Cells before the text."""

_MOST_LINES: Final = 12
"""Lines that a text may take; all of it is on the page of the moment."""

_LEAST_TEXT: Final = 20
"""Cells below which a text is not wrapped: it would be a column of single words."""


def keys(moments: Iterable[Moment]) -> list[str]:
    """What each moment is found by. It stays the same while more is folded into the moment."""
    seen: Counter[str] = Counter()
    found = []
    for moment in moments:
        key = f"{moment.at.isoformat()} {moment.what}"
        seen[key] += 1
        found.append(f"{key} {seen[key]}")
    return found


def items(moments: Sequence[Moment], now: datetime, cells: int, *, relative: bool, most: int) -> list[Item]:
    """The moments in order: each in full if all of them fit into `most` lines, else in one line each."""
    full = [_lines(moment, now, cells, relative=relative, most=_MOST_LINES) for moment in moments]
    if sum(len(each) for each in full) > most:
        full = [_lines(moment, now, cells, relative=relative, most=1) for moment in moments]
    return [Item(tuple(each), key) for each, key in zip(full, keys(moments), strict=True)]


def _lines(moment: Moment, now: datetime, cells: int, *, relative: bool, most: int) -> list[Line]:
    glyph, style = GLYPHS[moment.what], _STYLES[moment.what]
    if moment.is_warning:
        style = "broken" if moment.what is What.TROUBLE else "warn"
    text = style if moment.is_warning else "" if moment.what in _PLAIN else style
    rest = [Span(f"  {moment.extent}", "dim")] if moment.extent else []
    when = f"{age(moment.at, now)} ago" if relative else _stamp(moment.at, now)
    spans = [Span(f"{fit(when, _TIME, right=True)}  ", "dim"), Span(f"{glyph} ", style)]
    room, span = cells - _INDENT, Span(moment.sentence, text)
    if most == 1 or room < _LEAST_TEXT or width([span, *rest]) <= room:
        return [shorten([*spans, span, *rest], cells)]
    first, *more = wrap(span.text, room, most)
    wrapped = [[*spans, Span(first, text)], *([Span(" " * _INDENT), Span(part, text)] for part in more)]
    if width([*wrapped[-1], *rest]) <= cells:
        wrapped[-1] += rest
    else:
        wrapped.append([Span(" " * (_INDENT - 2)), *rest])
    return list[Line](wrapped)


def _stamp(at: datetime, now: datetime) -> str:
    local = local_time(at)
    return local.strftime("%H:%M:%S" if local.date() == now.astimezone().date() else "%b %d %H:%M")
