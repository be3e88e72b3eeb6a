"""Standard input: a signal ends the wait for it, whenever it comes.

Python hears of a signal once a system call returns, but not of one that comes just before it. So nothing is read
before there is something to read.
"""

from __future__ import annotations

import io
import os
import select
import sys
from typing import Final

_HEARD_WITHIN: Final = 0.25
"""Seconds after which a signal is noticed."""

_CHUNK: Final = 1 << 16


def wait(descriptor: int) -> None:
    """Return once something can be read there, or its end has come."""
    while not select.select([descriptor], [], [], _HEARD_WITHIN)[0]:
        pass


def read_all() -> bytes:
    """All that comes until its end. Raises OSError."""
    try:
        descriptor = sys.stdin.fileno()
    except io.UnsupportedOperation:
        # A program that runs ktui in itself has put something else in its place.
        return sys.stdin.buffer.read()
    content = bytearray()
    while True:
        wait(descriptor)
        try:
            # Only what has come: the buffered reader would wait for more.
            part = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            # Another program reads from the same pipe, and was faster.
            continue
        if not part:
            return bytes(content)
        content += part
