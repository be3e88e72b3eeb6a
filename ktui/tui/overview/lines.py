"""The lines of the overview: pure functions from rollouts to spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from rich.cells import cell_len

from ktui import signs
from ktui.rollout.order import Harm, harm
from ktui.rollout.progress import Progress
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import age, clean, count
from ktui.tui.draw import glyphs
from ktui.tui.draw.widgets import Span, cut_front, fit, shorten, width, wrap

_LEAST_WHY: Final = 22
"""The cells that WHY keeps before another column goes."""
_MOST_NAME: Final = 34
_MOST_IMAGE: Final = 26
_LEAST_IMAGE: Final = 12
"""The cells that IMAGE gives up first, down to these."""
_GAP: Final = "  "
_BETWEEN: Final = Span(_GAP)
_GUARDED: Final = "auto-abort · "

DOWN: Final = signs.DOWN
"""The glyph of rollouts of which no pod is available."""

SORTS: Final[dict[str, str]] = {
    "worst": "worst first",
    "name": "by name",
    "newest": "latest change first",
    "progress": "least done first",
}
"""The orders of the overview, by key, and how the screen calls them."""


class Columns(NamedTuple):
    """How wide each column is; 0 leaves it out."""

    namespace: int
    name: int
    phase: int
    bar: int
    share: int
    ready: int
    revision: int
    image: int
    since: int
    why: int


def columns(rollouts: Iterable[Rollout], cells: int) -> Columns:
    """Fit the columns into so many cells.

    If it is tight, IMAGE gets narrower first. Then they go in this order: REV, NEW, IMAGE, FOR, NAMESPACE (if all are
    in one); the bar gets shorter, and WHY is the last to give way. READY always stays: it says who serves.
    """
    rows = list(rollouts)
    namespaces = {row.namespace for row in rows}
    longest = max((cell_len(row.name) for row in rows), default=0)
    image = max((cell_len(row.image) for row in rows), default=0)
    numbers = [row.progress for row in rows]
    digits = max((len(str(n.desired)) for n in numbers), default=1)
    counts = max(5, 2 * digits + 1)
    fitted = Columns(
        namespace=min(20, max(9, *(cell_len(name) for name in namespaces))) if rows else 9,
        name=min(_MOST_NAME, max(8, longest)),
        phase=13,
        bar=24 if cells >= 150 else 16,
        share=counts,
        ready=counts,
        revision=4,
        image=min(_MOST_IMAGE, max(5, image)),
        since=5,
        why=0,
    )
    if _rest(fitted, cells) < _LEAST_WHY:
        missing = _LEAST_WHY - _rest(fitted, cells)
        fitted = fitted._replace(image=max(min(fitted.image, _LEAST_IMAGE), fitted.image - missing))
    for column in ("revision", "share", "image", "since", "namespace"):
        if column == "namespace" and len(namespaces) > 1:
            continue
        if _rest(fitted, cells) >= _LEAST_WHY:
            break
        fitted = fitted._replace(**{column: 0})
    for smaller in ({"bar": 10}, {"name": min(fitted.name, 20)}, {"namespace": min(fitted.namespace, 10)}):
        if _rest(fitted, cells) < _LEAST_WHY:
            fitted = fitted._replace(**smaller)
    return fitted._replace(why=max(0, _rest(fitted, cells)))


def _rest(fitted: Columns, cells: int) -> int:
    used = [column for column in fitted if column]
    return cells - 2 - sum(used) - len(_GAP) * len(used)


def heading(fitted: Columns) -> list[Span]:
    """The names of the columns."""
    names = ("NAMESPACE", "ROLLOUT", "PHASE", f"NEW {signs.BORDER} OLD", "NEW", "READY", "REV", "IMAGE", "FOR", "WHY")
    right = {"NEW", "READY", "REV", "FOR"}
    cells = [fit(name, size, right=name in right) for name, size in zip(names, fitted, strict=True) if size]
    return [Span("  " + _GAP.join(cells), "head")]


def row(
    rollout: Rollout,
    fitted: Columns,
    now: datetime,
    pending: str = "",
    *,
    is_chosen: bool = False,
    is_marked: bool = False,
    is_guarded: bool = False,
) -> list[Span]:
    """One rollout. `pending` is an action that was sent and that the cluster has not reported yet."""
    numbers, style = rollout.progress, glyphs.PHASES[rollout.phase][2]
    settled = rollout.phase in (Phase.COMPLETE, Phase.SCALED_TO_ZERO)
    quiet = "dim" if settled else ""
    spans: list[Span] = [Span((signs.POINTER if is_chosen else " ") + (signs.CHECK if is_marked else " "), "key")]

    def add(cells: int, text: str, style: str, *, right: bool = False) -> None:
        if cells:
            spans.extend((Span(fit(text, cells, right=right), style), _BETWEEN))

    add(fitted.namespace, rollout.namespace, "dim")
    add(fitted.name, rollout.label, "" if settled else "strong")
    add(fitted.phase, *((f"… {pending}", "warn") if pending else glyphs.phase(rollout.phase)[:2]))
    if fitted.bar:
        spans.extend([*glyphs.bar(numbers, fitted.bar, is_settled=settled), _BETWEEN])
    add(fitted.share, f"{numbers.new.existing}/{numbers.desired}", quiet, right=True)
    add(fitted.ready, f"{numbers.ready}/{numbers.desired}", _readiness(numbers) or quiet, right=True)
    add(fitted.revision, str(rollout.revision or "-"), quiet, right=True)
    add(fitted.image, _tail(clean(rollout.image), fitted.image), quiet)
    add(fitted.since, age(rollout.since, now), "dim", right=True)
    guarded = _GUARDED if is_guarded and fitted.why > len(_GUARDED) else ""
    if guarded:
        spans.append(Span(guarded, "warn"))
    style = style if rollout.phase in (Phase.FAILED, Phase.STALLED) else "dim"
    add(fitted.why - len(guarded), rollout.why, style)
    return spans


def _readiness(numbers: Progress) -> str:
    """The style of READY: nothing serves, fewer than desired, or neither."""
    if numbers.ready >= numbers.desired:
        return ""
    return "warn" if numbers.ready else "failed"


def _tail(image: str, cells: int) -> str:
    """An image in so many cells: the tag is what tells two apart, so it is the beginning that gives way."""
    return cut_front(image, cells)


def totals(rollouts: Iterable[Rollout], cells: int) -> list[Span]:
    """How many rollouts are down, and how many are in each phase, the worst first. Phases without any are left out.

    If there is no room for all the words, the glyphs stand alone: every row repeats them beside the word.
    """
    found = list(rollouts)
    numbers = Counter(rollout.phase for rollout in found)
    down = sum(harm(rollout) is Harm.DOWN for rollout in found)
    chips = [(down, DOWN, "down", "failed")] if down else []
    chips += [(numbers[phase], *glyphs.PHASES[phase]) for phase in glyphs.PHASES if numbers[phase]]
    for gap, with_words in (("   ", True), ("  ", True), ("  ", False)):
        spans: list[Span] = []
        for number, glyph, word, style in chips:
            text = f"{glyph} {number} {word}" if with_words else f"{glyph} {number}"
            spans.extend([Span(text, style), Span(gap)])
        if width(spans[:-1]) <= cells:
            break
    return spans[:-1]


def explanation(rollout: Rollout | None, cells: int, lines: int) -> list[list[Span]]:
    """About the rollout under the cursor: what is going on in full, and what to try, or kubectl's verdict.

    As many lines as the text needs, at least 2 and at most `lines`; what to try has the last one of them.
    """
    if rollout is None:
        return [[], []]
    style = glyphs.PHASES[rollout.phase][2]
    glyph = glyphs.PHASES[rollout.phase][0]
    title = f"{rollout.namespace}/{rollout.label}  "
    head = [Span(f"{glyph} ", style), Span(title, "strong")]
    indent = 2 if lines > 2 else width(head)
    why = [*_serving(rollout), rollout.why or _at_rest(rollout)]
    if rollout.serving:
        why.append(rollout.serving)
    text = "; ".join(filter(None, why))
    parts = wrap(f"{' ' * (width(head) - indent)}{text}", max(1, cells - indent), max(1, lines - 1))
    first = [*head, Span(parts[0].lstrip() if parts else "")]
    more = [[Span(" " * indent + part)] for part in parts[1:]]
    return [shorten(first, cells), *more, shorten(_next_step(rollout), cells)]


def _next_step(rollout: Rollout) -> list[Span]:
    cause = rollout.causes[0] if rollout.causes else None
    if rollout.hold is not None and rollout.hold.repair is not None:
        return [Span("  c ", "key"), Span(rollout.hold.remedy)]
    if cause is not None and cause.try_next:
        return [Span("  try ", "key"), Span(cause.try_next)]
    return [Span("  kubectl ", "dim"), Span(clean(rollout.verdict.line), "dim")]


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


def matches(rollout: Rollout, words: Sequence[str]) -> bool:
    """Whether every word of the filter stands somewhere in what the row says."""
    text = f"{rollout.namespace}/{rollout.label} {rollout.phase} {rollout.image} {rollout.why}".lower()
    return all(word in text for word in words)


def best_match(rollouts: Iterable[Rollout], words: Sequence[str]) -> Rollout | None:
    """The rollout that somebody who typed these words most likely means: by its name rather than by its image.

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
