"""Standard input: a signal ends the wait for it, whenever it comes.

Python hears of a signal once a system call returns, but not of one that comes just before it. And Ctrl-C discards what
was typed, so that a read waits although there was a line a moment ago. So a thread reads, and this one waits.
"""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Final

_HEARD_WITHIN: Final = 0.25
"""Seconds after which a signal is noticed."""

_CHUNK: Final = 1 << 16


def read_file(path: Path) -> bytes:
    """The content of a file, which may be a pipe that nobody writes to yet. Raises OSError."""
    return _waited_for(path.read_bytes)


def read_all() -> bytes:
    """All of standard input until its end. Raises OSError."""
    try:
        descriptor = sys.stdin.fileno()
    except io.UnsupportedOperation:
        # A program that runs ktui in itself has put something else in its place.
        return sys.stdin.buffer.read()

    def read() -> bytes:
        content = bytearray()
        while part := _part(descriptor):
            content += part
        return bytes(content)

    return _waited_for(read)


def read_line() -> str:
    """The line that a person types at a terminal. Raises EOFError if there is none any more, and OSError."""
    # A terminal gives one line at a time. The buffered reader would keep its lock while ktui ends.
    line = _waited_for(lambda: _part(sys.stdin.fileno()))
    if not line:
        raise EOFError
    return line.decode(sys.stdin.encoding, "replace").strip()


def _part(descriptor: int) -> bytes:
    """What has come; nothing at the end."""
    while True:
        select.select([descriptor], [], [])
        try:
            return os.read(descriptor, _CHUNK)
        except BlockingIOError:
            # Another process has made it so, and was faster.
            continue


def _waited_for(read: Callable[[], bytes]) -> bytes:
    came, content, failures = Event(), bytearray(), list[OSError]()

    def run() -> None:
        try:
            content.extend(read())
        except OSError as error:
            failures.append(error)
        came.set()

    Thread(target=run, daemon=True).start()
    while not came.wait(_HEARD_WITHIN):
        pass
    if failures:
        raise failures[0]
    return bytes(content)
