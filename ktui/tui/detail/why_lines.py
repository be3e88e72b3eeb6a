"""The lines that say why a rollout does not move, what to try, and which key does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ktui.rollout.detail import Detail
from ktui.rollout.diagnosis.cause import Cause, Remedy
from ktui.rollout.rollout import Phase
from ktui.tui.draw import chrome
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.items import Item
from ktui.tui.draw.widgets import Span, width, wrap

Lines = list[list[Span]]

CAUSE: Final = "cause:"
REMARK: Final = "remark:"
"""What the keys of items begin with; the place among the causes, or the remarks, follows."""

_MOST: Final = 20
_DETAIL: Final = 4
"""Lines that a text may take, and that the cluster's own words may: all of these are on the page of the cause."""

REMEDIES: Final[Mapping[Remedy, Hint]] = {
    Remedy.LOGS: Hint("l", "logs", "screen.logs"),
    Remedy.ROLLBACK: Hint("b", "roll back", "screen.steer('rollback')"),
    Remedy.SET_IMAGE: Hint("i", "set image", "screen.steer('set-image')"),
    Remedy.SCALE: Hint("s", "scale", "screen.steer('scale')"),
    Remedy.RESUME: Hint("space", "resume", "screen.steer('toggle_pause')"),
    Remedy.REPAIR: Hint("C", "repair", "screen.steer('canary')"),
    Remedy.HISTORY: Hint("h", "history", "screen.history"),
    Remedy.TIMELINE: Hint("e", "timeline", "screen.timeline"),
}
"""The keys of what ktui can do about a cause."""


def why(detail: Detail, room: int) -> list[Item]:
    """The causes with what to try, or what is going on; kubectl's verdict comes last. Nothing is cut."""
    rollout = detail.rollout
    items: list[Item] = []
    if not (rollout.hold is not None and rollout.hold.repair is not None) and all(
        cause.remark for cause in rollout.causes
    ):
        nothing = "nothing is wrong" if rollout.phase in (Phase.COMPLETE, Phase.PROGRESSING, Phase.HELD) else ""
        items.append(_text(rollout.why or nothing or str(rollout.phase), room))
    items += [_cause(cause, room, f"{CAUSE}{index}") for index, cause in enumerate(rollout.causes)]
    if rollout.causes and rollout.serving:
        items.append(_text(rollout.serving, room))
    if rollout.hold is not None and rollout.hold.repair is not None:
        items.append(_text(f"{rollout.hold.told[:1].upper()}{rollout.hold.told[1:]}.", room, "warn"))
    items += [_cause(remark, room, f"{REMARK}{index}") for index, remark in enumerate(detail.remarks)]
    if rollout.provenance is not None and rollout.phase is not Phase.COMPLETE:
        items.append(_text(rollout.provenance.sentence, room, "dim"))
    return [*items, _text(f"kubectl: {rollout.verdict.line.removesuffix('...')}", room, "dim")]


def _text(text: str, room: int, style: str = "") -> Item:
    return Item(tuple([Span(part, style)] for part in wrap(text, room, _MOST)))


def _cause(cause: Cause, room: int, key: str) -> Item:
    style = "failed" if cause.blocking else "" if cause.remark else "warn"
    lines: Lines = [[Span(text, style)] for text in wrap(cause.sentence, room, _MOST)]
    if cause.detail and cause.detail not in cause.sentence:
        lines += [[Span(f"  {text}", "dim")] for text in wrap(cause.detail, room - 2, _DETAIL)]
    if cause.try_next:
        first, *more = wrap(cause.try_next, room - 4, _MOST)
        lines += [[Span("try ", "key"), Span(first)], *([Span(f"    {text}")] for text in more)]
    keys = chrome.keys([REMEDIES[remedy] for remedy in cause.remedies])
    if keys and width(lines[-1]) + width(keys) < room:
        lines[-1] = [*lines[-1], Span(" "), *keys]
    elif keys:
        lines.append([Span("   "), *keys])
    return Item(tuple(lines), key)
