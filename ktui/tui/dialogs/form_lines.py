"""What a form asks for, what is said of what was filled in, and the lines that show both. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len

from ktui import signs
from ktui.text import clean
from ktui.tui.draw.widgets import Line, Span, cut_front, fit, width, wrap

Values = Mapping[str, str]
"""What is filled in, by the names of the fields."""

INDENT: Final = 2
"""Cells in front of everything in a form: where the field has its pointer that the keys go to."""

_GAP: Final = "  "
_LEAST_VALUE: Final = 16
"""Cells of a value below which what is shown beside it is left out."""

MOST_OFFERED: Final = 5
"""Values that a field offers in sight at a time."""


class Offered(NamedTuple):
    """A value to take instead of typing one. `before` and `after` are what is shown beside it.

    If there is no room for both, what comes last stays.
    """

    value: str
    before: str = ""
    after: Sequence[Span] = ()


class Entry(NamedTuple):
    """A line to type in.

    All of the value is selected at first, and gone with the next key, but for the first `kept` characters.
    """

    name: str
    label: str
    value: str
    hint: str = ""
    kept: int = 0
    offered: Sequence[Offered] = ()


class Choice(NamedTuple):
    """One of a few, all in sight."""

    name: str
    label: str
    value: str
    options: Sequence[str]
    hint: str = ""


FormField = Entry | Choice


class Reading(NamedTuple):
    """What is said of the values, each by the name of its field: what is wrong, else what it comes to."""

    wrong: Mapping[str, str] = {}
    notes: Mapping[str, Span] = {}
    options: Mapping[str, Mapping[str, str]] = {}
    """What each option of a choice means now."""


Read = Callable[[Values], Reading]
"""Reads the values, as a pure function. They are taken if nothing is wrong."""


def label(field: FormField, room: int, *, is_focused: bool) -> list[Line]:
    """What is asked for; how to say it beside that, if there is room for all of it."""
    pointer = Span(f"{signs.POINTER} " if is_focused else "  ", "key")
    first, *more = wrap(clean(field.label), room - INDENT, 3)
    line = [pointer, Span(first, "strong")]
    if field.hint and not more and INDENT + cell_len(first) + 2 + cell_len(field.hint) <= room:
        line += [Span("  "), Span(field.hint, "dim")]
    return [line, *([Span("  "), Span(part, "strong")] for part in more)]


def options(field: Choice, index: int, chosen: str, meanings: Mapping[str, str], room: int) -> list[Line]:
    """Each option with what it means now; a click chooses it. `index` is the field's place in the form."""
    lines: list[Line] = []
    names = max(cell_len(option) for option in field.options)
    for option in field.options:
        is_chosen, action = option == chosen, f"screen.choose_option({index}, {option!r})"
        sign = Span(f"  {signs.DISC if is_chosen else signs.RING} ", "key" if is_chosen else "dim", action)
        name = Span(f"{fit(option, names)}  ", "strong" if is_chosen else "dim", action)
        taken = cell_len(sign.text) + cell_len(name.text)
        first, *more = wrap(clean(meanings.get(option, "")), max(8, room - taken), 3)
        style = "" if is_chosen else "dim"
        lines.append([sign, name, Span(first, style, action)])
        lines += [[Span(" " * taken), Span(part, style, action)] for part in more]
    return lines


def offers(field: Entry, index: int, chosen: int | None, room: int) -> list[Line]:
    """The values that a field offers, around the one that is chosen; a click takes one."""
    if not field.offered:
        return []
    first = min(max(0, (chosen or 0) - MOST_OFFERED // 2), max(0, len(field.offered) - MOST_OFFERED))
    shown = range(first, min(first + MOST_OFFERED, len(field.offered)))
    before = max(cell_len(field.offered[at].before) for at in shown)
    beside = [list(field.offered[at].after) for at in shown]
    longest = max(cell_len(field.offered[at].value) for at in shown)

    def left() -> int:
        taken = (before + len(_GAP) if before else 0) + len(_GAP) + max(map(width, beside))
        return room - 2 * INDENT - taken

    while left() < min(longest, _LEAST_VALUE) and any(len(spans) > 1 for spans in beside):
        beside = [spans[1:] if len(spans) > 1 else spans for spans in beside]
    if left() < min(longest, _LEAST_VALUE):
        before = 0
    cells = max(1, min(longest, left()))
    lines: list[Line] = []
    for at, after in zip(shown, beside, strict=True):
        offered, action = field.offered[at], f"screen.take_offered({index}, {at})"
        is_chosen = at == chosen
        # The tag is what differs, so an image is cut in front.
        value = fit(cut_front(clean(offered.value), cells), cells)
        lines.append(
            [
                Span(f"  {signs.POINTER if is_chosen else ' '} ", "key", action),
                Span(f"{fit(offered.before, before, right=True)}{_GAP}" if before else "", "dim", action),
                Span(f"{value}{_GAP}", "strong" if is_chosen else "", action),
                *(span._replace(action=action) for span in after),
            ]
        )
    hidden = len(field.offered) - len(shown)
    return [*lines, *([[Span(f"      +{hidden} more", "dim")]] if hidden else [])]


def said(sentence: Span | None, room: int) -> list[Line]:
    """A sentence below a field, in full; nothing of it is cut."""
    if sentence is None or not sentence.text:
        return []
    return [[Span("  "), Span(part, sentence.style)] for part in wrap(clean(sentence.text), max(8, room - INDENT), 6)]
