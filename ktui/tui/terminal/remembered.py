"""What a person chose in the dashboard: the next dashboard begins with it. Each is a word in a file of its own."""

from __future__ import annotations

import os
from collections.abc import Container
from pathlib import Path
from typing import Final

from ktui import own_files

_LONGEST: Final = 100
"""Bytes of such a file that are read."""


def chosen(folder: Path | None, what: str, available: Container[str]) -> str:
    """What was chosen last; empty if nothing was, or if there is no such thing any more."""
    try:
        name = own_files.read(folder / what, _LONGEST).decode().strip() if folder is not None else ""
    except (OSError, UnicodeDecodeError):
        return ""
    return name if name in available else ""


def remember(folder: Path | None, what: str, name: str) -> str:
    """Keep it for the next time; why that cannot be, or nothing."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(own_files.opened(folder / what, flags), "w", encoding="utf-8") as file:
                file.write(f"{name}\n")
    except OSError as error:
        return error.strerror or str(error)
    return ""
