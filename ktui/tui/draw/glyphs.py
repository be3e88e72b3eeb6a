"""The glyphs, words and bars of the screens. State is shown by word and glyph; colour only repeats it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ktui import signs
from ktui.model.changes import LinkState
from ktui.rollout.podstatus import Health
from ktui.rollout.progress import Progress
from ktui.rollout.rollout import Phase
from ktui.tui.draw.widgets import Span

PHASES: Final[dict[Phase, tuple[str, str, str]]] = {
    Phase.FAILED: (signs.CROSS, "failed", "failed"),
    Phase.STALLED: (signs.TRIANGLE, "stalled", "stalled"),
    Phase.PROGRESSING: (signs.HALF, "progressing", "progressing"),
    Phase.HELD: (signs.DIAMOND, "held", "held"),
    Phase.PAUSED: (signs.PAUSE, "paused", "paused"),
    Phase.DELETED: (signs.TIMES, "deleted", "deleted"),
    Phase.SCALED_TO_ZERO: (signs.RING, "scaled to 0", "zero"),
    Phase.READING: (signs.POINT, "reading", "dim"),
    Phase.COMPLETE: (signs.TICK, "complete", "complete"),
}
"""Glyph, word and style of each phase, the worst first."""

PODS: Final[dict[Health, tuple[str, str]]] = {
    Health.READY: (signs.SQUARE, "new"),
    Health.STARTING: (signs.HALF_SQUARE, "starting"),
    Health.BROKEN: (signs.CROSS, "broken"),
    Health.STOPPING: (signs.HATCHED, "stopping"),
    Health.GONE: (signs.POINT, "gone"),
}
"""Glyph and style of a pod's cell."""

LINKS: Final[dict[LinkState, tuple[str, str]]] = {
    LinkState.CONNECTING: (signs.RING, "dim"),
    LinkState.LIVE: (signs.DISC, "good"),
    LinkState.LISTED: (signs.HALF, "warn"),
    LinkState.SILENT: (signs.TRIANGLE, "warn"),
    LinkState.RECONNECTING: (signs.TRIANGLE, "warn"),
    LinkState.REFUSED: (signs.CROSS, "failed"),
}
"""Glyph and style of a link's state."""

NEW_READY: Final = signs.FULL
NEW_STARTING: Final = signs.MEDIUM
OLD: Final = signs.LIGHT


def phase(of: Phase) -> Span:
    """`✖ failed`."""
    glyph, word, style = PHASES[of]
    return Span(f"{glyph} {word}", style)


def bar(numbers: Progress, cells: int, *, is_settled: bool, shares: tuple[int, ...] = ()) -> list[Span]:
    """New and ready, new and not ready yet, old, in one bar; or the shares of the traffic, where those tell more.

    It is as long as desired plus surge, so that the extra pods are seen. Once a rollout has settled it is as long as
    desired, and calm: what needs a person is to catch the eye.
    """
    if shares and not is_settled:
        new, *old = shares
        return _drawn(((new, NEW_READY, "new"), (sum(old), OLD, "old")), max(sum(shares), 1), cells)
    parts = (
        (numbers.new.ready, NEW_READY, "rest" if is_settled else "new"),
        (max(0, numbers.new.existing - numbers.new.ready), NEW_STARTING, "starting"),
        (numbers.old.existing, OLD, "old"),
    )
    used = sum(number for number, _, _ in parts)
    whole = max(used, numbers.desired if is_settled else numbers.desired + numbers.surge, 1)
    return _drawn(parts, whole, cells)


def _drawn(parts: Sequence[tuple[int, str, str]], whole: int, cells: int) -> list[Span]:
    """Each part in its glyph and style, as long as its number is of the whole."""
    spans: list[Span] = []
    done = drawn = 0
    for number, glyph, style in parts:
        done += number
        # Rounding the running sum keeps the parts from adding up to more than the bar; what exists is always seen.
        end = max(round(done * cells / whole), drawn + 1 if number else drawn)
        end = min(end, cells)
        if end > drawn:
            spans.append(Span(glyph * (end - drawn), style))
            drawn = end
    return [*spans, Span(" " * (cells - drawn))] if drawn < cells else spans
