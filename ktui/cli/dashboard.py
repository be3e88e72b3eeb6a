"""The dashboard, from settings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ktui.cli.cluster import access
from ktui.cli.figures_file import book_opener
from ktui.settings import Settings, SettingsError, audit_file
from ktui.tui.app import Options, run
from ktui.tui.theme import THEMES

if TYPE_CHECKING:
    from ktui.figures.book import Book


def dashboard(settings: Settings, *, hint: str = "", open_book: Callable[[str], Book] | None = None) -> int:
    """Run the dashboard until it is quit; the exit code. Without a namespace it shows all of them.

    `open_book` opens the history of a context's rollouts, where that is another one than the user's own.

    Raises SettingsError for a theme that does not exist, UsageError where there is no terminal.
    """
    if settings.theme and settings.theme not in THEMES:
        raise SettingsError(f'There is no theme "{settings.theme}".', f"Available: {', '.join(sorted(THEMES))}.")
    # Textual reads keys from standard input and draws on standard error.
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError("The dashboard needs a terminal; `ktui get` prints the same, one rollout per line.")
    namespace = "" if settings.all_namespaces else settings.namespace
    return run(
        Options(
            access(settings),
            audit_file(),
            namespace=namespace,
            selector=settings.selector,
            read_only=settings.read_only,
            theme=settings.theme,
            hint=hint,
            open_book=open_book or book_opener(settings),
        )
    )
