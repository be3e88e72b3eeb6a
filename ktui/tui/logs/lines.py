"""The lines of the logs screen: pure functions from entries and states to spans."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import accumulate
from typing import Final, NamedTuple

from rich.cells import cell_len, chop_cells

from ktui import signs
from ktui.kube.logs import NANOSECONDS, LogState, LogStatus
from ktui.text import count, duration, local_time
from ktui.tui.draw.lazy_lines import LazyLines
from ktui.tui.draw.widgets import Line, Span, cut, fit, shorten, wrap
from ktui.tui.logs.buffer import Change, Entry, LogBuffer, Source
from ktui.tui.logs.sources import MOST_SOURCES, Choice, Selection, Side

COLOURS: Final = 5
"""How many colours tell pods apart: the styles `pod0` to `pod4`."""

_LABEL: Final = 20
_LEVELS: Final = re.compile(
    r"\b(?:(FATAL|CRITICAL|ERROR|PANIC|SEVERE|panic|fatal|error)|(WARN(?:ING)?|warn(?:ing)?))\b"
)
_LEVEL_WITHIN: Final = 80
"""Characters from the start of a line within which its level is looked for."""
_REASONS: Final = 3


class Times(StrEnum):
    """How the time of a line is shown."""

    OFF = "off"
    RELATIVE = "relative"
    ABSOLUTE = "absolute"

    @property
    def cells(self) -> int:
        """How much room it takes."""
        return {Times.OFF: 0, Times.RELATIVE: 5, Times.ABSOLUTE: 12}[self]


class Layout(NamedTuple):
    """How lines are laid out; where two are equal, so are the rows."""

    cells: int
    times: Times = Times.OFF
    wrapped: bool = False
    shift: int = 0
    """Cells that are out of sight on the left."""
    label: int = 0
    """Cells for the name of the pod; 0 where there is only one."""
    with_container: bool = False

    @property
    def prefix(self) -> int:
        """Cells before the text."""
        return sum(cells + 1 for cells in (self.label, self.times.cells) if cells)

    @property
    def room(self) -> int:
        """Cells for the text."""
        return max(8, self.cells - self.prefix)


def label_of(source: Source, *, with_container: bool) -> str:
    """How a line names who wrote it."""
    return f"{source.short}/{source.container}" if with_container else source.short


def label_cells(sources: Sequence[Source], *, with_container: bool) -> int:
    """Room for the names of these; none where there is only one."""
    if len(sources) < 2:
        return 0
    return min(_LABEL, max(cell_len(label_of(source, with_container=with_container)) for source in sources))


class Rows:
    """Which row shows which part of which entry. Without wrapping, a row is an entry."""

    def __init__(self) -> None:
        self._entries: Sequence[Entry] = ()
        self._layout = Layout(80)
        self._ends: list[int] = []
        self._before = 0

    def lay(self, entries: Sequence[Entry], layout: Layout) -> None:
        """These entries in that layout, all of them again."""
        self._entries, self._layout = entries, layout
        self._ends, self._before = [], 0
        self.change(Change(0, 0))

    def change(self, change: Change) -> None:
        """The entries have changed so; what stands before the first new one is as it was."""
        if not self._layout.wrapped:
            return
        if change.dropped >= len(self._ends):
            self._ends, self._before = [], 0
        elif change.dropped:
            self._before = self._ends[change.dropped - 1]
            del self._ends[: change.dropped]
        del self._ends[change.first :]
        last = self._ends[-1] if self._ends else self._before
        heights = map(self._height, self._entries[change.first :])
        self._ends += list(accumulate(heights, initial=last))[1:]

    def _height(self, entry: Entry) -> int:
        return 1 if entry.is_note else len(_parts(entry.text, self._layout.room)) or 1

    def __len__(self) -> int:
        if not self._layout.wrapped:
            return len(self._entries)
        return self._ends[-1] - self._before if self._ends else 0

    def find(self, row: int) -> tuple[int, int]:
        """The index of the entry in that row, and which part of it."""
        if not self._layout.wrapped:
            return row, 0
        index = bisect_right(self._ends, row + self._before)
        return index, row - self.first_row(index)

    def first_row(self, index: int) -> int:
        """The first row of the entry at that index."""
        if not self._layout.wrapped:
            return index
        return self._ends[index - 1] - self._before if index else 0


class Ink(NamedTuple):
    """What rows are drawn with: a colour for each pod, what is searched for, and the time that ages are counted to."""

    colours: Mapping[Source, int]
    term: str
    now: datetime


class Lines(LazyLines):
    """All rows, each made when it is looked at."""

    def __init__(self, entries: Sequence[Entry], rows: Rows, layout: Layout, ink: Ink) -> None:
        self._entries, self._rows, self._layout, self._ink = entries, rows, layout, ink
        self._count = len(rows)

    def __len__(self) -> int:
        return self._count

    def line(self, index: int) -> Line:
        """The row at that place; nothing in a place that its entry left meanwhile."""
        at, part = self._rows.find(index)
        if at >= len(self._entries):
            return ()
        return row(self._entries[at], part, self._layout, self._ink)


def row(entry: Entry, part: int, layout: Layout, ink: Ink) -> list[Span]:
    """One row: who wrote it and when, in its first part, and the text."""
    if entry.is_note:
        return note(entry, layout)
    spans: list[Span] = []
    if part:
        spans.append(Span(" " * layout.prefix))
    else:
        if layout.label:
            name = label_of(entry.source, with_container=layout.with_container)
            spans.append(Span(f"{fit(name, layout.label)} ", f"pod{ink.colours.get(entry.source, 0)}"))
        if layout.times is not Times.OFF:
            spans.append(Span(f"{time_of(entry.at, layout.times, ink.now)} ", "dim"))
    return [*spans, *_text(_in_sight(entry.text, part, layout), part, ink.term)]


def note(entry: Entry, layout: Layout) -> list[Span]:
    """A line of ktui's own, across the screen."""
    name = label_of(entry.source, with_container=True)
    text = f"{signs.RULE}{signs.RULE} {name}: {entry.text} "
    return [Span(cut(text, layout.cells) + signs.RULE * max(0, layout.cells - cell_len(text)), "head")]


def time_of(at: int, times: Times, now: datetime) -> str:
    """When a line was written: how long ago, or at what local time (the date, where that is not today's)."""
    moment = datetime.fromtimestamp(at // NANOSECONDS, UTC)
    if times is Times.RELATIVE:
        return fit(duration((now - moment).total_seconds()), times.cells, right=True)
    local = local_time(moment)
    if local.date() != now.astimezone().date():
        return local.strftime("%m-%d %H:%M ")
    return f"{local:%H:%M:%S}.{at % NANOSECONDS // 1_000_000:03d}"


def _parts(text: str, room: int) -> Sequence[str]:
    if text.isascii():
        return [text[at : at + room] for at in range(0, len(text), room)]
    return chop_cells(text, room)


def _in_sight(text: str, part: int, layout: Layout) -> str:
    if layout.wrapped:
        parts = _parts(text, layout.room)
        return parts[part] if part < len(parts) else ""
    if layout.shift:
        text = "".join(_parts(text, layout.shift)[1:])
    return cut(text[: 2 * layout.room], layout.room)


def _text(text: str, part: int, term: str) -> Iterator[Span]:
    """The text, with what is searched for and the word for its level set off."""
    lowered = text.lower()
    if term and len(lowered) == len(text) and term in lowered:
        start = 0
        while (found := lowered.find(term, start)) >= 0:
            yield Span(text[start:found])
            start = found + len(term)
            yield Span(text[found:start], "match")
        yield Span(text[start:])
        return
    level = None if part else _LEVELS.search(text, 0, _LEVEL_WITHIN)
    if level is None:
        yield Span(text)
        return
    yield Span(text[: level.start()])
    yield Span(level.group(), "failed" if level.group(1) else "warn")
    yield Span(text[level.end() :])


# Around the lines


def title(selection: Selection, side: Side, choice: Choice, *, is_front: bool) -> list[Span]:
    """Whose logs these are."""
    mark, style = (signs.DISC, "new") if side is Side.NEW else (signs.RING, "old")
    newest = selection.revisions[:2]
    named = ", ".join(f"{number} {image}".strip() for number, image in newest) or f"{side} revision"
    more = f" and {len(selection.revisions) - 2} older" if len(selection.revisions) > 2 else ""
    spans = [Span(f"{mark} ", style), Span(named + more, "strong" if is_front else "dim"), Span("  ")]
    pod = next((short for uid, short in selection.pods if uid == choice.pod), "")
    shown = len(selection.pods) - selection.alike
    text = f"{shown} of {count(len(selection.pods), 'pod')}" if selection.alike else count(len(selection.pods), "pod")
    spans.append(Span(f"pod {pod}" if pod else text, "dim"))
    if len(selection.containers) > 1:
        containers = {each.source.container for each in selection.watched}
        text = f"container {next(iter(containers))}" if len(containers) == 1 else f"{len(containers)} containers"
        spans.append(Span(f"  {text} of {len(selection.containers)}", "dim"))
    return spans


def following(statuses: Mapping[Source, LogState], *, paused: bool, unseen: int) -> list[Span]:
    """`● following`, or `○ waiting` where nothing can come now, or how much has come since it was paused."""
    if not paused:
        states = {each.status for each in statuses.values()}
        is_live = bool(states & {LogStatus.FOLLOWING, LogStatus.PREVIOUS})
        return [Span(f"{signs.DISC} following", "good") if is_live else Span(f"{signs.RING} waiting", "dim")]
    return [Span(f"{signs.PAUSE} not following" + (f", {unseen:,} new below" if unseen else ""), "paused")]


def search_state(buffer: LogBuffer, current: Entry | None) -> list[Span]:
    """What is searched for, and which of how many matches this is."""
    if not buffer.term:
        return []
    found = len(buffer.matches)
    if not found:
        return [Span(f"nothing has “{buffer.term}”, esc clears", "warn")]
    text = count(found, "line") if current is None else f"{buffer.match_number(current)} of {found:,}"
    only = "only lines with" if buffer.only_matches else "lines with"
    return [Span(f"{only} “{buffer.term}”: {text}, esc clears", "key")]


def remarks(
    selection: Selection, statuses: Mapping[Source, LogState], buffer: LogBuffer, cells: int
) -> list[list[Span]]:
    """What a person should know about these lines: what is missing from them, and why."""
    lines: list[list[Span]] = []
    states = {each.status: each for each in reversed(list(statuses.values()))}
    for status, mark in ((LogStatus.REFUSED, signs.CROSS), (LogStatus.BROKEN, signs.TRIANGLE)):
        if status in states:
            again = "" if status is LogStatus.REFUSED else " Trying again by itself; r tries now."
            style = "failed" if status is LogStatus.REFUSED else "warn"
            lines.append([Span(f"{mark} {states[status].reason}{again}", style)])
    waiting = waiting_for(selection, statuses)
    if waiting and len(buffer):
        lines.append([Span(f"waiting to start: {waiting}", "dim")])
    if selection.alike:
        more = f"{count(selection.alike, 'more pod')} {'crashes' if selection.alike == 1 else 'crash'} alike"
        lines.append([Span(f"{more}: one is shown, O shows all or another", "key")])
    if selection.left_out:
        most = (
            f"! the logs of {count(selection.left_out, 'more pod')} are left out: {MOST_SOURCES} are followed at once"
        )
        lines.append([Span(f"{most}, O chooses one", "warn")])
    if buffer.has_dropped:
        lines.append([Span(f"only the newest {len(buffer):,} lines are kept", "dim")])
    return [shorten(line, cells) for line in lines]


def waiting_for(selection: Selection, statuses: Mapping[Source, LogState]) -> str:
    """Why containers have not started: `2 ContainerCreating, 1 ImagePullBackOff`."""
    reasons = Counter(each.waiting for each in selection.watched if not each.has_log and each.waiting)
    logs = {each.source for each in selection.watched if each.has_log}
    reasons.update(
        each.reason for source, each in statuses.items() if source in logs and each.status is LogStatus.WAITING
    )
    return ", ".join(f"{number} {reason}" for reason, number in reasons.most_common(_REASONS))


def emptiness(
    selection: Selection | None, side: Side, statuses: Mapping[Source, LogState], *, connected: bool, cells: int
) -> list[list[Span]]:
    """Why there is nothing to be seen, where there is nothing."""
    sentence, more = _why_empty(selection, side, statuses, connected=connected)
    lines: list[list[Span]] = [[]]
    lines += [[Span(f"  {text}", "strong")] for text in wrap(sentence, max(10, cells - 4), 4)]
    lines += [[Span(f"  {text}", "dim")] for text in wrap(more, max(10, cells - 4), 4) if more]
    return lines


def _why_empty(
    selection: Selection | None, side: Side, statuses: Mapping[Source, LogState], *, connected: bool
) -> tuple[str, str]:
    if selection is None:
        return "The rollout was deleted.", "esc goes back."
    if not selection.watched:
        if side is Side.OLD:
            return "No pods of an old revision are left.", "V shows the new revision."
        return "There are no pods of the new revision.", "Their logs appear here as soon as there are any."
    if not connected:
        return "There is no connection to the cluster.", "Trying again by itself; r tries now."
    states = {each.status for each in statuses.values()}
    if states & {LogStatus.REFUSED, LogStatus.BROKEN}:
        return "Nothing can be read.", "The reason is shown above. The log appears here as soon as it can be read."
    waiting = waiting_for(selection, statuses)
    if waiting and not any(each.has_log for each in selection.watched):
        return f"The container has not started: {waiting}.", "Its log appears here as soon as it has."
    if LogStatus.FOLLOWING in states or LogStatus.ENDED in states:
        return "Nothing has been written yet.", f"Waiting to start: {waiting}." if waiting else ""
    return "Asking for the logs…", ""


def saved(entry: Entry) -> str:
    """A line as it is written to a file: when (UTC), who, what."""
    second, fraction = divmod(entry.at, NANOSECONDS)
    stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    text = f"-- {entry.text} --" if entry.is_note else entry.text
    return f"{stamp}.{fraction:09d}Z {entry.source.pod}/{entry.source.container} {text}\n"
