"""The plots of the HTML report, as SVG without scripts. Colours are classes, which the page's style sheet names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta, tzinfo
from html import escape
from typing import Final, NamedTuple

from ktui.figures.statistics import SHORT
from ktui.text import clean, duration

WIDTH: Final = 720
"""Units of the drawings, which the page scales to its own width."""
_LEFT: Final = 58
_RIGHT: Final = 12
_TOP: Final = 10
_BOTTOM: Final = 26
_HALF: Final = 30
"""Units that half of a time below a plot takes, in narrow windows too."""

_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800)
"""Distances of lines across a plot of seconds."""


class Dot(NamedTuple):
    """One rollout in a plot over time: when, how much, what it looks like, and what it says under the pointer."""

    at: datetime
    value: float
    style: str
    text: str
    least: float | None = None
    """What the value should not be below, if that is known."""


class Axes(NamedTuple):
    """Where moments and values are in a drawing."""

    since: datetime
    until: datetime
    highest: float
    height: int

    def x(self, at: datetime) -> float:
        """Units from the left."""
        share = (at - self.since) / max(self.until - self.since, self.until.resolution)
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * min(1.0, max(0.0, share))

    def y(self, value: float) -> float:
        """Units from the top."""
        room = self.height - _TOP - _BOTTOM
        return _TOP + room * (1 - min(1.0, value / self.highest if self.highest else 0.0))


def text(of: object) -> str:
    """Text of others in a page: clean, and never markup."""
    return escape(clean(str(of)), quote=True)


def seconds_over_time(
    dots: Sequence[Dot], since: datetime, until: datetime, zone: tzinfo | None, *, median: float | None
) -> str:
    """Durations in seconds as dots, with the median as a line."""
    top, step = _seconds_scale(max((dot.value for dot in dots), default=1.0))
    axes = Axes(since, until, top, 220)
    parts = [_grid(axes, step, duration), _times(axes, zone)]
    if median is not None:
        y = axes.y(median)
        parts.append(f'<line class="median" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    parts += [_mark(axes, dot) for dot in dots]
    return _svg(axes.height, "Duration of each rollout over time", parts)


def shares_over_time(dots: Sequence[Dot], since: datetime, until: datetime, zone: tzinfo | None) -> str:
    """The fewest available pods of each rollout in percent of the desired ones, and the guaranteed minimum."""
    axes = Axes(since, until, 1.0, 180)
    parts = [_grid(axes, 0.25, lambda value: f"{value * 100:.0f}%"), _times(axes, zone)]
    for dot in dots:
        if dot.least is not None:
            x, y = axes.x(dot.at), axes.y(dot.least)
            parts.append(f'<line class="minimum" x1="{x - 5:.1f}" x2="{x + 5:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
            if dot.value < dot.least:
                low = axes.y(dot.value)
                parts.append(f'<line class="gap" x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{low:.1f}"/>')
        parts.append(_mark(axes, dot))
    return _svg(axes.height, "Fewest available pods of each rollout over time", parts)


def columns(
    parts_of: Sequence[tuple[datetime, int, int]], zone: tzinfo | None, *, is_hourly: bool, says: Callable[[int], str]
) -> str:
    """Changes of each day or hour as columns: those that failed on top of the others."""
    most = max((changes for _, changes, _ in parts_of), default=0)
    if not parts_of or not most:
        return ""
    step = max(1, -(-most // 4))
    top = step * -(-most // step)
    axes = Axes(parts_of[0][0], parts_of[-1][0], top, 150)
    wide = (WIDTH - _LEFT - _RIGHT) / len(parts_of)
    drawn = [_grid(axes, step, lambda value: f"{value:.0f}")]
    named = max(1, -(-len(parts_of) // 8))
    for index, (at, changes, failures) in enumerate(parts_of):
        left, bar = _LEFT + index * wide + wide * 0.15, wide * 0.7
        local = at.astimezone(zone)
        title = text(f"{local:%b %d %H:%M}" if is_hourly else f"{local:%a %b %d}") + text(f": {says(changes)}")
        title += text(f", {failures} failed" if failures else "")
        for value, base, style in ((changes - failures, failures, "complete"), (failures, 0, "failed")):
            if value:
                y, tall = axes.y(base + value), axes.y(base) - axes.y(base + value)
                drawn.append(
                    f'<rect class="{style}" x="{left:.1f}" y="{y:.1f}" width="{bar:.1f}" height="{tall:.1f}">'
                    f"<title>{title}</title></rect>"
                )
        if index % named == 0:
            said = f"{local:%H:%M}" if is_hourly else f"{local:%b %d}"
            drawn.append(f'<text class="axis" x="{left:.1f}" y="{axes.height - 6}">{text(said)}</text>')
    return _svg(axes.height, "Rollouts that began, by day or hour", drawn)


def spark(values: Sequence[float], highest: float) -> str:
    """The last durations of one service as small bars; all of one table have one scale."""
    if len(values) < 2 or highest <= 0:
        return ""
    bars = [
        f'<rect class="complete" x="{at * 5}" y="{18 - max(1.0, 18 * value / highest):.1f}" width="4" '
        f'height="{max(1.0, 18 * value / highest):.1f}"/>'
        for at, value in enumerate(values)
    ]
    title = text("last durations: " + ", ".join(map(duration, values)))
    box = f'class="spark" preserveAspectRatio="xMinYMax" viewBox="0 0 {len(values) * 5} 18"'
    return f'<svg {box} role="img"><title>{title}</title>{"".join(bars)}</svg>'


def _svg(height: int, label: str, parts: Iterable[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{text(label)}">{"".join(parts)}</svg>'


def _grid(axes: Axes, step: float, says: Callable[[float], str]) -> str:
    """Lines across, each with what it stands for."""
    drawn = []
    for at in range(round(axes.highest / step) + 1):
        y, value = axes.y(at * step), at * step
        drawn.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text class="axis end" x="{_LEFT - 6}" y="{y + 4:.1f}">{text(says(value))}</text>')
    return "".join(drawn)


def _times(axes: Axes, zone: tzinfo | None) -> str:
    """What is below a plot: six moments of a short period, else the days, each at its beginning."""
    if axes.until - axes.since <= SHORT:
        moments = [(axes.since + (axes.until - axes.since) * at / 5, "%H:%M") for at in range(6)]
    else:
        moments = [(at, "%b %d") for at in _midnights(axes.since, axes.until, zone)]
    drawn = []
    for moment, form in moments:
        x, said = axes.x(moment), moment.astimezone(zone).strftime(form)
        place = "" if x < _LEFT + _HALF else " end" if x > WIDTH - _RIGHT - _HALF else " middle"
        drawn.append(f'<text class="axis{place}" x="{x:.1f}" y="{axes.height - 5}">{text(said)}</text>')
    return "".join(drawn)


def _midnights(since: datetime, until: datetime, zone: tzinfo | None) -> list[datetime]:
    """The beginnings of days in a period, at most seven of them, at equal distances."""
    first = since.astimezone(zone).date()
    days = (first + timedelta(days=number) for number in range(1, (until - since).days + 2))
    begin = [datetime.combine(day, time(), zone).astimezone(zone) for day in days]
    within = [at for at in begin if at <= until]
    return within[:: -(-len(within) // 7) or 1]


def _mark(axes: Axes, dot: Dot) -> str:
    """A circle for what went well, a square for what did not: shapes differ, too, not only colours."""
    x, y, title = axes.x(dot.at), axes.y(dot.value), f"<title>{text(dot.text)}</title>"
    if dot.style == "complete":
        return f'<circle class="complete" cx="{x:.1f}" cy="{y:.1f}" r="4">{title}</circle>'
    return f'<rect class="{text(dot.style)}" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8">{title}</rect>'


def _seconds_scale(most: float) -> tuple[float, float]:
    """The highest line of a plot of seconds, and the distance of lines."""
    step = float(next((each for each in _STEPS if each * 5 >= most), 86_400 * -(-most // (5 * 86_400))))
    return step * max(1, -(-most // step)), step
