"""Text to take along: by the terminal's clipboard, and in a file for terminals that have none."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from textual.app import App

from ktui import own_files

COPIED: Final = "copied.txt"
"""The file beside the audit log that holds what was copied last."""


def copy(app: App[None], text: str, what: str, folder: Path | None) -> None:
    """Put the text on the clipboard (OSC 52) and into a file that only its owner can read, and say so.

    No program learns whether a terminal took an OSC 52: so the file is always written.
    """
    app.copy_to_clipboard(text)
    try:
        if folder is None:
            raise FileNotFoundError(errno.ENOENT, "there is no home folder")
        path = folder / COPIED
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = own_files.opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        kept = f"It was not written to a file: {error.strerror or error}."
    else:
        kept = f"It is also in {path}."
    app.notify(f"{what} is on the clipboard, if this terminal allows it. {kept}", markup=False)
