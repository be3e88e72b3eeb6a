"""The colours of states in every theme: the theme's own, made readable where they are not.

Themes come with an accent and with colours for errors and warnings, but not all of them can be read as text on the
theme's background, and none has six that can be told apart. The terminal's own colours (ansi themes) are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.color import Color
from textual.theme import BUILTIN_THEMES

THEMES: Final = frozenset(BUILTIN_THEMES)
"""The names of the themes."""

_READABLE: Final = 4.5
"""The contrast that text needs (WCAG 2.1, level AA)."""

_ANSI: Final = {
    "failed": "ansi_bright_red",
    "stalled": "ansi_bright_yellow",
    "progressing": "ansi_bright_blue",
    "held": "ansi_bright_magenta",
    "paused": "ansi_bright_cyan",
    "complete": "ansi_green",
    "old": "ansi_blue",
    "rest": "ansi_green",
    "dim": "ansi_bright_black",
    "off": "ansi_bright_black",
    # No colour of a terminal is sure to go with all the others as a background.
    "cursor-row": "ansi_default",
    "cursor-text": "bold underline",
}


def shades(variables: Mapping[str, str], *, ansi: bool) -> dict[str, str]:
    """CSS variables for the states, from those of a theme."""
    if ansi:
        return dict(_ANSI)
    background, foreground = Color.parse(variables["background"]), Color.parse(variables["foreground"])
    row = background.blend(foreground, 0.16)
    named = {
        "failed": Color.parse(variables["error"]),
        "stalled": Color.parse(variables["warning"]),
        "progressing": Color.parse(variables["primary"]),
        "held": Color.parse("#b06fd8"),
        "paused": Color.parse("#2aa6b8"),
        "complete": Color.parse(variables["success"]),
        "old": Color.parse(variables["primary"]),
    }
    shown = {name: _readable(colour, row, foreground).hex for name, colour in named.items()}
    shown["dim"] = _readable(background.blend(foreground, 0.55), row, foreground).hex
    shown["off"] = background.blend(foreground, 0.42).hex
    shown["rest"] = background.blend(named["complete"], 0.45).hex
    shown["cursor-row"] = row.hex
    shown["cursor-text"] = "bold"
    return shown


def _readable(colour: Color, background: Color, foreground: Color) -> Color:
    """That colour, moved towards the text colour only as far as reading it on that background asks for."""
    for step in range(11):
        shade = colour.blend(foreground, step / 10)
        if _contrast(shade, background) >= _READABLE:
            return shade
    return foreground


def _contrast(one: Color, other: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    """Relative luminance (WCAG 2.1)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
