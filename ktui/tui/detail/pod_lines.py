"""The lines of a rollout's revisions and their pods: pure functions from a detail to items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len

from ktui import signs
from ktui.rollout.detail import Detail, Revision
from ktui.rollout.podstatus import Health, PodState
from ktui.rollout.rollout import Rollout
from ktui.text import age, count
from ktui.tui.detail.transitions import Cell
from ktui.tui.draw import glyphs
from ktui.tui.draw.items import Item
from ktui.tui.draw.widgets import Span, fit, shorten, width

_INDENT: Final = "   "
_BELOW: Final = 7
"""How far in a line begins that continues the one above."""
_FEW: Final = 3
"""So many pods that ended in the same way have a line each."""
_OLDER: Final = 6
"""How many revisions without pods are listed."""

REVISION: Final = "revision:"
POD: Final = "pod:"
"""What the keys of items begin with; the uid follows."""

Lines = list[list[Span]]


def pods(
    detail: Detail, cells: Mapping[str, Sequence[Cell]], now: datetime, room: int, *, every: bool, most: int = 0
) -> list[Item]:
    """The revisions, each with its pods as cells, and below them the pods that are not ready, or every pod.

    If that takes no more than `most` lines, what has no room on a line continues on the next one.
    """
    whole = _items(detail, cells, now, room, every=every, continues=True) if most else []
    if whole and sum(len(item.lines) for item in whole) <= most:
        return whole
    return _items(detail, cells, now, room, every=every, continues=False)


def _items(
    detail: Detail, cells: Mapping[str, Sequence[Cell]], now: datetime, room: int, *, every: bool, continues: bool
) -> list[Item]:
    items: list[Item] = []
    older = 0
    for revision in detail.revisions:
        shown, key = cells.get(revision.uid, ()), f"{REVISION}{revision.uid}"
        name = short_name(revision.name, detail.rollout)
        if not shown and not revision.is_current and not revision.wanted:
            older += 1
            if older <= _OLDER:
                items.append(Item((shorten(_resting(revision, name, now), room),), key))
            continue
        first = laid_out(*_revision(revision, name), room, continues=continues)
        items.append(Item((*first, *_cells(revision, shown, room)), key))
        listed, records = _listed(shown, every=every)
        names = {cell.pod.uid: _pod_name(cell.pod, revision, detail.rollout) for cell in listed}
        columns = (
            min(room // 2, max((cell_len(name) for name in names.values()), default=0)),
            min(26, max((cell_len(_word(cell.pod)) for cell in listed), default=0)),
        )
        for cell in listed:
            spans, more = _pod(cell, revision, names[cell.pod.uid], now, columns)
            if more and not continues and width([*spans, *more]) > room:
                # Where it runs is on its page; how often it started again is what a person looks for here.
                spans = spans[:-1]
            items.append(Item(laid_out(spans, more, room, continues=continues), f"{POD}{cell.pod.uid}"))
        items += [_records(alike, revision, now, room) for alike in records]
    if older > _OLDER:
        items.append(Item(([Span(f"  and {count(older - _OLDER, 'older revision')}", "dim")],)))
    return items


def laid_out(spans: list[Span], more: list[Span], room: int, *, continues: bool) -> tuple[list[Span], ...]:
    """Both on one line, cut if need be; or, where lines may continue, `more` below if it has no room beside."""
    if not continues or not more or width([*spans, *more]) <= room:
        return (shorten([*spans, *more], room),)
    first, *rest = more
    below = [Span(" " * _BELOW + first.text.lstrip(), first.style), *rest]
    return (shorten(spans, room), shorten(below, room))


def _listed(shown: Sequence[Cell], *, every: bool) -> tuple[list[Cell], list[list[Cell]]]:
    """The pods that have a line each, and those that ended and are kept as a record, if there are many of a kind."""
    listed = [cell for cell in shown if not cell.is_ghost and (every or cell.pod.health is not Health.READY)]
    ended: dict[str, list[Cell]] = {}
    for cell in listed:
        if cell.pod.health is Health.GONE:
            ended.setdefault(cell.pod.word, []).append(cell)
    many = [alike for alike in ended.values() if len(alike) > _FEW]
    folded = {cell.pod.uid for alike in many for cell in alike}
    alone = [cell for cell in listed if cell.pod.uid not in folded]
    return sorted(alone, key=lambda cell: cell.pod.health is Health.GONE), many


def _records(alike: Sequence[Cell], revision: Revision, now: datetime, room: int) -> Item:
    """One line for pods that ended in the same way; it opens the newest."""
    newest = max(alike, key=lambda cell: cell.pod.created or now)
    pod = newest.pod
    style = glyphs.PODS[pod.health][1]
    line = [
        Span(f"     {count(len(alike), 'pod')} "),
        _cell(newest, revision),
        Span(f" {pod.word}", style),
        Span(f"  the newest {age(pod.created, now).strip()} old, {pod.node or 'no node'}", "dim"),
        Span(f"  {pod.reason}" if pod.reason else "", style),
    ]
    return Item((shorten(line, room),), f"{POD}{pod.uid}")


def short_name(name: str, rollout: Rollout) -> str:
    """The name of a ReplicaSet without that of its Deployment, which stands above it; the same of other revisions."""
    return name.removeprefix(f"{rollout.name}-")


def _pod_name(pod: PodState, revision: Revision, rollout: Rollout) -> str:
    """What tells a pod from its siblings: of a StatefulSet all of the name, which ends with its ordinal."""
    if rollout.kind == "StatefulSet":
        return pod.name
    return pod.name.removeprefix(f"{revision.name}-").removeprefix(f"{rollout.name}-")


def _revision(revision: Revision, name: str) -> tuple[list[Span], list[Span]]:
    mark = Span(f"{signs.DISC} ", "new") if revision.is_current else Span(f"{signs.RING} ", "old")
    spans = [mark, Span(f"{revision.number} ", "strong"), Span(f"{name}  ", "dim")]
    spans.append(Span(f"{_images(revision)}  "))
    # More are there than are wanted while the last of them stop.
    most = max(revision.wanted, revision.existing)
    text = f"{revision.ready} of {most} ready" if most else "scaled to 0"
    spans.append(Span(text, "dim"))
    if revision.note:
        spans.append(Span(f"  {revision.note}"))
    cause = [Span(f'  "{revision.change_cause}"', "dim")] if revision.change_cause else []
    return spans, cause


def _resting(revision: Revision, name: str, now: datetime) -> list[Span]:
    cause = f'  "{revision.change_cause}"' if revision.change_cause else ""
    note = f"  {revision.note}" if revision.note else ""
    named = f"{signs.RING} {revision.number} {name}  {_images(revision)}  {age(revision.created, now)}"
    return [Span(f"{named}{note}{cause}", "dim")]


def _images(revision: Revision) -> str:
    return " ".join(revision.images)


def _cells(revision: Revision, shown: Sequence[Cell], room: int) -> Lines:
    per_line = max(10, room - 2 * len(_INDENT))
    lines: Lines = []
    for start in range(0, len(shown), per_line):
        lines.append([Span(_INDENT), *(_cell(cell, revision) for cell in shown[start : start + per_line])])
    return lines


def _cell(cell: Cell, revision: Revision) -> Span:
    if cell.is_ghost:
        return Span(signs.POINT, "gone")
    glyph, style = glyphs.PODS[cell.pod.health]
    if cell.flashes:
        return Span(glyph, "flash")
    if cell.pod.health is Health.READY and not revision.is_current:
        style = "old"
    return Span(glyph, style)


def _pod(
    cell: Cell, revision: Revision, name: str, now: datetime, columns: tuple[int, int]
) -> tuple[list[Span], list[Span]]:
    """The line of a pod, with its node at the end, and what follows it: restarts and why it is so."""
    pod = cell.pod
    name_cells, word_cells = columns
    glyph = _cell(cell, revision)
    restarts = f"  {count(pod.restarts, 'restart')}" if pod.restarts else ""
    word = fit(_word(pod), word_cells)
    facts = f"  {pod.ready}  {fit(age(pod.created, now), 5, right=True)}"
    style = glyphs.PODS[pod.health][1]
    spans = [
        Span("     "),
        Span(fit(name, name_cells), "flash" if cell.flashes else ""),
        Span(" "),
        glyph,
        Span(f" {word}", style),
        Span(facts, "dim"),
        Span(f"  {pod.node or 'no node'}", "dim"),
    ]
    more = [Span(restarts, "dim")] if restarts else []
    more += [Span(f"  {pod.reason}", style)] if pod.reason else []
    return spans, more


def _word(pod: PodState) -> str:
    return "Running, not ready" if pod.health is Health.STARTING and pod.word == "Running" else pod.word
