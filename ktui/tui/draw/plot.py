"""Numbers as columns of several lines, in eighths of a line, with signs that ASCII has too (`signs.LEVELS`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from math import ceil
from typing import NamedTuple

from ktui import signs
from ktui.tui.draw.widgets import Line, Span, fit

_EIGHTHS = len(signs.LEVELS)


class Column(NamedTuple):
    """One column: how high it is, in which style; `upper` on top of that, in another sign and style."""

    value: float
    style: str
    upper: float = 0.0
    upper_style: str = "old"


def plot(columns: Sequence[Column], rows: int, top: float, labels: Mapping[int, str]) -> list[Line]:
    """So many lines of columns, `top` at the upper edge; `labels` by line, 0 is the highest, stand on the left."""
    room = max((len(text) for text in labels.values()), default=0)
    lines: list[Line] = []
    for row in range(rows):
        cells = [_cell(column, rows - 1 - row, rows, top) for column in columns]
        parts = [
            Span("".join(sign for sign, _ in same), style) for style, same in groupby(cells, key=lambda cell: cell[1])
        ]
        lines.append([Span(f"{fit(labels.get(row, ''), room, right=True)} {signs.BORDER}", "dim"), *parts])
    return lines


def row_of(value: float, rows: int, top: float) -> int:
    """The line, 0 is the highest, in which a column of that height ends."""
    return max(0, min(rows - 1, rows - ceil(value / top * rows))) if top else rows - 1


def _cell(column: Column, level: int, rows: int, top: float) -> tuple[str, str]:
    """The sign of that column in the line that is so many lines above the lowest, and its style."""
    scale = rows * _EIGHTHS / top if top else 0.0
    lower, both = round(column.value * scale), round((column.value + column.upper) * scale)
    if column.value > 0:
        lower = max(1, lower)
    filled = lower - level * _EIGHTHS
    if filled > 0:
        return signs.LEVELS[min(_EIGHTHS, filled) - 1], column.style
    return (signs.LIGHT, column.upper_style) if both - level * _EIGHTHS > _EIGHTHS // 2 else (" ", "")


def resampled(
    samples: Sequence[tuple[datetime, float]], since: datetime, until: datetime, cells: int, *, lowest: bool
) -> list[float]:
    """Values that hold until the next one, in so many slices of a time: the lowest or the highest of each slice."""
    if not samples or cells < 1:
        return []
    worst = min if lowest else max
    step = (until - since) / cells
    values, held, index = [], samples[0][1], 0
    for number in range(cells):
        end, value = since + step * (number + 1), held
        while index < len(samples) and (samples[index][0] <= end or number == cells - 1):
            held = samples[index][1]
            value = worst(value, held)
            index += 1
        values.append(value)
    return values


def time_axis(since: str, until: str, cells: int, *, indent: int) -> Line:
    """When a plot of so many cells begins and ends."""
    gap = max(1, cells - len(since) - len(until))
    return [Span(" " * indent + since + " " * gap + until, "dim")]
