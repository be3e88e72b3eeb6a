"""ktui's own files: settings, audit log, crash log, histories. Whatever stands in their place, reading them ends.

A named pipe would keep its reader waiting, a device may have no end, and a folder is no file.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path


def opened(path: Path, flags: int) -> int:
    """A descriptor of that file, which only its owner may read if it is made. Raises OSError for what is none."""
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _no_file(path) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file(path)
    return descriptor


def _no_file(path: Path) -> OSError:
    return OSError(errno.EINVAL, "it is not a file", str(path))


def is_file(path: Path) -> bool:
    """Whether there is a file. Raises OSError where that cannot be found out, or something else is there."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        raise _no_file(path)
    return True


def read(path: Path, most: int) -> bytes:
    """All of it. Raises OSError, also where it has more than that many bytes."""
    descriptor = opened(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
    return content


def tail(path: Path, most: int) -> list[bytes]:
    """The whole lines among the last bytes. Raises OSError."""
    descriptor = opened(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        start = max(0, file.seek(0, os.SEEK_END) - most)
        file.seek(start)
        return file.read(most).splitlines()[1 if start else 0 :]


def append(path: Path, lines: bytes) -> None:
    """Add whole lines at its end, and see to it that they are on the disk. Makes the file and its folder.

    They start on a new line even after one that was cut. One write to a file that is open for appending does not mix
    with those of others. Raises OSError, also where not all of it could be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            lines = b"\n" + lines
        if os.write(descriptor, lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        with suppress(OSError):
            # Not every file system can.
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
