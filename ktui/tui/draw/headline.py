"""The line that says which rollout a screen is about."""

from __future__ import annotations

from ktui import signs
from ktui.rollout.rollout import Phase, Rollout
from ktui.tui.draw import glyphs
from ktui.tui.draw.widgets import Span


def headline(rollout: Rollout, pending: str) -> list[Span]:
    """Which rollout, and what it is up to."""
    name = Span(f"{rollout.namespace}/{rollout.name}", "title")
    spans = [name, Span(f"  {rollout.title}  ", "dim"), glyphs.phase(rollout.phase)]
    if rollout.paused and rollout.phase is not Phase.PAUSED:
        spans += [Span("  "), Span(f"{signs.PAUSE} paused", "paused")]
    if pending:
        spans += [Span("   "), Span(f"… {pending}", "warn")]
    return spans
