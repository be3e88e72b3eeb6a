"""How a person is used to have the dashboard: keys, columns, order and filters from config.toml."""

from __future__ import annotations

import re
from typing import Final

from ktui.settings import Settings, SettingsError
from ktui.text import exact
from ktui.tui.options import Habits

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


def habits_of(settings: Settings) -> Habits:
    """The habits in these settings. Raises SettingsError for one that cannot be used."""
    if not (settings.keys or settings.columns or settings.sort or settings.filters):
        return Habits()
    _check_overview(settings)
    return Habits(_own_keys(settings), settings.columns, settings.sort, settings.filters)


def _own_keys(settings: Settings) -> dict[str, str]:
    from ktui.tui.own_keys import read_own_keys  # noqa: PLC0415 - few have some, and all wait for the first frame

    try:
        return read_own_keys(settings.keys)
    except ValueError as error:
        raise SettingsError(
            f"The keys in config.toml cannot be used: {error}.", "docs/configuration.md lists them."
        ) from None


def _check_overview(settings: Settings) -> None:
    # Nothing that the first frame should wait for, either.
    from ktui.tui.overview.columns import COLUMNS  # noqa: PLC0415
    from ktui.tui.overview.selection import SORTS  # noqa: PLC0415

    available = f"Available: {', '.join(COLUMNS)}."
    for name in settings.columns:
        if name not in COLUMNS:
            raise SettingsError(f"There is no column {_quoted(name)}.", available)
    if len(set(settings.columns)) < len(settings.columns):
        raise SettingsError("A column is named twice in `columns`.", "Name each once.")
    if settings.columns and "rollout" not in settings.columns:
        raise SettingsError('The column "rollout" is missing in `columns`: no row would have a name.', available)
    if settings.sort and settings.sort not in SORTS:
        raise SettingsError(f"There is no order {_quoted(settings.sort)}.", f"Available: {', '.join(SORTS)}.")
    for name, words in settings.filters.items():
        if not _NAME.fullmatch(name) or not words.strip():
            raise SettingsError(
                f"The filter {_quoted(name)} cannot be used.", "Write a short name without spaces = words to look for."
            )


def _quoted(text: str) -> str:
    return f'"{exact(text[:40])}"'
