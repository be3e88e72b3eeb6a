"""The style sheets: those of the first frame, and those of other screens, which it does not wait for."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Final

from textual.css.stylesheet import Stylesheet


def _sheets(*names: str) -> list[str | PurePath]:
    """Their paths: beside the package in a wheel, at the top in a checkout."""
    package = Path(__file__).parents[1]
    shipped = package / "styles"
    folder = shipped if shipped.is_dir() else package.parent / "styles"
    return [folder / f"{name}.tcss" for name in names]


FIRST: Final = _sheets("app", "paint", "overview")
"""What the app names as its own. Textual parses that before it draws anything."""

OTHERS: Final = _sheets("detail", "history", "logs", "entries", "usage", "bluegreen", "figures")
"""What only the other screens need."""


def read_others(into: Stylesheet) -> None:
    """Add the sheets of the screens that are not open yet; rules that are there already are not parsed again."""
    for sheet in OTHERS:
        into.read(sheet)
    into.parse()
