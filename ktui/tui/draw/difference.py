"""The lines that show what differs between two objects: by field, or as YAML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from ktui.rollout.diff.fields import Change, Kind
from ktui.text import clean
from ktui.tui.draw.widgets import Span, chopped, width, wrap

if TYPE_CHECKING:
    from ktui.rollout.diff.templates import DiffLine

Lines = list[list[Span]]

_KINDS: Final = {Kind.ADDED: ("+", "add"), Kind.REMOVED: ("-", "remove"), Kind.CHANGED: ("~", "warn")}
_SIGNS: Final = {"+": "add", "-": "remove", " ": "dim", "@": "head"}


def bullet(sign: str, text: str, room: int, style: str) -> Lines:
    """A sentence behind a sign, on at most four lines."""
    first, *more = wrap(clean(text), room - 2, 4) or [""]
    return [[Span(f"{sign} ".rjust(2), style), Span(first, style)], *([Span(f"  {part}", style)] for part in more)]


def fields(changes: Sequence[Change], room: int) -> Lines:
    """What came, what went, what became of the rest; a value that does not fit beside its path stands below it."""
    lines: Lines = []
    for change in changes:
        sign, style = _KINDS[change.kind]
        value = f"{change.before} → {change.after}" if change.kind is Kind.CHANGED else change.after or change.before
        start = [Span(f"{sign} ", style), Span(f"{change.path}: ", "dim")]
        if width(start) + cell_len(value) <= room:
            lines.append([*start, Span(value, style)])
            continue
        lines += [[Span(f"{sign} ", style), Span(part, "dim")] for part in chopped(f"{change.path}:", room - 2)]
        lines += [[Span(f"    {part}", style)] for part in wrap(value, room - 4, 6)]
    return lines


def as_yaml(shown: Sequence[DiffLine], room: int) -> Lines:
    """Unified YAML. No line is cut: a difference may be at its end."""
    lines: Lines = []
    for line in shown:
        sign, style = line.sign.replace("@", " "), _SIGNS[line.sign]
        if line.sign == "@" and lines:
            lines.append([])
        for part in chopped(line.text, max(8, room - 2)):
            lines.append([Span(f"{sign} ", style), Span(part, style)])
    return lines
