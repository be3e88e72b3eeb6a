"""The theme that a person chose in the dashboard: the next dashboard begins with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ktui import own_files
from ktui.tui.theme import THEMES, terminal_theme

if TYPE_CHECKING:
    from textual.app import App
    from textual.theme import Theme

    from ktui.tui.options import Options

_FILE: Final = "theme"
"""The file beside the audit log that holds its name."""

_LONGEST: Final = 100
"""Bytes of that file that are read."""


def first_theme(options: Options, app: App[Any]) -> str:
    """The theme to begin with: that of the settings, else one that the terminal can show, else the one chosen last.

    Empty is Textual's own.
    """
    if options.theme:
        return options.theme
    colours = app.console.color_system
    fitting = terminal_theme(colours, no_colour=app.no_color, colorfgbg=os.environ.get("COLORFGBG", ""))
    return fitting or chosen_theme(options.folder)


def chosen_theme(folder: Path | None) -> str:
    """The name of the theme that was chosen last; empty if there is none, or it no longer exists."""
    try:
        name = own_files.read(folder / _FILE, _LONGEST).decode().strip() if folder is not None else ""
    except (OSError, UnicodeDecodeError):
        return ""
    return name if name in THEMES else ""


def remember_theme(options: Options, app: App[Any], theme: Theme) -> None:
    """Keep the theme for the next time; if a setting names another one, say that this one does not last."""
    folder = options.folder
    if options.theme:
        if theme.name != options.theme:
            app.notify(f"Theme {theme.name} until ktui ends: --theme, KTUI_THEME or config.toml names another one.")
        return
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(own_files.opened(folder / _FILE, flags), "w", encoding="utf-8") as file:
                file.write(f"{theme.name}\n")
    except OSError as error:
        app.notify(f"The theme is not remembered: {error.strerror or error}.", severity="warning")
