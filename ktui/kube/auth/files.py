"""The files that a kubeconfig names, and itself: whatever stands in their place, reading them ends."""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path
from time import monotonic
from typing import Final

PATIENCE: Final = 5.0
"""Seconds to wait for what comes through a pipe (`<(…)`), or for someone who writes to it."""

_CHUNK: Final = 65_536


def first_bytes(path: Path, most: int) -> bytes:
    """At most so many bytes, from its beginning. Raises OSError, also for a pipe that nobody writes to in time."""
    # To open a named pipe would wait for a writer, and a program that waits there cannot be ended.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            with os.fdopen(os.dup(descriptor), "rb") as whole:
                return whole.read(most)
        content, until = bytearray(), monotonic() + PATIENCE
        while len(content) < most:
            if not select.select([descriptor], [], [], max(0.0, until - monotonic()))[0]:
                raise TimeoutError(errno.ETIMEDOUT, f"nobody has written to it for {PATIENCE:.0f}s", str(path))
            chunk = file.read(min(_CHUNK, most - len(content)))
            if chunk is not None:
                content += chunk
                if not chunk:
                    break
        return bytes(content)
