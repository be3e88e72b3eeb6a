"""The lines that show use: pure functions from what was measured to spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final, NamedTuple, overload

from rich.cells import cell_len

from ktui import signs
from ktui.model.quantities import amount_text
from ktui.rollout.capacity.quota import Room
from ktui.rollout.capacity.usage import NEAR, Meter, PodUse, RevisionUse, Usage
from ktui.rollout.capacity.usage_words import NAMES, compared, near_limits, share
from ktui.rollout.capacity.usage_words import room as room_text
from ktui.text import age, clean, duration, percent
from ktui.tui.draw import glyphs
from ktui.tui.draw.widgets import Span, fit, shorten, width, wrap
from ktui.tui.resources.course import course

Lines = list[list[Span]]
_Row = tuple[RevisionUse, PodUse]

_RESOURCES: Final = ("memory", "cpu")
_LEAST_BAR, _MOST_BAR = 8, 24
_MOST_HEADING: Final = 4
"""Lines that why there are no numbers may take."""
_SIDES: Final = {True: ("new", glyphs.NEW_READY), False: ("old", glyphs.OLD)}
"""Style and glyph of the new revision, and of the others."""


def bar(part: Decimal | None, cells: int, *, is_new: bool) -> list[Span]:
    """A share as a bar: full where it is all, or more."""
    style, glyph = _SIDES[is_new]
    filled = 0 if part is None else min(cells, int(part * cells))
    if part and not filled and cells:
        filled = 1
    return [Span(glyph * filled, style), Span(signs.RULE * (cells - filled), "frame")]


def freshness(usage: Usage, problem: str, now: datetime) -> list[Span]:
    """How old the numbers are; why there are none."""
    spans = []
    if usage.at is not None:
        over = f", over {duration(usage.window)}" if usage.window >= 1 else ""
        text = f"measured {age(usage.at, now)} ago{over}"
        spans = [Span(f"stale: {text}", "warn")] if usage.is_stale(now) else [Span(text, "dim")]
    if problem:
        spans += [Span("   " if spans else ""), Span(clean(problem), "warn")]
    elif not spans:
        spans = [Span("no pod is measured yet: that takes a minute or so after it has started", "dim")]
    return spans


def heading(fresh: Sequence[Span], cells: int) -> Lines:
    """The title with how fresh the numbers are; what has no room beside it stands below, and is not cut."""
    title = Span("RESOURCES  ", "head")
    if width([title, *fresh]) <= cells:
        return [[title, *fresh]]
    parts = ((part, span.style) for span in fresh for part in wrap(span.text.strip(), cells, _MOST_HEADING))
    return [[title], *([Span(part, style)] for part, style in parts)]


# On the screen of a rollout


def line(usage: Usage, rooms: Sequence[Room], cells: int) -> list[Span]:
    """All in one line, for where there is little room; nothing where nothing is to be compared or warned of."""
    new, old, short = usage.new, usage.old, any(room.is_short for room in rooms)
    if not _warns(usage, rooms) and not (new and new.measured and old and old.measured):
        return []
    spans = [Span("use ", "dim"), Span("new" if new is not None and new.measured else "")]
    for resource in _RESOURCES:
        meters = [each.meter(resource) if each is not None else None for each in (new, old)]
        spans += _pair(resource, *meters, old_word="was" if old is not None and old.is_past else "old")
    spans += [Span(" ! quota ", "warn")] if short else []
    return shorten([*spans, Span(" u", "key", "screen.usage"), Span(" more", "", "screen.usage")], cells)


def _warns(usage: Usage, rooms: Sequence[Room]) -> bool:
    return bool(near_limits(usage)) or any(room.is_short for room in rooms)


def _pair(resource: str, new: Meter | None, old: Meter | None, *, old_word: str) -> list[Span]:
    if new is None and old is None:
        return []
    spans = [Span(f" {NAMES[resource]} ", "dim")]
    if new is not None:
        spans += [Span(share(new), "strong"), *_of_limit(new)]
    if old is not None:
        spans.append(Span(f"{', ' if new is not None else ''}{old_word} {share(old)}"))
    return [*spans, Span("  ")]


def _of_limit(meter: Meter) -> list[Span]:
    near = meter.nearest
    if near is None:
        return []
    return [Span(f" (≤{percent(near.share)} of limit)", "warn" if meter.near else "dim")]


def title(usage: Usage, now: datetime) -> list[Span]:
    """What stands over the block: of how many pods that is, how old, and where there is more."""
    spans = [Span("RESOURCES  ", "head")]
    if usage.at is not None:
        text = f"{age(usage.at, now)} ago"
        spans.append(Span(f"stale: {text}", "warn") if usage.is_stale(now) else Span(text, "dim"))
    for each in (usage.new, usage.old):
        if each is not None and each.measured < len(each.pods) and not each.is_past:
            whose = "new" if each.is_current else "old"
            spans.append(Span(f", {each.measured} of {len(each.pods)} {whose} pods", "dim"))
    return [*spans, Span("   u", "key", "screen.usage"), Span(" more", "", "screen.usage")]


def block(usage: Usage, rooms: Sequence[Room], cells: int) -> Lines:
    """New and old side by side in a few lines; nothing while no new pod is measured, and nothing to be warned of."""
    if not (usage.new is not None and usage.new.measured) and not _warns(usage, rooms):
        return []
    lines: Lines = []
    sides = [each for each in (usage.new, usage.old) if each is not None and each.meters]
    for resource in _RESOURCES:
        for each in sides:
            meter = each.meter(resource)
            if meter is not None:
                name = NAMES[resource] if each is sides[0] else ""
                lines.append(shorten(_row(name, each, meter, max(6, min(16, cells - 46))), cells))
    for room in rooms:
        if room.is_short:
            text = f"quota {clean(room.quota)}: {clean(room.resource)} has {room_text(room)}"
            lines += [[Span(part, "warn")] for part in wrap(text, cells, 2)]
    return lines


def _row(name: str, of: RevisionUse, meter: Meter, cells: int) -> list[Span]:
    style, _ = _SIDES[of.is_current]
    spans = [
        Span(fit(name, 7), "dim"),
        Span("was " if of.is_past else f"{style} ", "dim"),
        Span(fit(share(meter), 7, right=True), "strong"),
        Span(" "),
    ]
    near = meter.nearest
    if near is not None:
        text = f" up to {percent(near.share)} of limit {amount_text(meter.resource, near.limit)}"
        spans += [*bar(near.share, cells, is_new=of.is_current), Span(text, "warn" if meter.near else "")]
    elif meter.of_request is not None and meter.request is not None:
        text = f" {percent(meter.of_request)} of request {amount_text(meter.resource, meter.request)}"
        spans += [*bar(meter.of_request, cells, is_new=of.is_current), Span(text)]
    else:
        spans.append(Span("no request, no limit", "dim"))
    return spans


# The screen of its own


class Page(Sequence[list[Span]]):
    """The lines of everything; those of pods, of which there may be thousands, are made when they are looked at."""

    def __init__(self, above: Lines, pods: Sequence[_Row], line: Callable[[_Row], list[Span]]) -> None:
        self._above, self._pods, self._line = above, pods, line

    def __len__(self) -> int:
        return len(self._above) + len(self._pods)

    @overload
    def __getitem__(self, index: int) -> list[Span]: ...
    @overload
    def __getitem__(self, index: slice) -> Lines: ...
    def __getitem__(self, index: int | slice) -> list[Span] | Lines:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return self._above[place] if place < len(self._above) else self._line(self._pods[place - len(self._above)])


def page(usage: Usage, rooms: Sequence[Room], now: datetime, cells: int, measured: Sequence[Usage] = ()) -> Page:
    """Everything: what it comes to in sentences, each resource, also over time, the quotas, each pod."""
    lines: Lines = []
    for sentence in compared(usage):
        lines += [[Span(text, "strong")] for text in wrap(sentence, cells, 2)]
    for sentence in near_limits(usage):
        first, *more = wrap(sentence, cells - 2, 3)
        lines += [[Span("! ", "warn"), Span(first, "warn")], *([Span(f"  {text}", "warn")] for text in more)]
    for resource in _RESOURCES:
        lines += _section(usage, resource, cells)
    lines += _quotas(rooms, cells)
    for resource in _RESOURCES:
        drawn = course(measured, resource, cells)
        lines += [[], *map(list, drawn)] if drawn else []
    revisions = [each for each in usage.revisions if not each.is_past and usage.at is not None]
    pods = [(each, pod) for each in revisions for pod in each.pods]
    names = min(20, max((cell_len(pod.name) for _, pod in pods), default=0))
    columns = _pod_columns(names, cells)
    if pods:
        each = columns.bar + columns.text + 8
        head = f"{fit('', columns.name + 4)}{fit('memory', each)}{fit('CPU', each)}  age"
        lines += [[], [Span(fit("PODS", 6), "head"), Span(head[6:], "dim")]]
    above = lines[1:] if lines and not lines[0] else lines
    return Page(above, pods, lambda row: shorten(_pod(row, now, columns), cells))


def _section(usage: Usage, resource: str, cells: int) -> Lines:
    """One resource: a row for each revision. Columns go where there is no room for bars beside them."""
    rows = [(each, each.meter(resource)) for each in usage.revisions]
    if not any(meter is not None for _, meter in rows):
        return []
    wide, wider = cells >= 96, cells >= 112
    fixed = 14 + 8 + 14 + 14 + (16 if wide else 0) + (8 if wider else 0) + 4
    length = max(_LEAST_BAR, min(_MOST_BAR, (cells - fixed) // 2))
    head = [Span(fit(f"{NAMES[resource].upper()}", 14), "head"), Span(fit("a pod", 8, right=True), "dim")]
    head += [Span(fit("  highest", 16), "dim")] if wide else []
    head += [Span(f"  {fit('of the request', length + 14)}  {fit('nearest the limit', length + 14)}", "dim")]
    head += [Span(fit("all", 8, right=True), "dim")] if wider else []
    lines: Lines = [[], shorten(head, cells)]
    for each, meter in rows:
        spans = _name(each)
        if meter is None:
            lines.append([*spans, Span("   not measured yet", "dim")])
            continue
        spans.append(Span(fit(share(meter), 8, right=True), "strong"))
        if wide:
            spans.append(Span("  " + fit(f"{amount_text(resource, meter.highest)} {meter.highest_pod}", 14)))
        spans += [Span("  "), *_request(meter, length, is_new=each.is_current)]
        spans += [Span("  "), *_limit(meter, length, is_new=each.is_current)]
        if wider:
            spans.append(Span(fit(amount_text(resource, meter.total), 8, right=True)))
        lines.append(shorten(spans, cells))
    return lines


def _name(of: RevisionUse) -> list[Span]:
    style, _ = _SIDES[of.is_current]
    mark = f"{signs.DISC} " if of.is_current else f"{signs.RING} "
    number = str(of.number) if of.number else "?"
    return [
        Span(mark, style),
        Span(fit(f"{number} {'gone' if of.is_past else style}", 12), "dim" if of.is_past else style),
    ]


def _request(meter: Meter, length: int, *, is_new: bool) -> list[Span]:
    if meter.of_request is None or meter.request is None:
        return [Span(fit("no request", length + 14), "dim")]
    text = f" {percent(meter.of_request)} of {amount_text(meter.resource, meter.request)}"
    return [*bar(meter.of_request, length, is_new=is_new), Span(fit(text, 14))]


def _limit(meter: Meter, length: int, *, is_new: bool) -> list[Span]:
    near = meter.nearest
    if near is None:
        return [Span(fit("no limit", length + 14), "dim")]
    text = f" {percent(near.share)} of {amount_text(meter.resource, near.limit)}"
    return [*bar(near.share, length, is_new=is_new), Span(fit(text, 14), "warn" if meter.near else "")]


def _quotas(rooms: Sequence[Room], cells: int) -> Lines:
    lines: Lines = []
    names = min(24, max((cell_len(clean(room.resource)) for room in rooms), default=0))
    taken = max((len(_taken(room)) for room in rooms), default=0)
    for quota, of in groupby(rooms, key=lambda room: room.quota):
        lines += [[], [Span("QUOTA ", "head"), Span(clean(quota))]]
        for room in of:
            spans = [Span(f"  {fit(clean(room.resource), names)}  ")]
            if cells >= 96:
                spans += [*_quota_bar(room.used / room.hard if room.hard else Decimal(1), 20), Span("  ")]
            spans.append(Span(f"{fit(_taken(room), taken)}  "))
            mark = Span("! ", "warn") if room.is_short else Span("")
            text = Span(room_text(room), "warn" if room.is_short else "dim" if room.unknown else "")
            lines.append(shorten([*spans, mark, text], cells))
    return lines


def _taken(room: Room) -> str:
    return f"{amount_text(room.resource, room.used)} of {amount_text(room.resource, room.hard)}"


def _quota_bar(part: Decimal, cells: int) -> list[Span]:
    filled = min(cells, max(int(part * cells), 1 if part else 0))
    return [Span(signs.MEDIUM * filled, "dim"), Span(signs.RULE * (cells - filled), "frame")]


class _PodColumns(NamedTuple):
    """How wide the name of a pod is, each bar (0 without bars), and what follows it."""

    name: int
    bar: int
    text: int


def _pod_columns(names: int, cells: int) -> _PodColumns:
    """The columns of pods whose names take so many cells; where there is no room for bars, the numbers alone."""
    length = min(_MOST_BAR, (cells - names - 25 - 2 * 18) // 2)
    if length >= _LEAST_BAR:
        return _PodColumns(names, length, 18)
    return _PodColumns(min(names, max(5, cells - 25 - 2 * 14)), 0, 14)


def _pod(row: _Row, now: datetime, columns: _PodColumns) -> list[Span]:
    each, pod = row
    style, _ = _SIDES[each.is_current]
    spans = [
        Span(f"{signs.DISC} " if each.is_current else f"{signs.RING} ", style),
        Span(f"{_end(pod.name, columns.name)}  "),
    ]
    if pod.is_measured:
        for resource in _RESOURCES:
            spans += _used(pod, resource, columns, is_new=each.is_current)
    else:
        spans.append(Span(fit("not measured yet", 2 * (columns.bar + columns.text + 8)), "dim"))
    return [*spans, Span(fit(age(pod.created, now), 5, right=True), "dim")]


def _end(name: str, cells: int) -> str:
    """The name of a pod in so many cells: its end tells it from others."""
    return fit(name if len(name) <= cells else f"{signs.ELLIPSIS}{name[1 - cells :]}", cells)


def _used(pod: PodUse, resource: str, columns: _PodColumns, *, is_new: bool) -> list[Span]:
    near = dict(pod.nearest).get(resource)
    spans = [Span(fit(amount_text(resource, pod.used(resource)), 7, right=True)), Span(" ")]
    if near is None:
        return [*spans, Span(fit("no limit", columns.bar + columns.text), "dim")]
    text = f" {percent(near.share)} of {amount_text(resource, near.limit)}"
    style = "warn" if near.share >= NEAR else ""
    return [*spans, *bar(near.share, columns.bar, is_new=is_new), Span(fit(text, columns.text), style)]
