"""State colours: readable in every theme, told apart by hue, and the worst state the most colourful."""

from __future__ import annotations

import itertools
import math

import pytest
from textual.color import Color, rgb_to_lab
from textual.theme import BUILTIN_THEMES

from ktui.tui.theme import STATES, Shade, contrast, state_colours, terminal_theme

COLOURED = sorted(name for name, theme in BUILTIN_THEMES.items() if not theme.ansi)

HUES = {"failed": 28, "stalled": 74, "progressing": 272, "held": 318, "paused": 212, "complete": 138}


def of_theme(name: str) -> dict[str, str]:
    variables = BUILTIN_THEMES[name].to_color_system().generate()
    return {**variables, **state_colours(variables, ansi=False)}


@pytest.mark.parametrize("name", COLOURED)
def test_no_two_states_look_alike(name: str) -> None:
    labs = {state: rgb_to_lab(Color.parse(of_theme(name)[state])) for state in STATES}
    nearest = min(math.dist(labs[one], labs[other]) for one, other in itertools.combinations(STATES, 2))
    assert nearest > 25, "CIE76; 10 is told apart at a glance"


@pytest.mark.parametrize("name", COLOURED)
def test_states_keep_their_hue_and_failed_is_the_most_colourful(name: str) -> None:
    shades = {state: Shade.of(Color.parse(of_theme(name)[state])) for state in STATES}
    for state, hue in HUES.items():
        away = abs((shades[state].hue - hue + 180) % 360 - 180)
        assert away < 25, f"{state} has the hue {shades[state].hue:.0f}"
        assert shades[state].chroma > 20, f"{state} is grey"
    assert max(shade.chroma for shade in shades.values()) <= shades["failed"].chroma + 1, "as 8-bit colours show it"


@pytest.mark.parametrize("name", COLOURED)
def test_states_can_be_read(name: str) -> None:
    colours = of_theme(name)
    for state in (*STATES, "dim"):
        ratio = contrast(Color.parse(colours["background"]), Color.parse(colours[state]))
        assert ratio >= 4.5, f"{state} on the background: {ratio:.1f}"
        ratio = contrast(Color.parse(colours["cursor-row"]), Color.parse(colours[state]))
        assert ratio >= 3.0, f"{state} on the row of the cursor: {ratio:.1f}"


@pytest.mark.parametrize(
    ("color_system", "no_colour", "colorfgbg", "theme"),
    [
        ("truecolor", False, "", ""),
        ("256", False, "", ""),
        ("standard", False, "", "ansi-dark"),
        ("standard", False, "15;0", "ansi-dark"),
        ("standard", False, "0;15", "ansi-light"),
        (None, False, "", "ansi-dark"),
        ("truecolor", True, "", "ansi-dark"),
    ],
)
def test_a_terminal_with_few_colours_gets_its_own(
    color_system: str | None, no_colour: bool, colorfgbg: str, theme: str
) -> None:
    assert terminal_theme(color_system, no_colour=no_colour, colorfgbg=colorfgbg) == theme
