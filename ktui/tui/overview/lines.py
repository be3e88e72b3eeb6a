"""The lines of the overview: pure functions from rollouts to spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from ktui import signs
from ktui.rollout.order import Harm, harm
from ktui.rollout.progress import Progress
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import age, clean, count
from ktui.tui.draw import glyphs
from ktui.tui.draw.widgets import Span, cut_front, fit, shorten, width, wrap
from ktui.tui.overview.columns import GAP, Columns
from ktui.tui.overview.measures import Measure

if TYPE_CHECKING:
    from ktui.tui.draw.marks import Mark

_BETWEEN: Final = Span(GAP)
_MOST_WHY: Final = 4
"""The lines of a row at most."""
_GUARDED: Final = "auto-abort · "
_FOLLOWED: Final = "followed"

DOWN: Final = signs.DOWN
"""The glyph of rollouts of which no pod is available."""

TROUBLE: Final = "not complete"
"""What rows are limited to by the key for trouble, as the screen calls it."""

_AT_REST: Final = (Phase.READING, Phase.COMPLETE, Phase.SCALED_TO_ZERO)

SORTS: Final[dict[str, str]] = {
    "worst": "worst first",
    "name": "by name",
    "newest": "latest change first",
    "progress": "least done first",
}
"""The orders of the overview, by key, and how the screen calls them."""


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
    settled = rollout.phase in _AT_REST
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


def belongs(rollout: Rollout, only: str) -> bool:
    """Whether it is one of those that a chip stands for, or has trouble; empty is all."""
    if only == TROUBLE:
        return harm(rollout) is not Harm.NONE or rollout.phase not in _AT_REST
    if only == "down":
        return harm(rollout) is Harm.DOWN
    return only in ("", glyphs.PHASES[rollout.phase][1])


def matches(rollout: Rollout, words: Sequence[str]) -> bool:
    """Whether every word of the filter stands somewhere in what the row says."""
    if not words:
        return True
    text = f"{rollout.namespace}/{rollout.label} {rollout.phase} {rollout.image} {rollout.why}".lower()
    return all(word in text for word in words)


def best_match(rollouts: Iterable[Rollout], words: Sequence[str]) -> Rollout | None:
    """The rollout that someone who typed these words most likely means: by its name rather than by its image.

    Names that are the words, that begin with one, and that hold one, in this order; then the first of all.
    """

    def distance(rollout: Rollout) -> int:
        names = (rollout.name.lower(), rollout.label.lower(), f"{rollout.namespace}/{rollout.label}".lower())
        tests: tuple[Callable[[str, str], bool], ...] = (str.__eq__, str.startswith, str.__contains__)
        return next((place for place, test in enumerate(tests) if any(test(n, w) for n in names for w in words)), 3)

    return min(rollouts, key=distance, default=None)


def ordered(rollouts: Iterable[Rollout], sort: str) -> list[Rollout]:
    """Sorted by one of `SORTS` but the first. Ties go by namespace and name, so that rows do not dance."""
    keys: dict[str, Callable[[Rollout], float]] = {
        "name": lambda _: 0,
        "newest": lambda rollout: -_last_change(rollout),
        "progress": lambda rollout: rollout.progress.share,
    }
    key = keys[sort]
    return sorted(rollouts, key=lambda rollout: (key(rollout), rollout.namespace, rollout.name))


def _last_change(rollout: Rollout) -> float:
    moment = rollout.started or rollout.since
    return moment.timestamp() if moment is not None else 0.0
