"""Standard output and standard error: what is written never fails, and what became of it is known.

Whether anybody reads decides nothing about what a command does. A pipe that is closed, a disk that is full and a
terminal that is gone end printing, and nothing else.
"""

from __future__ import annotations

import errno
import io
import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

from ktui import signals, signs
from ktui.text import visible

_GONE: Final = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO, errno.ECONNRESET})
"""Nobody reads: a closed pipe, a terminal that has gone, a descriptor that was never open."""

_AT_ONCE: Final = select.PIPE_BUF
"""Bytes that a pipe takes without making the writer wait, once it takes any (pipe(7))."""

_HEARD_WITHIN: Final = 0.25
"""Seconds after which a signal is noticed while nobody reads."""

_COLOURS: Final = re.compile(r"(\x1b\[(?:0|[39][0-7])m)")
"""What click writes for a colour, and for its end. Others could hide text: conceal, or black on black."""


class _Stream(io.RawIOBase):
    """The bytes of one stream. Takes whatever is written, and keeps the reason why it could not be passed on."""

    def __init__(self, descriptor: int, failure: OSError | None = None) -> None:
        self._descriptor = descriptor
        self.failure = failure

    def writable(self) -> bool:
        """It always is."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        """How many bytes were written, or would have been.

        A reader that has stopped does not keep a command from ending: what a signal interrupts here is not written.
        """
        while self.failure is None:
            try:
                while not select.select([], [self._descriptor], [], _HEARD_WITHIN)[1]:
                    if _is_ending():
                        raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
                return os.write(self._descriptor, data[:_AT_ONCE])
            except BlockingIOError:
                # Another process writes to the same pipe, and was faster.
                continue
            except OSError as error:
                self.failure = error
            except (KeyboardInterrupt, signals.Ended):
                if not select.select([], [self._descriptor], [], 0)[1]:
                    self.failure = OSError(errno.EPIPE, os.strerror(errno.EPIPE))
                raise
        return len(data)


def _is_ending() -> bool:
    """Whether a signal ends the program, or Ctrl-C the task that writes: the event loop raises nothing here for it."""
    import asyncio  # noqa: PLC0415 - only if the reader has stopped

    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return signals.received() is not None or (task is not None and task.cancelling() > 0)


class _Text(io.TextIOWrapper):
    """The text of one stream. Only colours are left of what cannot be seen; `ktui.cli.printing` lets no more in.

    This is the net behind that door, for what a library may write by itself.
    """

    in_ascii = False
    """Whether signs are written in ASCII although the encoding may have them."""

    def write(self, text: str) -> int:
        """How many characters it was given."""
        if self.in_ascii:
            text = signs.in_ascii(text)
        if not text.replace("\n", "").isprintable():
            parts = _COLOURS.split(text)
            super().write("".join(part if at % 2 else visible(part, "\t\n") for at, part in enumerate(parts)))
        else:
            super().write(text)
        return len(text)


class _State:
    """The streams that are in use; None while they are Python's own."""

    out: _Stream | None = None


@contextmanager
def streams() -> Iterator[None]:
    """In here `sys.stdout` and `sys.stderr` never raise; characters that their encoding lacks are replaced.

    Streams that someone has put in the place of Python's own stay as they are.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    signs.register()
    if sys.stdin is None:
        _occupy(0)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as Python has it
    if sys.stdout is sys.__stdout__:
        _State.out, sys.stdout = _made(1, before[1])
    if sys.stderr is sys.__stderr__:
        _, sys.stderr = _made(2, before[2])
    if isinstance(sys.__stdout__, io.TextIOWrapper):
        # The dashboard draws on it.
        sys.__stdout__.reconfigure(errors=signs.ERRORS)
    draw("auto")
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before
        _State.out = None


def draw(glyphs: str) -> None:
    """Write signs as the setting `glyphs` says, from now on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, _Text):
            stream.in_ascii = signs.are_ascii(glyphs, os.environ, stream)


def _made(descriptor: int, before: TextIO | None) -> tuple[_Stream, TextIO]:
    if before is None:
        # It was closed. What is opened next must not be taken for it.
        _occupy(descriptor)
        raw = _Stream(descriptor, OSError(errno.EBADF, os.strerror(errno.EBADF)))
    else:
        before.flush()
        raw = _Stream(descriptor)
    encoding = before.encoding if before is not None else "utf-8"
    return raw, _Text(io.BufferedWriter(raw), encoding=encoding, errors=signs.ERRORS, line_buffering=True)


def _occupy(descriptor: int) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)


def is_read() -> bool:
    """Whether anybody may still read standard output, as far as is known."""
    failure = _State.out.failure if _State.out is not None else None
    return failure is None or failure.errno not in _GONE


def check_for_readers() -> None:
    """Find out whether it is worth to go on: where nothing is written, a reader that has gone is not noticed.

    Raises BrokenPipeError, also if what is printed is lost for another reason, such as a full disk (`failure`).
    """
    if is_read() and not failure() and sys.stdout is not None:
        try:
            descriptor = sys.stdout.fileno()
        except io.UnsupportedOperation:
            # A program that runs ktui in itself reads what it keeps.
            return
        poll = select.poll()
        poll.register(descriptor, 0)
        if not any(events & select.POLLERR for _, events in poll.poll(0)):
            return
    raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def failure() -> str:
    """Why what was printed is not where it should be, in a sentence; nothing where it is, or where nobody reads."""
    broken = _State.out.failure if _State.out is not None else None
    if broken is None or broken.errno in _GONE:
        return ""
    return f"Standard output cannot be written: {broken.strerror}."
