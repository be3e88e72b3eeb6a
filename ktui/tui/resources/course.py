"""What the pods used over time, new against old, as plots with one scale for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from ktui.model.quantities import amount_text
from ktui.rollout.capacity.usage import RevisionUse, Usage
from ktui.rollout.capacity.usage_words import NAMES
from ktui.text import local_time
from ktui.tui.draw.plot import Column, plot, resampled, time_axis
from ktui.tui.draw.widgets import Line, Span, fit

_ROWS: Final = 2
_SIDE: Final = 4
"""Cells for `new` and `old`."""


def course(measured: Sequence[Usage], resource: str, cells: int) -> list[Line]:
    """A resource of a pod on average, new and old; nothing before there are two measurements."""
    newest = [(each.at, each.new) for each in measured if each.at is not None]
    oldest = [(each.at, each.old) for each in measured if each.at is not None]
    sides = [("new", _means(newest, resource)), ("old", _means(oldest, resource))]
    if len(newest) < 2 or not any(len(values) > 1 for _, values in sides):
        return []
    top = max(value for _, values in sides for _, value in values)
    since, until = newest[0][0], newest[-1][0]
    highest = amount_text(resource, Decimal(top))
    indent = max(len(highest), 1) + 2 + _SIDE
    room = max(8, cells - indent)
    lines: list[Line] = [[Span(f"{NAMES[resource].upper()} OVER TIME", "head"), Span("  a pod, on average", "dim")]]
    for side, values in sides:
        if not values:
            continue
        # A revision whose first pods were measured later begins later.
        blank = round((values[0][0] - since) / (until - since) * room)
        heights = resampled(values, values[0][0], until, room - blank, lowest=False)
        columns = [*([Column(0, "")] * blank), *(Column(value, side) for value in heights)]
        drawn = plot(columns, _ROWS, top, {0: highest, _ROWS - 1: "0"})
        lines += [[Span(fit(side if row == 0 else "", _SIDE), side), *line] for row, line in enumerate(drawn)]
    times = time_axis(f"{local_time(since):%H:%M:%S}", f"{local_time(until):%H:%M:%S}", room, indent=indent)
    return [*lines, times]


def _means(of: Sequence[tuple[datetime, RevisionUse | None]], resource: str) -> list[tuple[datetime, float]]:
    meters = [(at, use.meter(resource)) for at, use in of if use is not None]
    return [(at, float(meter.mean)) for at, meter in meters if meter is not None]
