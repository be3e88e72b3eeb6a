"""The dashboard, from settings."""

from __future__ import annotations

import sys

import click
from textual.theme import BUILTIN_THEMES

from ktui.cli.cluster import access
from ktui.settings import Settings, SettingsError, audit_file
from ktui.tui.app import Options, run


def dashboard(settings: Settings, *, hint: str = "") -> int:
    """Run the dashboard until it is quit; the exit code. Without a namespace it shows all of them.

    Raises SettingsError for a theme that does not exist, UsageError where there is no terminal.
    """
    if settings.theme and settings.theme not in BUILTIN_THEMES:
        raise SettingsError(f'There is no theme "{settings.theme}".', f"There is: {', '.join(sorted(BUILTIN_THEMES))}.")
    # Textual reads keys from standard input and draws on standard error.
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError("The dashboard needs a terminal; `ktui get` prints the same, one rollout a line.")
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
        )
    )
