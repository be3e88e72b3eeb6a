"""The glyphs, words and bars of the screens. State is told by word and glyph; colour only repeats it."""

from __future__ import annotations

from typing import Final

from ktui.model.changes import LinkState
from ktui.rollout.podstatus import Health
from ktui.rollout.progress import Progress
from ktui.rollout.rollout import Phase
from ktui.tui.draw.widgets import Span

PHASES: Final[dict[Phase, tuple[str, str, str]]] = {
    Phase.FAILED: ("✖", "failed", "failed"),
    Phase.STALLED: ("▲", "stalled", "stalled"),
    Phase.PROGRESSING: ("◐", "progressing", "progressing"),
    Phase.HELD: ("◆", "held", "held"),
    Phase.PAUSED: ("‖", "paused", "paused"),
    Phase.DELETED: ("×", "deleted", "deleted"),
    Phase.SCALED_TO_ZERO: ("○", "scaled to 0", "zero"),
    Phase.COMPLETE: ("✔", "complete", "complete"),
}
"""Glyph, word and style of each phase, the worst first."""

PODS: Final[dict[Health, tuple[str, str]]] = {
    Health.READY: ("■", "new"),
    Health.STARTING: ("◧", "starting"),
    Health.BROKEN: ("✖", "broken"),
    Health.STOPPING: ("▨", "stopping"),
    Health.GONE: ("·", "gone"),
}
"""Glyph and style of a pod's cell."""

LINKS: Final[dict[LinkState, tuple[str, str]]] = {
    LinkState.CONNECTING: ("○", "dim"),
    LinkState.LIVE: ("●", "good"),
    LinkState.LISTED: ("◐", "warn"),
    LinkState.SILENT: ("▲", "warn"),
    LinkState.RECONNECTING: ("▲", "warn"),
    LinkState.REFUSED: ("✖", "failed"),
}
"""Glyph and style of a link's state."""

NEW_READY: Final = "█"
NEW_STARTING: Final = "▒"
OLD: Final = "░"


def phase(of: Phase) -> Span:
    """`✖ failed`."""
    glyph, word, style = PHASES[of]
    return Span(f"{glyph} {word}", style)


def bar(numbers: Progress, cells: int, *, is_settled: bool) -> list[Span]:
    """New and ready, new and not ready yet, old, in one bar.

    It is as long as desired plus surge, so that the extra pods are seen. Once a rollout has settled it is as long as
    desired, and calm: what needs a person is to catch the eye.
    """
    parts = (
        (numbers.new.ready, NEW_READY, "rest" if is_settled else "new"),
        (max(0, numbers.new.existing - numbers.new.ready), NEW_STARTING, "starting"),
        (numbers.old.existing, OLD, "old"),
    )
    used = sum(number for number, _, _ in parts)
    whole = max(used, numbers.desired if is_settled else numbers.desired + numbers.surge, 1)
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
