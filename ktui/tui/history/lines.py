"""The lines of the history screen: pure functions from a history to spans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import cell_len

from ktui import signs
from ktui.rollout.history import History, PastRevision, Writer, by_whom
from ktui.rollout.track_record import BAD_OUTCOMES
from ktui.text import age, duration, local_time
from ktui.tui.draw.difference import Lines, as_yaml, bullet, fields
from ktui.tui.draw.widgets import Line, Span, chopped, cut_front, fit, shorten, width, wrap

if TYPE_CHECKING:
    from ktui.rollout.diff.templates import DiffLine, TemplateDiff

_GAP: Final = "  "
_SIGNS: Final = 4
"""Cells of the cursor and the sign of a revision."""
_STATE: Final = len("live  ")
_OUTCOME: Final = len("complete")
_TOOK: Final = 5
_UNKNOWN: Final = "–"
"""What stands for an outcome, or a length of time, that nothing tells."""
_BETWEEN: Final = " · "
_LEAST_CAUSE: Final = 10
"""Cells below which a change-cause is not worth its column."""
_FAIR_CAUSE: Final = 18
"""Cells that a change-cause is left before who did it has a column."""


class Columns(NamedTuple):
    """How many cells each column has; 0 leaves it out."""

    revision: int
    images: int
    pods: int
    age: int
    outcome: int
    took: int
    owner: int
    cause: int


def columns(history: History, writer: Writer | None, now: datetime, room: int) -> Columns:
    """Columns as wide as what they show needs.

    If there is no room, who did it goes first, then how long it took, then the outcome (a bad one is shown in place of
    the state), then the cause.
    """
    rows = history.revisions
    revision = max([3, *(len(str(row.number)) for row in rows)])
    pods = max([4, *(len(_pods(row)) for row in rows)])
    ages = max([3, *(len(age(row.age_from, now)) for row in rows)])
    images = max([5, *(width(_images(row)) for row in rows)])
    owner = max((cell_len(by_whom(row, writer)) for row in rows), default=0)
    cause = max((cell_len(_cause(row)) for row in rows), default=0)
    taken = _SIGNS + revision + len(_GAP) + _STATE + pods + ages + 3 * len(_GAP)
    needed = len(_GAP) + min(cause, _FAIR_CAUSE) if cause else 0
    outcome = _OUTCOME if room - taken - _OUTCOME - len(_GAP) >= min(images, 12) + needed else 0
    taken += outcome + len(_GAP) if outcome else len("failed") - len("live")
    took = _TOOK if room - taken - _TOOK - len(_GAP) >= images + needed else 0
    taken += took + len(_GAP) if took else 0
    images = min(images, max(12, (room - taken) // 2 if cause or owner else room - taken))
    left = room - taken - images
    owner = min(owner, 16) if owner and left >= min(owner, 16) + len(_GAP) + needed else 0
    left -= owner + len(_GAP) if owner else 0
    cause = left - len(_GAP) if cause and left > _LEAST_CAUSE else 0
    return Columns(revision, images, pods, ages, outcome, took, owner, cause)


def heading(fitted: Columns) -> list[Span]:
    """What the columns are called; the first ones as kubectl calls them."""
    cells = [
        " " * _SIGNS,
        fit("REV", fitted.revision, right=True) + _GAP,
        " " * _state_cells(fitted),
        fit("OUTCOME", fitted.outcome) + _GAP if fitted.outcome else "",
        fit("IMAGE", fitted.images) + _GAP,
        fit("PODS", fitted.pods, right=True) + _GAP,
        fit("AGE", fitted.age, right=True),
        _GAP + fit("TOOK", fitted.took, right=True) if fitted.took else "",
        _GAP + fit("BY", fitted.owner) if fitted.owner else "",
        _GAP + fit("CHANGE-CAUSE", fitted.cause) if fitted.cause else "",
    ]
    return [Span("".join(cells), "head")]


def _state_cells(fitted: Columns) -> int:
    return _STATE if fitted.outcome else len("failed") + len(_GAP)


def row(
    revision: PastRevision, writer: Writer | None, fitted: Columns, now: datetime, *, is_chosen: bool, is_marked: bool
) -> list[Span]:
    """One revision. New images stand out, and what is as it was before is quiet."""
    outcome = revision.outcome
    bad = outcome if outcome in BAD_OUTCOMES else ""
    glyph = (
        Span(f"{signs.DISC} ", "new")
        if revision.is_current
        else Span(f"{signs.CROSS} ", "failed")
        if bad
        else Span(f"{signs.RING} ", "dim")
    )
    # Without a column of its own, a bad outcome is worth more than where kubectl would go.
    mark = bad if not fitted.outcome else ""
    state = "live" if revision.is_current else mark or ("undo" if revision.is_undo else "")
    spans = [
        Span(f"{signs.POINTER} " if is_chosen else "  ", "key"),
        Span(f"{signs.DIAMOND} ", "held") if is_marked else glyph,
        Span(fit(str(revision.number), fitted.revision, right=True), "strong"),
        Span(_GAP + fit(state, _state_cells(fitted)), "good" if revision.is_current else "failed" if mark else "dim"),
        Span(fit(outcome or _UNKNOWN, fitted.outcome) + _GAP if fitted.outcome else "", "failed" if bad else "dim"),
        *_padded(_images(revision, fitted.images), fitted.images),
        Span(_GAP + fit(_pods(revision), fitted.pods, right=True), "" if revision.wanted else "dim"),
        Span(_GAP + fit(age(revision.age_from, now), fitted.age, right=True), "dim"),
    ]
    if fitted.took:
        text = duration(revision.took) if revision.took is not None else _UNKNOWN
        spans.append(Span(_GAP + fit(text, fitted.took, right=True), "dim"))
    if fitted.owner:
        spans.append(Span(_GAP + fit(by_whom(revision, writer), fitted.owner), "dim"))
    if fitted.cause:
        spans.append(Span(_GAP + fit(_cause(revision), fitted.cause), "dim" if revision.cause_is_stale else ""))
    return spans


def _images(revision: PastRevision, cells: int | None = None) -> list[Span]:
    """The images of the containers, and those of init containers where they are new; what is new comes first.

    Each is cut in front to fit into so many cells alone: its tag is what differs.
    """
    spans = [Span(f"{signs.AGAIN} restarted ", "dim")] if revision.restarted else []
    for image in sorted(revision.images, key=lambda image: not image.is_new):
        if not image.is_init or image.is_new:
            room = cells - width(spans) if cells is not None and len(spans) < 2 else cells
            shown = image.short if room is None else cut_front(image.short, room)
            spans += [Span(shown, "strong" if image.is_new else "dim"), Span(" ")]
    return spans[:-1]


def _padded(line: Line, cells: int) -> list[Span]:
    shown = shorten(line, cells)
    return [*shown, Span(" " * (cells - width(shown)))]


def _pods(revision: PastRevision) -> str:
    """Ready of wanted; of what is scaled down, how many are left."""
    if revision.wanted:
        return f"{revision.ready}/{revision.wanted}"
    return f"{revision.existing} left" if revision.existing else "-"


def _cause(revision: PastRevision) -> str:
    return f"stale: {revision.change_cause}" if revision.cause_is_stale else revision.change_cause


def destination(revision: PastRevision) -> str:
    """` to 4 (cart:4.9)`, as the key of a rollback says it."""
    images = sorted(revision.images, key=lambda image: not image.is_new)
    return f" to {revision.number}" + (f" ({images[0].short})" if images else "")


def facts(history: History, revision: PastRevision, writer: Writer | None, now: datetime) -> list[Span]:
    """What there is to know of one revision beside its template, in sentences; what matters most comes first."""
    account = revision.account
    spans = (
        [Span(account.sentence(revision.number, now), "failed")] if account.is_bad and not revision.is_current else []
    )
    spans += _roads_back(history, revision)
    if revision.cause_is_stale:
        spans.append(Span(f'change-cause "{revision.change_cause}" is that of the revision before: stale', "warn"))
    elif revision.change_cause:
        spans.append(Span(f'change-cause "{revision.change_cause}"'))
    if revision.deployed_by is not None:
        spans.append(Span(f"deployed by {revision.deployed_by.name}"))
    if revision.is_current and writer is not None:
        spans.append(Span(f"template last written by {_wrote(writer, now)}"))
    if revision.former:
        spans.append(Span(f"came back: it was revision {', '.join(map(str, revision.former))} before"))
    if revision.took is not None:
        spans.append(Span(f"rolled out in {duration(revision.took)}"))
    if revision.restarted:
        spans.append(Span(f"restarted at {revision.restarted}"))
    return [*spans, Span(f"{revision.name} {_made(revision)}")]


def _roads_back(history: History, revision: PastRevision) -> list[Span]:
    """What leads to this revision, and what is to be known of the live template beside its history."""
    spans = []
    if history.current is None and revision == history.revisions[0]:
        spans.append(Span("the live template is newer than every revision: it has not been rolled out yet", "warn"))
    if revision.is_undo:
        far = revision.number != history.back and history.current is None
        spans.append(
            Span("kubectl rollout undo leads here" + (", one too far back" if far else ""), "warn" if far else "")
        )
    return spans


def _made(revision: PastRevision) -> str:
    return f"made {local_time(revision.created):%Y-%m-%d %H:%M}" if revision.created is not None else "of unknown age"


def _wrote(writer: Writer, now: datetime) -> str:
    when = f" {age(writer.at, now)} ago" if writer.at is not None else ""
    return f"{writer.manager or 'an unnamed client'} ({writer.operation}){when}"


def paragraph(sentences: list[Span], room: int, most: int) -> Lines:
    """Sentences one after another on at most so many lines; each keeps its style."""
    lines: Lines = []
    for sentence in sentences:
        if lines and width(lines[-1]) + len(_BETWEEN) + cell_len(sentence.text) <= room:
            lines[-1] += [Span(_BETWEEN, "dim"), sentence]
        else:
            lines.append([sentence])
    return [shorten(line, room) for line in lines[:most]]


def listed(sentences: list[Span], room: int) -> Lines:
    """Sentences one below the other."""
    return [line for sentence in sentences for line in bullet("", sentence.text, room, sentence.style)]


def difference(found: TemplateDiff, yaml: Sequence[DiffLine] | None, room: int) -> Lines:
    """What differs: first in sentences; then by field, or as YAML where that is given and shows it."""
    if found.is_empty:
        return [[Span("These two templates are the same.", "dim")]]
    lines: Lines = []
    for note in found.notes:
        lines += bullet(signs.BULLET, note, room, "")
    if not found.changes:
        return [*lines, [Span("Nothing else differs.", "dim")]]
    body = as_yaml(yaml, room) if yaml else fields(found.changes, room)
    return [*lines, *([[]] if lines else []), *body]


def template(text: Sequence[str], room: int) -> Lines:
    """A whole template as YAML; no line is cut."""
    return [[Span(part)] for line in text for part in chopped(line, max(8, room))]


def problem(sentence: str, room: int) -> Lines:
    """Why there is nothing to be compared."""
    return [[Span(text, "failed")] for text in wrap(sentence, room, 4)] + [[Span("r asks again", "dim")]]
