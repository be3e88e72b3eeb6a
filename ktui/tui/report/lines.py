"""The lines of the figures: pure functions from figures and records to spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from rich.cells import cell_len

from ktui import signs
from ktui.figures import words
from ktui.figures.record import Outcome, Record
from ktui.figures.statistics import Figures, Service
from ktui.text import clean
from ktui.tui.draw.plot import Column, plot, time_axis
from ktui.tui.draw.widgets import Line, Span, fit, shorten, wrap

_GAP: Final = "  "
_LABEL: Final = 14
_ROWS: Final = 4
"""Lines of the plot of durations."""
_MOST_NAME: Final = 34

_FAIR: Final = 0.95
_POOR: Final = 0.8
"""Rates of success below which a figure is worth a look, and below which it is bad."""

_SIGNS: Final[dict[Outcome, tuple[str, str]]] = {
    Outcome.COMPLETE: (signs.TICK, "complete"),
    Outcome.LATE: (signs.TRIANGLE, "stalled"),
    Outcome.FAILED: (signs.CROSS, "failed"),
    Outcome.ROLLED_BACK: (signs.BACK, "failed"),
    Outcome.REPLACED: (signs.SKIPPED, "dim"),
    Outcome.DELETED: (signs.TIMES, "deleted"),
    Outcome.OPEN: (signs.POINT, "dim"),
}
"""Glyph and style of each outcome."""
_UNDER_WAY: Final = (signs.HALF, "progressing")


def title(about: str, since: datetime, until: datetime, watched: datetime | None, cells: int) -> list[Span]:
    """What the figures are about, of which period, and since when ktui knows at first hand."""
    text = f"   watched since {words.stamp(watched, until)}" if watched is not None else ""
    period = f"   the last {words.length(since, until)}"
    return shorten([Span(f"REPORT  {clean(about)}", "strong"), Span(period), Span(text, "dim")], cells)


def summary(of: Figures, since: datetime, until: datetime, cells: int) -> list[Line]:
    """The figures, a line each, or more where one is too long."""
    lines: list[Line] = []
    for label, text in words.summary(of, since, until):
        # The rate alone is judged: the rest says what it is of.
        rate = words.percent(of.success_rate) if label == "success" and of.ended else ""
        spans = [Span(fit(label, _LABEL), "dim"), Span(rate, rate_style(of.success_rate))]
        parts = wrap(clean(text), max(10, cells - _LABEL), 3) or [""]
        lines.append([*spans, Span(parts[0].removeprefix(rate))])
        lines += [[Span(" " * _LABEL), Span(part)] for part in parts[1:]]
    return lines


class Lasted(NamedTuple):
    """How long one complete rollout took, in seconds, and whether it was complete only after its deadline."""

    at: datetime
    seconds: float
    is_late: bool


def lasted(records: Iterable[Record]) -> list[Lasted]:
    """The durations that can be compared, in the order in which their rollouts began."""
    known = [
        Lasted(each.at, each.duration, each.outcome is Outcome.LATE)
        for each in records
        if each.at is not None and each.duration is not None
    ]
    return sorted(known)


def durations(of: Sequence[Lasted], since: datetime, until: datetime, cells: int) -> list[Line]:
    """The durations over the period, a column for each part of it: the longest one that began in it."""
    if len(of) < 2:
        return []
    top = max(each.seconds for each in of)
    labels = {0: words.seconds(top), _ROWS - 1: "0s"}
    indent = max(map(len, labels.values())) + 2
    room = max(8, cells - indent)
    slices: list[Lasted | None] = [None] * room
    for each in of:
        at = min(room - 1, max(0, int((each.at - since) / (until - since) * room)))
        before = slices[at]
        slices[at] = each if before is None or each.seconds > before.seconds else before
    columns = [Column(0, "") if each is None else Column(each.seconds, _style(each)) for each in slices]
    title: Line = [Span("DURATIONS", "head"), Span("  of complete rollouts, by when they began", "dim")]
    times = time_axis(words.stamp(since, until), words.stamp(until, until), room, indent=indent)
    return [[], title, *plot(columns, _ROWS, top, labels), times]


def _style(each: Lasted) -> str:
    return "stalled" if each.is_late else "complete"


def rate_style(rate: float | None) -> str:
    """The style of a rate of success, which is None where nothing has ended."""
    if rate is None:
        return ""
    return "failed" if rate < _POOR else "warn" if rate < _FAIR else "good"


def nothing(context: str, *, is_kept: bool, cells: int) -> list[Line]:
    """Why there are no figures, and what makes some."""
    if not is_kept:
        sentences = ("Nothing is recorded: history is turned off.", "history = true in config.toml turns it on.")
    else:
        sentences = (
            f"No rollout of {context or 'this context'} is recorded in this period.",
            "ktui notes each rollout that it sees begin, go wrong or end: here, and in ktui status, get --watch and "
            "promote --watch. 3 shows the last 30 days.",
        )
    lines: list[Line] = [[]]
    for index, sentence in enumerate(sentences):
        lines += [[Span(part, "strong" if index == 0 else "dim")] for part in wrap(clean(sentence), cells, 4)]
    return lines


def problem(sentence: str, cells: int) -> list[Line]:
    """Why the history cannot be used."""
    return [[], *([Span(part, "failed")] for part in wrap(clean(sentence), cells, 4))]


# Services


def bars_scale(services: Sequence[tuple[Service, Figures]], cells: int) -> float:
    """What a full bar of the durations stands for, in seconds: the same in all rows."""
    return words.highest((of for _, of in services), _bars_room(cells))


def services_heading(name: int, cells: int, scale: float) -> list[Span]:
    """What the columns of the services are called; `scale` is that of the bars."""
    fixed = f"  {fit('SERVICE', name)}  CHANGES  FAILED  MEDIAN    P95  RECOVERY  "
    return shorten([Span(f"{fixed}{_bars_head(cells, scale)}CAUSE", "head")], cells)


def _bars_head(cells: int, scale: float) -> str:
    room = _bars_room(cells)
    if not room:
        return ""
    text = words.scale(scale) if scale else ""
    title = f"DURATIONS {text}" if len("DURATIONS ") + cell_len(text) <= room else text or "DURATIONS"
    return f"{fit(title, room)}  "


def _bars_room(cells: int) -> int:
    return 24 if cells >= 130 else 12 if cells >= 100 else 0


def name_room(services: Sequence[tuple[Service, Figures]]) -> int:
    """How wide the column of the names is."""
    return min(_MOST_NAME, max((cell_len(_name(service)) for service, _ in services), default=8))


def service_row(service: Service, of: Figures, name: int, cells: int, *, scale: float, is_chosen: bool) -> list[Span]:
    """One service. What went wrong stands out."""
    room = _bars_room(cells)
    spans = [
        Span(f"{signs.POINTER} " if is_chosen else "  ", "key"),
        Span(fit(_name(service), name), "strong"),
        Span(f"{_GAP}{of.changes:>7}"),
        Span(f"{_GAP}{words.failures(of):>6}", rate_style(of.success_rate) if of.failed else "dim"),
        Span(f"{_GAP}{words.seconds(of.durations.median):>6}"),
        Span(f"{_GAP}{words.seconds(of.durations.p95):>5}", "dim"),
        Span(f"{_GAP}{words.recovery(of):>8}", "warn" if of.unrecovered else ""),
    ]
    if room:
        spans.append(Span(f"{_GAP}{fit(words.line(of, room, scale), room)}", "rest"))
    cause = of.troubles[0] if of.troubles else None
    spans.append(Span(f"{_GAP}{cause.cause} ×{cause.count}" if cause is not None else "", "dim"))
    return shorten(spans, cells)


def service_story(service: Service, of: Figures, cells: int) -> list[Line]:
    """Two lines about the service under the cursor: what stood in its way, and its outcomes."""
    cause = of.troubles[0] if of.troubles else None
    text = f"  {clean(cause.sentence)}" if cause is not None else "  no problem was seen"
    return [
        shorten([Span(_name(service), "strong"), Span(text)], cells),
        shorten([Span(f"  {words.success(of)}", "dim")], cells),
    ]


def _name(service: Service) -> str:
    return clean(words.name(service))


# Rollouts

_WHEN: Final = len("Nov 21 12:40")
_OUTCOME: Final = 2 + len("rolled back")
_REVISION: Final = 4
_LEAST_WHY: Final = 24
"""Cells that WHY keeps before the image that gave way, and then the fewest pods, are left out."""


_LEAST_IMAGE: Final = 18
"""Cells that an image keeps: why is shown in full below the table."""


class Columns(NamedTuple):
    """How wide the columns of the rollouts are; 0 leaves one out."""

    image: int
    took: int
    low: int
    why: int
    both_images: bool


_LENGTH: Final = 6
"""Cells for any length of time, `59m59s`: that of a running rollout grows."""


def rollout_columns(records: Sequence[Record], cells: int) -> Columns:
    """As wide as what they show needs."""
    took = max([_LENGTH, *(cell_len(words.took(each)) for each in records)])
    low = max([6, *(cell_len(words.low(each)) for each in records)])
    rest = cells - 2 - _WHEN - _OUTCOME - _REVISION - took - 5 * len(_GAP)
    for shown, both in ((low, True), (low, False), (0, False)):
        longest = max([5, *(cell_len(words.images(each) if both else each.image) for each in records)])
        room = rest - (shown + len(_GAP) if shown else 0)
        image = min(longest, max(_LEAST_IMAGE, room - _LEAST_WHY))
        if room - image >= _LEAST_WHY and image == longest:
            break
    return Columns(image, took, shown, max(0, room - image), both)


def rollouts_heading(fitted: Columns) -> list[Span]:
    """What the columns of the rollouts are called."""
    cells = [fit("BEGAN", _WHEN), fit("OUTCOME", _OUTCOME), fit("REV", _REVISION, right=True)]
    cells += [fit("IMAGE", fitted.image), fit("TOOK", fitted.took), fit("LOWEST", fitted.low), "WHY"]
    return [Span("  " + _GAP.join(cell for cell in cells if cell), "head")]


def rollout_row(record: Record, fitted: Columns, now: datetime, *, is_chosen: bool, is_under_way: bool) -> list[Span]:
    """One rollout."""
    glyph, style = _UNDER_WAY if is_under_way and record.outcome is Outcome.OPEN else _SIGNS[record.outcome]
    text = f"{glyph} {words.outcome(record, is_under_way=is_under_way)}"
    image = words.images(record) if fitted.both_images else record.image
    why = record.sentence or ("rolled back to an earlier revision" if record.is_rollback else "")
    spans = [
        Span(f"{signs.POINTER} " if is_chosen else "  ", "key"),
        Span(fit(words.stamp(record.at, now), _WHEN), "dim"),
        Span(f"{_GAP}{fit(text, _OUTCOME)}", style),
        Span(f"{_GAP}{record.revision:>{_REVISION}}", "strong"),
        Span(f"{_GAP}{fit(clean(image), fitted.image)}"),
        Span(f"{_GAP}{fit(_took(record, now, is_under_way=is_under_way), fitted.took)}"),
    ]
    if fitted.low:
        spans.append(Span(f"{_GAP}{fit(words.low(record), fitted.low)}", "warn" if record.missing else "dim"))
    return [*spans, Span(f"{_GAP}{fit(clean(why), fitted.why)}", "dim")]


def _took(record: Record, now: datetime, *, is_under_way: bool) -> str:
    """How long it took; of a running rollout, how long it has gone on, which no record can know."""
    if is_under_way and record.outcome is Outcome.OPEN and record.started is not None:
        return words.seconds(max(0.0, (now - record.started).total_seconds()))
    return words.took(record)


def rollout_story(record: Record, cells: int) -> list[Line]:
    """Two lines about the rollout under the cursor."""
    why = clean(record.sentence) or "no problem was seen"
    return [
        shorten([Span(clean(words.story(record)), "strong")], cells),
        shorten([Span(f"  {why}", "dim")], cells),
    ]
