"""The theme that a person chose in the dashboard: the next dashboard begins with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from ktui.tui.terminal.remembered import chosen, remember
from ktui.tui.theme import THEMES, terminal_theme

if TYPE_CHECKING:
    from textual.app import App
    from textual.theme import Theme

    from ktui.tui.options import Options

_FILE: Final = "theme"
"""The file beside the audit log that holds its name."""


def first_theme(options: Options, app: App[Any]) -> str:
    """The theme to begin with: that of the settings, else one that the terminal can show, else the one chosen last.

    Empty is Textual's own.
    """
    if options.theme:
        return options.theme
    colours = app.console.color_system
    fitting = terminal_theme(colours, no_colour=app.no_color, colorfgbg=os.environ.get("COLORFGBG", ""))
    return fitting or chosen(options.folder, _FILE, THEMES)


def remember_theme(options: Options, app: App[Any], theme: Theme) -> None:
    """Keep the theme for the next time; if a setting names another one, say that this one does not last."""
    if options.theme:
        if theme.name != options.theme:
            app.notify(f"Theme {theme.name} until ktui ends: --theme, KTUI_THEME or config.toml names another one.")
    elif trouble := remember(options.folder, _FILE, theme.name):
        app.notify(f"The theme is not remembered: {trouble}.", severity="warning")
