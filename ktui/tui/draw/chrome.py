"""The lines around every screen: the header with the state of the link, and the keys that do something now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from rich.cells import cell_len

from ktui import signs
from ktui.model.changes import Link, LinkState
from ktui.text import age, clean, count
from ktui.tui.draw.glyphs import LINKS
from ktui.tui.draw.widgets import Line, Span, between, cut, shorten, width


class Hint(NamedTuple):
    """A key and what it does now. One that is not open is in brackets; pressing it says why."""

    key: str
    label: str
    action: str
    is_open: bool = True


_BADGES: Final = {"red": "failed", "yellow": "stalled", "green": "complete", "blue": "progressing"}
"""The styles of badges, by their colours in config.toml."""


def header(
    title: str, counts: Sequence[str], state: Line, now: datetime, cells: int, *, badge: tuple[str, str] | None = None
) -> list[Span]:
    """Where we are on the left; the link, the counts and the time on the right. The link is never cut.

    `badge` is a word that marks the cluster, and its colour.

    The time has no seconds: a screen on which nothing happens is still.
    """
    clock = [Span(now.astimezone().strftime("%H:%M"), "dim")]
    marked = [Span("  "), Span(f"[{badge[0]}]", _BADGES[badge[1]])] if badge is not None else []
    left = [Span("ktui", "title"), *marked, Span(f"  {cut(clean(title), max(12, cells // 2))}", "strong")]
    for shown in (counts, counts[:1], ()):
        right = [*state, Span("   ")]
        for text in shown:
            right += [Span(text), Span("   ")]
        right += clock
        if width(left) + width(right) + 2 <= cells:
            return between(left, right, cells)
    return between(left, state, cells)


def link_state(link: Link | None, now: datetime, *, failed: bool, shows: bool = False) -> list[Span]:
    """`● live`, or what is wrong with the link and for how long what is shown may be stale.

    `failed` means that no connection was made at all, `shows` that something is shown nevertheless.
    """
    if failed:
        return [Span(f"{signs.CROSS} not connected", "failed")]
    if link is None:
        return [Span(f"{signs.RING} connecting", "dim")]
    glyph, style = LINKS[link.state]
    match link.state:
        case LinkState.RECONNECTING:
            said = f"stale by {age(link.since, now)}, reconnecting"
        case LinkState.SILENT:
            said = f"no answer for {age(link.since, now)}"
        case LinkState.LISTED:
            said = f"listed {age(link.since, now)} ago"
        case LinkState.REFUSED if shows:
            said = f"refused, stale by {age(link.since, now)}"
        case _:
            said = link.state.value
    return [Span(f"{glyph} {said}", style)]


def counts(rollouts: int, pods: int | None, reading: str = "") -> list[str]:
    """What the header counts; pods are still being listed at first: `reading` says how many have come."""
    return [count(rollouts, "rollout"), count(pods, "pod") if pods is not None else f"{reading or 'pods'} …"]


def hints(shown: Sequence[Hint], cells: int) -> list[Span]:
    """As many keys as there is room for, in few words where it is tight; help and quit, the last two, stay.

    What is not open now goes first: it is still on the help screen, with the reason.
    """
    kept = list(shown)
    # Counted once: there are some twenty, and this is drawn with each key.
    length = sum(map(_length, kept))
    for index in reversed(range(len(kept[:-2]))):
        if length > cells and not kept[index].is_open:
            length -= _length(kept.pop(index))
    for index in reversed(range(len(kept))):
        if length > cells:
            long = kept[index]
            kept[index] = long._replace(label=long.label.partition(" (")[0].partition(":")[0])
            length += _length(kept[index]) - _length(long)
    while length > cells and len(kept) > 2:
        length -= _length(kept.pop(-3))
    return shorten(keys(kept), cells)


def keys(shown: Sequence[Hint]) -> list[Span]:
    """Keys in a row, to be pressed or clicked."""
    spans: list[Span] = []
    for hint in shown:
        if hint.is_open:
            spans.append(Span(f" {hint.key}", "key", hint.action))
            spans.append(Span(f" {clean(hint.label)} ", "", hint.action))
        else:
            # Not by its colour alone: without colours, too, it is not what can be pressed now.
            spans.append(Span(f" ({hint.key} {clean(hint.label)}) ", "off", hint.action))
    return spans


def _length(hint: Hint) -> int:
    return cell_len(hint.key) + cell_len(clean(hint.label)) + (3 if hint.is_open else 5)


def notice(text: str, cells: int) -> list[Span]:
    """Something that a person should know about what is shown."""
    return shorten([Span("! ", "warn"), Span(clean(text), "warn")], cells)


def first_steps(text: str, cells: int) -> list[Span]:
    """What to try first."""
    return shorten([Span(f"{signs.POINTER} ", "progressing"), Span(clean(text), "progressing")], cells)
