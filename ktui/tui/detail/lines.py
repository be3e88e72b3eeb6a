"""The lines of the detail screen: pure functions from a detail to spans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len

from ktui import signs
from ktui.rollout.detail import Capacity, ConditionRow, Detail, EventRow
from ktui.rollout.hold import OVER, Hold
from ktui.rollout.progress import Side
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import age, duration, local_time, roughly
from ktui.tui.draw import glyphs
from ktui.tui.draw.headline import headline
from ktui.tui.draw.items import Item
from ktui.tui.draw.widgets import Span, between, fit, shorten, wrap

_CURVE: Final = 24
"""Cells of the capacity curve."""
EVENT: Final = "event:"
"""What the key of an item begins with; the uid follows."""

Lines = list[list[Span]]


def deleted(rollout: Rollout, has_namesake: bool) -> Lines:
    """What stands over a rollout that is gone: the name, and that this is the past."""
    text = "this is its last known state"
    if has_namesake:
        text += f"; another {rollout.title} has its name now"
    return [
        [
            Span(f"{rollout.namespace}/{rollout.name}", "title"),
            Span(f"  {rollout.title}  ", "dim"),
            glyphs.phase(Phase.DELETED),
        ],
        [Span(f"{signs.TIMES} deleted: {text}. esc goes back.", "failed")],
    ]


def summary(detail: Detail, now: datetime, cells: int, pending: str = "", *, is_short: bool = False) -> Lines:
    """What rolls out, how far it is, and what capacity it leaves; `is_short` leaves out the terms of the strategy."""
    rollout = detail.rollout
    lines = [headline(rollout, pending), _change(detail, now), *([] if is_short else [_terms(detail)])]
    if rollout.hold is not None:
        lines.append(_hold(rollout.hold) if rollout.hold.repair is None else _disturbed(rollout.hold))
    if rollout.change_cause or rollout.provenance is not None:
        lines.append(_origin(rollout))
    numbers = rollout.progress
    length = max(12, min(48, cells - 56))
    # Each bar is full at the desired number: the new pods are never more, and a surge is the sum of both.
    whole = max(numbers.desired, numbers.new.existing, numbers.old.existing, 1)
    lines.append(_side(numbers.new, f"{numbers.new.existing} of {numbers.desired}", "new", whole=whole, length=length))
    if numbers.old.existing or numbers.old.terminating:
        lines.append(_side(numbers.old, f"{numbers.old.existing} left", "old", whole=whole, length=length))
    lines.append(_capacity(rollout, detail.capacity))
    return [shorten(line, cells) for line in lines]


def _change(detail: Detail, now: datetime) -> list[Span]:
    rollout = detail.rollout
    spans: list[Span] = []
    if rollout.image_change is not None:
        old, new = rollout.image_change
        spans += [Span(old, "old"), Span("  →  "), Span(new, "strong")]
    else:
        spans.append(Span(rollout.image, "strong"))
    before, now_at = rollout.previous_revision, rollout.revision
    numbers = f"{now_at or 'none yet'}"
    if before and now_at in (0, before):
        # A template that has just been changed, or while it is paused: what is known is the revision that runs.
        numbers = f"{before} → none yet"
    elif before and (rollout.image_change is not None or rollout.progress.old.existing > 0):
        numbers = f"{before} → {now_at}"
    spans.append(Span(f"   revision {numbers}"))
    spans.append(Span(f"   {_timing(rollout, now)}", "dim"))
    return spans


def _timing(rollout: Rollout, now: datetime) -> str:
    since = age(rollout.since, now)
    match rollout.phase:
        case Phase.COMPLETE:
            return f"complete for {since}" if since else "complete"
        case Phase.READING:
            return "reading its pods and revisions"
        case Phase.PROGRESSING if rollout.seconds_left:
            return (
                f"{since}, {roughly(rollout.seconds_left)} left" if since else f"{roughly(rollout.seconds_left)} left"
            )
        case phase:
            return f"{phase} for {since}" if since else str(phase)


def _terms(detail: Detail) -> list[Span]:
    limits = detail.bounds
    if detail.strategy == "Recreate":
        terms = "Recreate: all old pods stop before new ones start"
    elif detail.rollout.waits_for_deletion:
        terms = "OnDelete: a pod changes only when it is deleted"
    elif detail.rollout.kind == "StatefulSet":
        terms = f"from the highest ordinal down, {limits.unavailable} at a time"
        if detail.partition:
            terms += f"   partition {detail.partition}: those below stay"
    elif not limits.surge_text:
        terms = f"{detail.strategy}: the new pods come beside all old ones"
    else:
        terms = (
            f"surge {_written(limits.surge_text, limits.surge)}   "
            f"unavailable {_written(limits.unavailable_text, limits.unavailable)}"
        )
    if detail.min_ready_seconds and detail.rollout.phase is not Phase.HELD:
        terms += f"   ready for {duration(detail.min_ready_seconds)} counts"
    deadline = detail.deadline_seconds
    if deadline is not None:
        terms += f"   deadline {duration(deadline)}"
    elif detail.rollout.kind == "Deployment":
        terms += "   no deadline"
    return [Span(terms, "dim")]


def _hold(hold: Hold) -> list[Span]:
    """The canary: how large, which step, by whom, at the cost of what, and what promote leads to."""
    record = hold.record
    spans = [Span(f"canary of {hold.size}", "held")]
    if record is None:
        return [*spans, Span("   not begun by ktui", "dim")]
    parts = [hold.step, f"by {hold.by}" if hold.by else ""]
    parts.append("beside the old pods" if record.surge else "instead of old pods")
    if hold.is_known:
        pods = hold.next_pods
        parts.append(f"then {pods if pods is not None else 'all'}")
    return [*spans, Span("   " + "   ".join(part for part in parts if part))]


def _disturbed(hold: Hold) -> list[Span]:
    """What someone did to the hold, in a word, and what repairs that."""
    canary = [] if hold.disturbance in OVER else [Span(f"canary of {hold.size}   ", "held")]
    return [*canary, Span(f"{hold.disturbance}", "warn"), Span("   C ", "key"), Span(hold.remedy)]


def _written(text: str, pods: int) -> str:
    return f"{text} ({pods})" if text.endswith("%") else text


def _origin(rollout: Rollout) -> list[Span]:
    parts = []
    if rollout.provenance is not None:
        by, owner = rollout.written_by, rollout.provenance
        changed = f", last changed by {by}" if by and by != owner.tool else ""
        parts.append(f"deployed by {owner.name}{changed}")
    if rollout.change_cause:
        parts.append(f'change-cause "{rollout.change_cause}"')
    return [Span(" · ".join(parts), "dim")]


def _side(side: Side, number: str, style: str, *, whole: int, length: int) -> list[Span]:
    ready = min(length, round(side.ready * length / whole))
    shown = min(length, max(round(side.existing * length / whole), ready))
    rest = [Span(signs.RULE * (length - shown), "frame")]
    glyph = glyphs.NEW_READY if style == "new" else glyphs.OLD
    bars = [Span(glyph * ready, style), Span(glyphs.NEW_STARTING * (shown - ready), "starting")]
    starting = side.existing - side.ready
    parts = [f"{side.ready} ready"]
    if starting > 0:
        parts.append(f"{starting} not ready")
    if side.terminating:
        parts.append(f"{side.terminating} stopping")
    if side.ready > side.available:
        parts.append(f"{side.available} available")
    return [Span(f"{style} ", "dim"), *bars, *rest, Span(f"  {number}", "strong"), Span("   " + "  ".join(parts))]


def _capacity(rollout: Rollout, capacity: Capacity) -> list[Span]:
    numbers = rollout.progress
    enough = numbers.available >= capacity.promised
    spans = [
        Span("capacity ", "dim"),
        Span(f"{numbers.available} available", "" if enough else "failed"),
        Span(f", minimum {capacity.promised}  "),
        *_curve(capacity),
    ]
    if rollout.lowest is not None and rollout.lowest_at is not None:
        under = rollout.lowest < capacity.promised
        at = local_time(rollout.lowest_at).strftime("%H:%M:%S")
        spans.append(Span(f"  lowest {rollout.lowest}, {at}", "warn" if under else "dim"))
    return spans


def _curve(capacity: Capacity) -> list[Span]:
    """Availability over the time watched, one cell for each slice of it: the lowest that it was in that slice."""
    samples = capacity.samples
    if len(samples) < 2:
        return []
    start, end = samples[0].at, samples[-1].at
    slices = min(_CURVE, max(len(samples), 8))
    step = (end - start) / slices
    top = max(capacity.desired, *(sample.available for sample in samples), 1)
    spans: list[Span] = []
    held, index = samples[0].available, 0
    for number in range(slices):
        until = start + step * (number + 1)
        lowest = held
        while index < len(samples) and samples[index].at <= until:
            held = samples[index].available
            lowest = min(lowest, held)
            index += 1
        glyph = signs.LEVELS[min(7, max(0, round(lowest * 7 / top)))]
        style = "failed" if lowest < capacity.promised else "new"
        if spans and spans[-1].style == style:
            spans[-1] = Span(spans[-1].text + glyph, style)
        else:
            spans.append(Span(glyph, style))
    return spans


def conditions(rows: Sequence[ConditionRow], now: datetime, room: int) -> Lines:
    """One line a condition."""
    lines: Lines = []
    for row in rows:
        mark = Span(f"{signs.CROSS} ", "failed") if row.is_bad else Span(f"{signs.TICK} ", "good")
        if row.status == "Unknown":
            mark = Span("? ", "warn")
        elif row.status != "True" and not row.is_bad:
            # `Healthy False` while a rollout runs: nothing is wrong with it, but it is not good either.
            mark = Span(f"{signs.POINT} ", "dim")
        text = f"{row.type} {row.status}  {row.reason}"
        left = [mark, Span(text, "" if row.is_bad else "dim")]
        lines.append(between(left, [Span(age(row.since, now), "dim")], room))
    return lines


_STARTING: Final = ("Scheduled", "Pulling", "Pulled", "Created", "Started")
"""Reasons of the events that every pod has as it starts, in their order."""


def event_runs(rows: Sequence[EventRow]) -> list[list[EventRow]]:
    """The events as they are listed: warnings first, then the others; in both, the newest first.

    The same warning about many things of a kind is one run, as in the timeline. Other events are one run for each
    reason and kind, and all that belongs to the start of pods is one: it must not bury what matters.
    """
    runs: dict[tuple[bool, str, str, str], list[EventRow]] = {}
    for row in rows:
        reason = _STARTING[-1] if _is_start(row) else row.reason
        said = _without_names(row) if row.is_warning else ""
        runs.setdefault((not row.is_warning, row.kind, reason, said), []).append(row)
    return sorted(runs.values(), key=lambda run: not run[0].is_warning)


_ADDRESS: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b")


def _without_names(row: EventRow) -> str:
    """What an event says without the name and the address of its object, which keep apart what is the same."""
    # A shortened name follows a hyphen in the whole one: the `2` of a StatefulSet is not that of an image's tag.
    name = row.name.removeprefix(signs.ELLIPSIS)
    whole = (r"\S*-" if name != row.name else r"\S*(?<![A-Za-z0-9.-])") + re.escape(name) + r"(?![A-Za-z0-9-])\S*"
    return _ADDRESS.sub(signs.ELLIPSIS, re.sub(whole, signs.ELLIPSIS, row.message))


def _is_start(row: EventRow) -> bool:
    return row.kind == "Pod" and row.reason in _STARTING and not row.is_warning


def events(rows: Sequence[EventRow], now: datetime, room: int, *, most: int = 0) -> list[Item]:
    """One item for each run of events; messages are wrapped, from the first run on, while `most` lines are enough."""
    runs = event_runs(rows)
    if not runs:
        return [Item(([Span("none in the last hour", "dim")],))]
    reason = min(20, max(cell_len(_reason(run)) for run in runs))
    name = min(18, max(cell_len(_often(run)) for run in runs))
    indent = 5 + 2 + reason + 1 + name + 1
    cells, spare = room - indent, most - len(runs)
    items: list[Item] = []
    for run in runs:
        style = "warn" if run[0].is_warning else ""
        spans = [
            Span(f"{fit(age(run[0].at, now), 5, right=True)}  ", "dim"),
            Span(f"{fit(_reason(run), reason)} ", style),
            Span(f"{fit(_often(run), name)} ", "dim"),
        ]
        message = _message(run)
        if spare <= 0 or cell_len(message) <= cells:
            item: Lines = [shorten([*spans, Span(message, style)], room)]
        elif cells >= _LEAST_MESSAGE:
            first, *more = wrap(message, cells, spare + 1)
            item = [[*spans, Span(first, style)], *([Span(" " * indent), Span(part, style)] for part in more)]
        else:
            # Too narrow beside the columns: all of it goes below them.
            below = wrap(message, max(1, room - _BELOW), spare)
            item = [shorten(spans, room), *([Span(" " * _BELOW), Span(part, style)] for part in below)]
        spare -= len(item) - 1
        items.append(Item(tuple(item), f"{EVENT}{run[0].uid}"))
    return items


_LEAST_MESSAGE: Final = 24
"""Cells below which a message is not wrapped beside the columns: it would be a column of single words."""
_BELOW: Final = 7
"""Cells before a message that is below the columns."""


def _reason(run: Sequence[EventRow]) -> str:
    """The reason of a run; of the start of pods, how far the first of them got."""
    if not _is_start(run[0]):
        return run[0].reason
    return max((row.reason for row in run), key=_STARTING.index)


def _message(run: Sequence[EventRow]) -> str:
    """The newest message; of the start of pods, how often each step was taken."""
    if not _is_start(run[0]) or len({row.reason for row in run}) == 1:
        return run[0].message if len({row.name for row in run}) == 1 else _without_names(run[0])
    times = {reason: sum(row.count for row in run if row.reason == reason) for reason in _STARTING}
    return ", ".join(f"{reason} ×{number}" for reason, number in times.items() if number)


def _often(run: Sequence[EventRow]) -> str:
    names = {row.name for row in run}
    # Of the start of pods the message says how often each step was taken.
    times = len(names) if len({row.reason for row in run}) > 1 else sum(row.count for row in run)
    name = run[0].name if len(names) == 1 else f"{len(names)} {run[0].kind}s"
    return f"{name} ×{times}" if times > len(names) else name
