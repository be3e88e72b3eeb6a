"""The lines that say why a rollout does not move, what to try, and which key does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ktui.rollout.cause import Cause, Remedy
from ktui.rollout.detail import Detail
from ktui.rollout.hold import Hold
from ktui.rollout.rollout import Phase
from ktui.tui import chrome
from ktui.tui.chrome import Hint
from ktui.tui.paint import Span, width, wrap

Lines = list[list[Span]]

REMEDIES: Final[Mapping[Remedy, Hint]] = {
    Remedy.LOGS: Hint("l", "logs", "screen.logs"),
    Remedy.ROLLBACK: Hint("b", "roll back", "screen.steer('rollback')"),
    Remedy.SET_IMAGE: Hint("i", "set image", "screen.steer('set-image')"),
    Remedy.SCALE: Hint("s", "scale", "screen.steer('scale')"),
    Remedy.RESUME: Hint("space", "resume", "screen.steer('toggle_pause')"),
    Remedy.REPAIR: Hint("c", "repair", "screen.steer('canary')"),
    Remedy.HISTORY: Hint("h", "history", "screen.history"),
    Remedy.TIMELINE: Hint("e", "time line", "screen.timeline"),
}
"""The keys of what ktui can do about a cause."""


def why(detail: Detail, room: int, most: int = 8) -> Lines:
    """The causes with what to try, or what is going on; kubectl's verdict comes last."""
    rollout = detail.rollout
    lines: Lines = []
    for cause in rollout.causes:
        lines += _cause(cause, room)
    if rollout.causes and rollout.serving:
        lines += [[Span(text)] for text in wrap(rollout.serving, room, 2)]
    if rollout.hold is not None and rollout.hold.repair is not None:
        lines += _disturbed(rollout.hold, room)
    elif all(cause.remark for cause in rollout.causes):
        nothing = "nothing is wrong" if rollout.phase in (Phase.COMPLETE, Phase.PROGRESSING, Phase.HELD) else ""
        lines[:0] = [[Span(text)] for text in wrap(rollout.why or nothing or str(rollout.phase), room, 2)]
    for remark in detail.remarks:
        lines += _cause(remark, room)
    if rollout.provenance is not None and rollout.phase is not Phase.COMPLETE:
        lines += [[Span(text, "dim")] for text in wrap(rollout.provenance.sentence, room, 2)]
    # Where there is little room, it is for the cause.
    verdict = [[Span(text, "dim")] for text in wrap(f"kubectl: {rollout.verdict.line}", room, 2 if most > 5 else 1)]
    return [*lines[: max(1, most - len(verdict))], *verdict]


def _cause(cause: Cause, room: int) -> Lines:
    style = "failed" if cause.blocking else "" if cause.remark else "warn"
    lines: Lines = [[Span(text, style)] for text in wrap(cause.sentence, room, 3)]
    if cause.detail and cause.detail not in cause.sentence:
        lines += [[Span(f"  {text}", "dim")] for text in wrap(cause.detail, room - 2, 2)]
    if cause.try_next:
        first, *more = wrap(cause.try_next, room - 4, 2)
        lines += [[Span("try ", "key"), Span(first)], *([Span(f"    {text}")] for text in more)]
    keys = chrome.keys([REMEDIES[remedy] for remedy in cause.remedies])
    if keys and width(lines[-1]) + width(keys) < room:
        lines[-1] = [*lines[-1], Span(" "), *keys]
    elif keys:
        lines.append([Span("   "), *keys])
    return lines


def _disturbed(hold: Hold, room: int) -> Lines:
    return [[Span(text, "warn")] for text in wrap(f"{hold.told[:1].upper()}{hold.told[1:]}.", room, 3)]
