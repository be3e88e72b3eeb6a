"""Files that a person asks for: what a screen shows, kept beside the audit log."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


def save(folder: Path | None, name: str, ending: str, lines: Iterable[str]) -> Path:
    """Write a file that only its owner may read, and that was not there before; returns where it is. Raises OSError."""
    if folder is None:
        raise FileNotFoundError(errno.ENOENT, "there is no home folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name, number = _NOT_IN_A_NAME.sub("_", name), 1
    while True:
        path = folder / (f"{name}.{ending}" if number == 1 else f"{name}-{number}.{ending}")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.writelines(lines)
        return path
