"""Several screens as one animated SVG: rows that recur are kept once, frames stand side by side and are shown in turn.

It needs no script and no font of its own, so that it moves wherever an image may: in a README on GitHub and PyPI too.
Every run of text is stretched to its cells, so that columns stay aligned in whatever monospaced font a browser has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from itertools import accumulate
from typing import Final, NamedTuple

from rich.color import blend_rgb
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from textual.strip import Strip

CELL: Final = 8.4
LINE: Final = 18
_BASE: Final = 13.5
"""Where letters stand in a line, from its top."""
_MARGIN: Final = 10
_HEAD: Final = 34
"""Height of the window's title bar."""

_FONTS: Final = "ui-monospace,'Cascadia Mono','SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"


class Frame(NamedTuple):
    """A screen, and how many seconds it is shown."""

    strips: Sequence[Strip]
    seconds: float


class _Look(NamedTuple):
    ink: str
    ground: str
    is_bold: bool
    is_underlined: bool


def animated(frames: Sequence[Frame], title: str, *, still: int) -> str:
    """All frames as one SVG that repeats; `still` is the one that is shown to who wants less motion."""
    columns = max(strip.cell_length for frame in frames for strip in frame.strips)
    lines = max(len(frame.strips) for frame in frames)
    width, height = round(columns * CELL), lines * LINE
    rows: dict[str, str] = {}
    classes: dict[str, str] = {}
    pictures: list[str] = []
    ground = _commonest_ground(frames[0].strips)
    for number, frame in enumerate(frames):
        used = []
        for y, strip in enumerate(frame.strips):
            drawn = _row(strip, ground, classes)
            if drawn:
                name = rows.setdefault(drawn, f"r{len(rows)}")
                used.append(f'<use href="#{name}" y="{y * LINE}"/>')
        pictures.append(f'<g transform="translate({number * width})">{"".join(used)}</g>')
    whole = sum(frame.seconds for frame in frames)
    begins = [0.0, *accumulate(frame.seconds for frame in frames)][:-1]
    steps = "".join(
        f"{100 * begin / whole:.3f}%{{transform:translateX({-number * width}px)}}"
        for number, begin in enumerate(begins)
    )
    outer_width, outer_height = width + 2 * _MARGIN, height + _HEAD + _MARGIN
    styles = "".join(f".{name}{{{rule}}}" for rule, name in classes.items())
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {outer_width} {outer_height}" '
            f'width="{outer_width}" height="{outer_height}" role="img" aria-label="{escape(title)}">',
            f"<style>text{{font:14px {_FONTS};white-space:pre}}rect{{shape-rendering:crispEdges}}{styles}"
            f"@keyframes film{{{steps}}}.film{{animation:film {whole:.2f}s step-end infinite}}"
            f"@media (prefers-reduced-motion:reduce){{.film{{animation:none;"
            f"transform:translateX({-still * width}px)}}}}</style>",
            "<defs>",
            *(f'<g id="{name}">{drawn}</g>' for drawn, name in rows.items()),
            "</defs>",
            f'<rect width="{outer_width}" height="{outer_height}" rx="8" fill="{ground}"/>',
            *(
                f'<circle cx="{20 + 20 * number}" cy="17" r="6" fill="{colour}"/>'
                for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
            ),
            f'<svg x="{_MARGIN}" y="{_HEAD}" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
            '<g class="film">',
            *pictures,
            "</g></svg></svg>",
            "",
        )
    )


def _commonest_ground(strips: Iterable[Strip]) -> str:
    cells: Counter[str] = Counter()
    for segment in (segment for strip in strips for segment in strip):
        cells[_look(segment.style).ground] += segment.cell_length
    return cells.most_common(1)[0][0]


def _row(strip: Strip, ground: str, classes: dict[str, str]) -> str:
    """One line: what lies behind its text, then the text, without the blanks at its ends."""
    behind, texts = [], []
    at = 0
    for segment in strip.simplify():
        cells, look = segment.cell_length, _look(segment.style)
        if look.ground != ground:
            behind.append(
                f'<rect x="{at * CELL:.1f}" width="{cells * CELL:.1f}" height="{LINE}" fill="{look.ground}"/>'
            )
        text = segment.text.strip(" ")
        if text:
            start = at + len(segment.text) - len(segment.text.lstrip(" "))
            long = Segment(text).cell_length * CELL
            texts.append(
                f'<text x="{start * CELL:.1f}" y="{_BASE}" textLength="{long:.1f}" lengthAdjust="spacingAndGlyphs" '
                f'class="{_class(look, classes)}">{escape(text, quote=False)}</text>'
            )
        at += cells
    return "".join([*behind, *texts])


def _class(look: _Look, classes: dict[str, str]) -> str:
    rule = f"fill:{look.ink}"
    if look.is_bold:
        rule += ";font-weight:bold"
    if look.is_underlined:
        rule += ";text-decoration:underline"
    return classes.setdefault(rule, f"c{len(classes)}")


def _look(style: Style | None) -> _Look:
    style = style or Style.null()
    theme = SVG_EXPORT_THEME
    ink = style.color.get_truecolor(theme) if style.color is not None else theme.foreground_color
    ground = (
        style.bgcolor.get_truecolor(theme, foreground=False) if style.bgcolor is not None else theme.background_color
    )
    if style.reverse:
        ink, ground = ground, ink
    if style.dim:
        ink = blend_rgb(ink, ground, 0.4)
    return _Look(_hex(ink), _hex(ground), bool(style.bold), bool(style.underline))


def _hex(colour: ColorTriplet) -> str:
    return colour.hex
