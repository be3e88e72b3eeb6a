"""The lines around the list of the overview: totals, the rollout under the cursor, what is said without rows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from ktui import signs
from ktui.rollout.order import Harm, harm
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import clean, count
from ktui.tui.draw import glyphs
from ktui.tui.draw.widgets import Span, shorten, width, wrap
from ktui.tui.overview.measures import Measure

DOWN: Final = signs.DOWN
"""The glyph of rollouts of which no pod is available."""


def totals(measures: Iterable[Measure], cells: int) -> list[Span]:
    """How many rollouts are down, and how many are in each phase, the worst first. Phases without any are left out.

    If there is no room for all the words, the glyphs stand alone: every row repeats them beside the word.
    """
    found = list(measures)
    numbers = Counter(each.phase for each in found)
    down = sum(each.is_down for each in found)
    chips = [(down, DOWN, "down", "failed")] if down else []
    chips += [(numbers[phase], *glyphs.PHASES[phase]) for phase in glyphs.PHASES if numbers[phase]]
    for gap, with_words in (("   ", True), ("  ", True), ("  ", False)):
        spans: list[Span] = []
        for number, glyph, word, style in chips:
            text = f"{glyph} {number} {word}" if with_words else f"{glyph} {number}"
            spans.extend([Span(text, style, f"screen.only('{word}')"), Span(gap)])
        if width(spans[:-1]) <= cells:
            break
    return spans[:-1]


def strip(measures: Iterable[Measure], notes: Iterable[str], cells: int) -> list[Span]:
    """The totals, and after them what is said of the list."""
    said = " · ".join(notes)
    noted = Span(f"   {said}" if said else "", "key")
    return shorten([*totals(measures, cells - width([noted])), noted], cells)


def message(sentences: Sequence[str], cells: int) -> list[list[Span]]:
    """What is said instead of rows if there are none."""
    lines: list[list[Span]] = [[]]
    for index, sentence in enumerate(sentences):
        lines += [[Span(part, "strong" if index == 0 else "dim")] for part in wrap(sentence, cells - 8, 4)]
    return lines


def explanation(rollout: Rollout | None, cells: int, lines: int) -> list[list[Span]]:
    """About the rollout under the cursor: what is going on in full, and what to try, or kubectl's verdict.

    As many lines as that takes, at least 2 and at most `lines`. All causes are named where there is room, else how many
    more there are; what to try comes last, and is always there.
    """
    if rollout is None:
        return [[], []]
    glyph, _, style = glyphs.PHASES[rollout.phase]
    head = [Span(f"{glyph} ", style), Span(f"{rollout.namespace}/{rollout.label}  ", "strong")]
    indent = 2 if lines > 2 else width(head)
    others = [cause.sentence for cause in rollout.causes[1:]]
    more = [f"+{count(len(others), 'more cause')} (enter)"] if others else []
    for further in (others, more):
        why = [*_serving(rollout), rollout.why or _at_rest(rollout), *further, rollout.serving]
        text = f"{' ' * (width(head) - indent)}{'; '.join(_said_once(why))}"
        parts = wrap(text, max(1, cells - indent), max(1, lines))
        if len(parts) < lines or further is more:
            break
    parts = wrap(text, max(1, cells - indent), max(1, lines - 1))
    first = [*head, Span(parts[0].lstrip() if parts else "")]
    rest = [[Span(" " * indent + part)] for part in parts[1:]]
    return [shorten(first, cells), *rest, *_next_step(rollout, cells, max(1, lines - max(1, len(parts))))]


def _said_once(parts: Iterable[str]) -> list[str]:
    """Without what a part before says already: who serves is part of some sentences."""
    said: list[str] = []
    for part in parts:
        if part and not any(part in before for before in said):
            said.append(part)
    return said


def _next_step(rollout: Rollout, cells: int, lines: int) -> list[list[Span]]:
    cause = rollout.causes[0] if rollout.causes else None
    if rollout.hold is not None and rollout.hold.repair is not None:
        head, text = Span("  C ", "key"), Span(rollout.hold.remedy)
    elif cause is not None and cause.try_next:
        head, text = Span("  try ", "key"), Span(cause.try_next)
    else:
        head, text = Span(f"  {rollout.speaker} ", "dim"), Span(clean(rollout.verdict.line.removesuffix("...")), "dim")
    indent = width([head])
    first, *more = wrap(text.text, max(1, cells - indent), lines) or [""]
    return [
        shorten([head, text._replace(text=first)], cells),
        *([Span(" " * indent), text._replace(text=part)] for part in more),
    ]


def _serving(rollout: Rollout) -> list[str]:
    """How many pods serve, if that is fewer than the strategy guarantees."""
    if harm(rollout) is Harm.NONE:
        return []
    numbers = rollout.progress
    return [f"{numbers.available} of {count(numbers.desired, 'pod')} {'serves' if numbers.desired == 1 else 'serve'}"]


def _at_rest(rollout: Rollout) -> str:
    numbers = rollout.progress
    if rollout.phase is Phase.SCALED_TO_ZERO:
        return "no pods are desired"
    cause = f", {clean(rollout.change_cause)}" if rollout.change_cause else ""
    return f"revision {rollout.revision}, {clean(rollout.image)}, {numbers.ready} of {numbers.desired} ready{cause}"
