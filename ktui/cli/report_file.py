"""Where a report is written to: a file, whatever a link leads to, a pipe, a device, or standard output."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

_PATIENCE: Final = 10.0
"""Seconds for someone to open the other end of a named pipe: a gate does not wait without end for a reader."""

_LOOK: Final = 0.05

STANDARD_OUTPUT: Final = Path("-")


def check(path: Path) -> str:
    """Why nothing could be written there, in a sentence; nothing where it can. Makes the folder."""
    if path == STANDARD_OUTPUT:
        return ""
    try:
        if path.is_dir():
            return f"{path} is a folder."
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = path.stat().st_mode if path.exists() else stat.S_IFREG
    except OSError as error:
        return f"The folder {path.parent} cannot be made: {error.strerror}."
    if not stat.S_ISREG(kind):
        return "" if os.access(path, os.W_OK) else f"Nothing can be written to {path}."
    folder = path.resolve().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"Nothing can be written into the folder {folder}."
    return ""


def write(path: Path, content: bytes) -> None:
    """Write it there. A file is there as a whole or not at all; a link stays, and what it leads to is written.

    Raises OSError.
    """
    if path == STANDARD_OUTPUT or _is_open_as(path, 1):
        _append(sys.stdout.fileno(), content)
    elif _is_open_as(path, 2):
        _append(sys.stderr.fileno(), content)
    elif path.exists() and not path.is_file() and not path.is_dir():
        _write_through(path, content)
    else:
        write_whole(path.resolve(), content)


def _is_open_as(path: Path, descriptor: int) -> bool:
    """Whether it is the same file, pipe or terminal as that stream: to write it again would lose what is in it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor)) and path.resolve() != Path(os.devnull)
    except OSError:
        return False


def _append(descriptor: int, content: bytes) -> None:
    """Behind what has been printed."""
    sys.stdout.flush()
    sys.stderr.flush()
    while content:
        content = content[os.write(descriptor, content) :]


def _write_through(path: Path, content: bytes) -> None:
    """Into a pipe or a device. Raises OSError, also where nobody reads the pipe."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > end:
                raise OSError(error.errno, "nobody reads it") from None
        time.sleep(_LOOK)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all, whatever happens meanwhile. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # The pipeline's agent, which collects it, may be another user.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
