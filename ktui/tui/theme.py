"""The colours of states in every theme: six fixed hues, as light or dark as the theme's background needs.

A theme's own colours for errors and warnings often cannot be read as text on its background, or look alike. So each
state has its own hue, and takes the theme's shade of it if the theme has one. Only the lightness is adjusted until
the contrast suffices: hue and chroma are what tells one state from another. The terminal's own colours (ansi themes)
are left alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from textual.color import Color, Lab, lab_to_rgb, rgb_to_lab
from textual.theme import BUILTIN_THEMES

THEMES: Final = frozenset(BUILTIN_THEMES)
"""The names of the themes."""

STATES: Final = ("failed", "stalled", "progressing", "held", "paused", "complete")
"""The states that are distinguished by colour, as well as by glyph and word."""

_READABLE: Final = 4.5
"""The contrast that text needs on the background (WCAG 2.1, level AA)."""

_READABLE_BOLD: Final = 3.0
"""The contrast that bold text needs on the row of the cursor (the same, for large text)."""


class Shade(NamedTuple):
    """A colour as CIE LCh: lightness 0 to 100, chroma from 0 (grey) to about 130, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    @classmethod
    def of(cls, colour: Color) -> Shade:
        """The shade of a colour."""
        lightness, a, b = rgb_to_lab(colour)
        return cls(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)

    @property
    def colour(self) -> Color:
        """The nearest colour that a screen can show: with as much of the chroma as that can have."""
        for part in range(20, -1, -1):
            chroma, angle = self.chroma * part / 20, math.radians(self.hue)
            colour = lab_to_rgb(Lab(self.lightness, chroma * math.cos(angle), chroma * math.sin(angle)))
            if all(-1 <= channel <= 256 for channel in colour.rgb):
                return colour.clamped
        return Color(0, 0, 0) if self.lightness < 50 else Color(255, 255, 255)


_HUES: Final[Mapping[str, Shade]] = {
    "failed": Shade(58, 82, 32),
    "stalled": Shade(74, 62, 72),
    "progressing": Shade(62, 46, 268),
    "held": Shade(58, 58, 318),
    "paused": Shade(68, 38, 212),
    "complete": Shade(66, 58, 140),
}
"""The shade of each state, if the theme has none that is close to its hue and colourful enough."""

_OWN: Final = {"failed": "error", "stalled": "warning", "progressing": "primary", "complete": "success"}
"""The theme's own colour for a state."""

_SAME_HUE: Final = 24
"""Degrees by which a theme's own colour may differ from the hue of the state."""

_COLOURFUL: Final = 0.8
"""The share of the state's chroma that a theme's own colour must have. None of the others has more than it."""

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
    "failed-text": "bold",
    "stalled-text": "bold",
    "rest-text": "dim",
    "dim-text": "none",
}

_NO_COLOUR: Final = _ANSI | {
    # Without colours, weight has to say what matters: the worst stands out, and what matters least steps back.
    "failed-text": "bold reverse",
    "stalled-text": "bold underline",
    "dim-text": "dim",
    "cursor-text": "bold underline",
}


def state_colours(variables: Mapping[str, str], *, ansi: bool, no_colour: bool = False) -> dict[str, str]:
    """CSS variables for the states, from those of a theme."""
    if ansi or no_colour:
        return dict(_NO_COLOUR if no_colour else _ANSI)
    background, foreground = Color.parse(variables["background"]), Color.parse(variables["foreground"])
    row = background.blend(foreground, 0.16)
    shown = {"failed": _readable(_shade("failed", variables), background, row).hex}
    # The lightness that a background needs limits how colourful red can be. No lesser state is more colourful.
    most = Shade.of(Color.parse(shown["failed"])).chroma
    for state in STATES[1:]:
        shade = _shade(state, variables)
        shown[state] = _readable(shade._replace(chroma=min(shade.chroma, most)), background, row).hex
    shown["old"] = shown["progressing"]
    shown["dim"] = _readable(Shade.of(background.blend(foreground, 0.55)), background, row).hex
    shown["off"] = background.blend(foreground, 0.42).hex
    shown["rest"] = background.blend(Color.parse(shown["complete"]), 0.45).hex
    shown["cursor-row"] = row.hex
    shown["cursor-text"] = "bold"
    return {**shown, "failed-text": "bold", "stalled-text": "bold", "rest-text": "none", "dim-text": "none"}


def terminal_theme(color_system: str | None, *, no_colour: bool, colorfgbg: str) -> str:
    """The theme that suits a terminal which cannot show the others; empty if it can.

    `color_system` is rich's name for what the terminal can show. `colorfgbg` is the variable COLORFGBG, by which some
    terminals tell their colours (`15;0`); the last number is the background.
    """
    if not no_colour and color_system not in (None, "standard"):
        return ""
    return "ansi-light" if colorfgbg.rpartition(";")[2] in ("7", "15") else "ansi-dark"


def _shade(state: str, variables: Mapping[str, str]) -> Shade:
    """The theme's own shade of the state's hue, if it has one; the state's otherwise."""
    wanted = _HUES[state]
    if state not in _OWN:
        return wanted
    own = Shade.of(Color.parse(variables[_OWN[state]]))
    away = abs((own.hue - wanted.hue + 180) % 360 - 180)
    if away > _SAME_HUE or own.chroma < _COLOURFUL * wanted.chroma:
        return wanted
    return own._replace(chroma=own.chroma if state == "failed" else min(own.chroma, wanted.chroma))


def _readable(shade: Shade, background: Color, row: Color) -> Color:
    """That shade, made lighter or darker only as far as reading it on the background and on that row needs."""
    step = 1 if _luminance(background) < 0.18 else -1
    lightness = shade.lightness
    while 0 < lightness < 100:
        colour = shade._replace(lightness=lightness).colour
        if contrast(colour, background) >= _READABLE and contrast(colour, row) >= _READABLE_BOLD:
            return colour
        lightness += step
    return Color(255, 255, 255) if step > 0 else Color(0, 0, 0)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    """Relative luminance (WCAG 2.1)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
