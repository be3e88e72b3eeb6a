"""The dashboard, from settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ktui import signs
from ktui.cli import printing
from ktui.cli.cluster import access
from ktui.cli.figures_file import book_opener
from ktui.cli.habits import habits_of
from ktui.settings import Settings, SettingsError, audit_file
from ktui.tui.app import run
from ktui.tui.options import Options
from ktui.tui.theme import THEMES

if TYPE_CHECKING:
    from ktui.figures.book import Book


_NO_TERMINAL: Final = "The dashboard needs a terminal; `ktui get` prints the same, one rollout per line."
_CANNOT_DRAW: Final = frozenset({"dumb", "unknown"})
"""Terminals that cannot move their cursor (terminfo)."""


def check_terminal() -> None:
    """Keys are read from standard input, and the screen is standard output; standard error may be a file.

    Raises UsageError if either is not a terminal, or cannot show the dashboard. A person who looks at standard output
    alone sees why, too.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        term = os.environ.get("TERM", "")
        if term not in _CANNOT_DRAW:
            return
        raise click.UsageError(
            f"A terminal of the kind TERM={term} cannot show the dashboard. "
            "`ktui get --watch`, `ktui status NAME` and all other commands work in it."
        )
    if sys.stdout.isatty() and not sys.stderr.isatty():
        printing.line(_NO_TERMINAL)
    raise click.UsageError(_NO_TERMINAL)


def dashboard(
    settings: Settings,
    *,
    hint: str = "",
    open_book: Callable[[str], Book] | None = None,
    opens: str = "",
    audit: Path | None = None,
    tour: bool = False,
) -> int:
    """Run the dashboard until it is quit; the exit code. Without a namespace it shows all of them.

    `opens` is the uid of the rollout that it opens first, `audit` the audit log, if not the
    user's own; `tour` shows the tour.
    `open_book` opens the history of a context's rollouts, where that is another one than the user's own.

    Raises SettingsError for a theme or habits that cannot be had, UsageError if there is no terminal that can show it.
    """
    if settings.theme and settings.theme not in THEMES:
        raise SettingsError(f'There is no theme "{settings.theme}".', f"Available: {', '.join(sorted(THEMES))}.")
    check_terminal()
    assert sys.__stdout__ is not None, "it is a terminal"
    namespace = "" if settings.all_namespaces else settings.namespace
    return run(
        Options(
            access(settings),
            audit or audit_file(),
            namespace=namespace,
            selector=settings.selector,
            read_only=settings.read_only,
            rules=settings.guardrails,
            notify=settings.notifications,
            theme=settings.theme,
            habits=habits_of(settings),
            in_ascii=signs.are_ascii(settings.glyphs, os.environ, sys.__stdout__),
            hint=hint,
            opens=opens,
            tour=tour,
            open_book=open_book or book_opener(settings),
        )
    )
