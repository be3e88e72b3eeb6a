"""Capacity and restarts of one rollout over time, as plots: below the pods where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ktui.rollout.detail import Capacity, Detail
from ktui.text import count, duration, local_time
from ktui.tui.draw.plot import Column, plot, resampled, row_of, time_axis
from ktui.tui.draw.widgets import Line, Span

ROWS: Final = 5
RESTART_ROWS: Final = 2
LINES: Final = ROWS + 2
"""Lines of the capacity with its title and its times."""

_MOST: Final = 240
_LEAST_TIME: Final = timedelta(seconds=10)
"""What is shorter says nothing over time."""

Restarts = list[tuple[datetime, float]]


def note_restarts(seen: Restarts, detail: Detail, now: datetime) -> None:
    """Add the restarts of all pods, if they have changed; when there are too many, every other one goes."""
    total = float(sum(pod.restarts for revision in detail.revisions for pod in revision.pods))
    if not seen or seen[-1][1] != total:
        if len(seen) >= _MOST:
            del seen[1::2]
        seen.append((now, total))


def curves(capacity: Capacity, restarts: Sequence[tuple[datetime, float]], now: datetime, cells: int) -> list[Line]:
    """Both plots with their titles; nothing while nothing has changed yet, or too little time has passed."""
    lines: list[Line] = []
    samples = capacity.samples
    if len(samples) > 1 and now - samples[0].at >= _LEAST_TIME:
        lines += _capacity(capacity, now, cells)
    if len(restarts) > 1 and restarts[-1][1] > restarts[0][1]:
        lines += _restarts(restarts, now, cells)
    return lines


def _capacity(capacity: Capacity, now: datetime, cells: int) -> list[Line]:
    samples, since = capacity.samples, capacity.samples[0].at
    top = float(max(capacity.desired, 1, *(sample.available for sample in samples)))
    labels = {0: f"{top:.0f}", ROWS - 1: "0"}
    if capacity.promised:
        labels[row_of(capacity.promised, ROWS, top)] = f"minimum {capacity.promised}"
    indent = max(map(len, labels.values())) + 2
    room = max(8, cells - indent)
    new = resampled([(each.at, each.new_available) for each in samples], since, now, room, lowest=True)
    both = resampled([(each.at, each.available) for each in samples], since, now, room, lowest=True)
    columns = [
        Column(min(mine, every), "new", max(0.0, every - mine), "failed" if every < capacity.promised else "old")
        if every >= capacity.promised or mine < every
        else Column(every, "failed")
        for mine, every in zip(new, both, strict=True)
    ]
    title = [Span("CAPACITY", "head"), Span(f"  available pods, new and old, over {_length(since, now)}", "dim")]
    times = time_axis(f"{local_time(since):%H:%M:%S}", f"{local_time(now):%H:%M:%S}", room, indent=indent)
    return [title, *plot(columns, ROWS, top, labels), times]


def _restarts(restarts: Sequence[tuple[datetime, float]], now: datetime, cells: int) -> list[Line]:
    since, first, last = restarts[0][0], restarts[0][1], restarts[-1][1]
    labels = {0: f"{last:.0f}", RESTART_ROWS - 1: f"{first:.0f}"}
    room = max(8, cells - max(map(len, labels.values())) - 2)
    values = resampled([(at, total - first) for at, total in restarts], since, now, room, lowest=False)
    grown = count(int(last - first), "restart")
    title = [Span("RESTARTS", "head"), Span(f"  {grown} in the {_length(since, now)} that this was open", "dim")]
    return [title, *plot([Column(value, "broken") for value in values], RESTART_ROWS, last - first, labels)]


def _length(since: datetime, now: datetime) -> str:
    return duration((now - since).total_seconds())
