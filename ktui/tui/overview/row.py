"""One rollout of the overview, as the cells of its row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from ktui import signs
from ktui.rollout.progress import Progress
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import age, clean
from ktui.tui.draw import glyphs
from ktui.tui.draw.widgets import Span, cut_front, fit, width, wrap
from ktui.tui.overview.columns import GAP, Columns
from ktui.tui.overview.selection import AT_REST

if TYPE_CHECKING:
    from ktui.tui.draw.marks import Mark

_BETWEEN: Final = Span(GAP)
_MOST_WHY: Final = 6
"""The lines of a row at most."""
_GUARDED: Final = "auto-abort · "
_FOLLOWED: Final = "followed"


def row(
    rollout: Rollout,
    fitted: Columns,
    now: datetime,
    pending: str = "",
    *,
    is_chosen: bool = False,
    is_marked: bool = False,
    is_guarded: bool = False,
    is_followed: bool = False,
    traffic: Mark | None = None,
    most: int = 1,
) -> list[list[Span]]:
    """One rollout, on a line, or on as many up to `most` as WHY takes.

    `pending` is an action that was sent and that the cluster has not reported yet.
    """
    numbers, style = rollout.progress, glyphs.PHASES[rollout.phase][2]
    settled = rollout.phase in AT_REST
    quiet = "dim" if settled else ""
    glyph, word, phase_style = glyphs.PHASES[rollout.phase]
    phase = f"{glyph} {word}" if fitted.phase > 1 else glyph
    spans: list[Span] = [Span((signs.POINTER if is_chosen else " ") + (signs.CHECK if is_marked else " "), "key")]
    indent, marks, more = 0, list[Span](), list[str]()
    style = style if rollout.phase in (Phase.FAILED, Phase.STALLED) else "dim"
    for field, size in fitted.sizes:
        right = False
        match field:
            case "bar":
                spans += [*glyphs.bar(numbers, size, is_settled=settled, shares=rollout.shares or ()), _BETWEEN]
                continue
            case "why":
                indent = width(spans)
                marks = _marks(rollout, size, is_guarded=is_guarded, is_followed=is_followed, traffic=traffic)
                text, *more = _why(rollout, size, width(marks), most) or [""]
                spans += marks
                shown = style
            case "namespace":
                text, shown = rollout.namespace, "dim"
            case "name":
                text, shown = rollout.label, "" if settled else "strong"
            case "phase":
                text, shown = (f"… {pending}", "warn") if pending else (phase, phase_style)
            case "share":
                text, shown, right = f"{numbers.new.existing}/{numbers.desired}", quiet, True
            case "ready":
                text, shown, right = f"{numbers.ready}/{numbers.desired}", _readiness(numbers) or quiet, True
            case "revision":
                text, shown, right = str(rollout.revision or "-"), quiet, True
            case "image":
                text, shown = _tail(clean(rollout.image), size), quiet
            case _:
                text, shown, right = age(rollout.since, now), "dim", True
        room = size - width(marks) if field == "why" else size
        spans += [Span(fit(text, room, right=right), shown), _BETWEEN] if room > 0 else []
    return [spans, *([Span(" " * indent), Span(part, style)] for part in more)]


def heights(
    rollouts: Sequence[Rollout],
    fitted: Columns,
    room: int,
    *,
    guarded: Collection[str],
    followed: Collection[str],
    traffic: Callable[[str], Mark | None],
) -> list[int]:
    """How many lines each row takes, so that no WHY is cut where all rows fit into so many lines.

    If there is not room for all of every WHY, the longest are cut to the same number of lines.
    """
    if not fitted.why or len(rollouts) >= room:
        return [1] * len(rollouts)
    needed = []
    for each in rollouts:
        known = {"is_guarded": each.uid in guarded, "is_followed": each.uid in followed}
        marks = _marks(each, fitted.why, **known, traffic=traffic(each.uid))
        needed.append(max(1, len(_why(each, fitted.why, width(marks), _MOST_WHY))))
    most = next(most for most in range(_MOST_WHY, 0, -1) if most == 1 or sum(min(most, n) for n in needed) <= room)
    return [min(most, each) for each in needed]


def _marks(rollout: Rollout, cells: int, *, is_guarded: bool, is_followed: bool, traffic: Mark | None) -> list[Span]:
    """What stands before WHY: auto-abort is on, it is followed, and whether it gets the traffic of a Service."""
    spans = [Span(_GUARDED, "warn")] if is_guarded and cells > len(_GUARDED) else []
    if is_followed and cells > width(spans) + len(_FOLLOWED) + 3:
        spans.append(Span(f"{_FOLLOWED}{f' {signs.POINT} ' if rollout.why else ' '}", "key"))
    if traffic is not None and cells - width(spans) > cell_len(traffic.text):
        text = f"{traffic.text}{f' {signs.POINT} ' if rollout.why else ''}"
        spans.append(Span(text, "new" if traffic.gets_traffic else "dim"))
    return spans


def _why(rollout: Rollout, cells: int, taken: int, most: int) -> list[str]:
    """WHY in lines of so many cells, of which the first has some taken already."""
    if not rollout.why or taken >= cells:
        return []
    # What is taken ends in a space, at which the line may be broken.
    before = f"{signs.RULE * (taken - 1)} " if taken else ""
    first, *more = wrap(before + rollout.why, cells, most)
    return [first[len(before) :], *more]


def _readiness(numbers: Progress) -> str:
    """The style of READY: nothing serves, fewer than desired, or neither."""
    if numbers.ready >= numbers.desired:
        return ""
    return "warn" if numbers.ready else "failed"


def _tail(image: str, cells: int) -> str:
    """An image in so many cells: the tag is what tells two apart, so it is the beginning that gives way."""
    return cut_front(image, cells)
