"""The lines that say why a rollout does not move, what to try, and which key does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ktui import signs
from ktui.rollout.detail import Detail, Section, Tone
from ktui.rollout.diagnosis.cause import Cause, Remedy
from ktui.rollout.rollout import Phase
from ktui.tui.draw import chrome
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.items import Item
from ktui.tui.draw.widgets import Span, width, wrap

Lines = list[list[Span]]

CAUSE: Final = "cause:"
REMARK: Final = "remark:"
SECTION: Final = "section:"
"""What the keys of items begin with; the place among the causes, the remarks or the sections follows."""

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
    Remedy.PROMOTE: Hint("p", "promote", "screen.steer('promote')"),
    Remedy.RETRY: Hint("T", "retry", "screen.steer('retry')"),
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
    is_below = any(section.lines and section.lines[0].text == rollout.serving for section in detail.sections)
    if rollout.causes and rollout.serving and not is_below:
        items.append(_text(rollout.serving, room))
    if rollout.hold is not None and rollout.hold.repair is not None:
        items.append(_text(f"{rollout.hold.sentence[:1].upper()}{rollout.hold.sentence[1:]}.", room, "warn"))
    items += [_cause(remark, room, f"{REMARK}{index}") for index, remark in enumerate(detail.remarks)]
    if rollout.provenance is not None and rollout.phase is not Phase.COMPLETE:
        items.append(_text(rollout.provenance.sentence, room, "dim"))
    items += [_section(section, room, f"{SECTION}{index}") for index, section in enumerate(detail.sections)]
    return [*items, _text(f"{rollout.speaker}: {rollout.verdict.line.removesuffix('...')}", room, "dim")]


_SIGNS: Final[Mapping[Tone, tuple[str, str]]] = {
    Tone.PLAIN: (signs.POINT, "dim"),
    Tone.GOOD: (signs.SQUARE, ""),
    Tone.NOW: (signs.INTO, "strong"),
    Tone.WAIT: (signs.DIAMOND, "warn"),
    Tone.BAD: (signs.TIMES, "failed"),
}
"""The sign of a line and its style. The sign alone tells enough where there are no colours."""


def _section(section: Section, room: int, key: str) -> Item:
    """What only this kind has: a heading, and its lines below."""
    lines: Lines = [[Span(text, "head")] for text in wrap(section.title, room, _MOST)]
    for line in section.lines:
        sign, style = _SIGNS[line.tone]
        note = f"  {line.note}" if line.note else ""
        first, *more = wrap(f"{line.text}{note}", room - 4, _DETAIL) or [""]
        lines.append([Span(f"  {sign} ", style or "dim"), Span(first, style)])
        lines += [[Span(f"    {text}", style)] for text in more]
    return Item(tuple(lines), key)


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
