"""A line that says what a command waits for, how far it is, and how to stop it: on a terminal, and after half a second.

It is on standard error, is replaced by whatever is printed, and goes when the wait is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

from ktui.cli import printing

if TYPE_CHECKING:
    from ktui.kube.connection import Connection

_WORTH_A_WORD: Final = 0.5
"""Seconds of waiting after which it is said."""
_LOOK: Final = 0.2
"""Seconds between two looks."""
_STOP: Final = " · ctrl+c stops waiting"


class Waiting:
    """What is waited for now."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._began = asyncio.get_running_loop().time()

    def follow(self, connection: Connection) -> None:
        """From here on, what that connection waits for."""
        self._connection = connection

    @property
    def line(self) -> str:
        """What to say now; empty for nothing."""
        if self._connection is None:
            waits = asyncio.get_running_loop().time() - self._began
            return f"Connecting, {waits:.0f}s{_STOP}" if waits >= _WORTH_A_WORD else ""
        progress = self._connection.progress
        waits = progress.waits_for
        if words := progress.words():
            return f"Reading {words}{_STOP}" if progress.reads_for >= _WORTH_A_WORD else ""
        if progress.steps is not None and progress.steps_for >= _WORTH_A_WORD:
            done, of = progress.steps
            return f"Asking the server: {done} of {of} done{_STOP}"
        if waits < _WORTH_A_WORD:
            return ""
        return f"Waiting for the server, {waits:.0f}s{_STOP}"

    async def keep(self) -> None:
        """Say it for as long as this runs."""
        try:
            while True:
                await asyncio.sleep(_LOOK)
                printing.passing(self.line)
        finally:
            printing.passing("")


def counting(what: str, things: str) -> Callable[[int, int], None]:
    """Says how far something has been read that no server is asked for, by the numbers that it is called with."""
    began = monotonic()

    def progress(done: int, of: int) -> None:
        if monotonic() - began >= _WORTH_A_WORD:
            printing.passing(f"Reading {what}: {done:,} of {of:,} {things}{_STOP}")

    return progress


@asynccontextmanager
async def waiting() -> AsyncIterator[Waiting]:
    """Say what is waited for in there."""
    shown = Waiting()
    if not printing.has_passing():
        yield shown
        return
    task = asyncio.create_task(shown.keep())
    try:
        yield shown
    finally:
        task.cancel()
        await asyncio.wait({task})
