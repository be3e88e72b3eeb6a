"""Writes down what an observer has seen, beside the event loop; what goes wrong with that harms nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Final

from ktui.figures.book import Book, BookError
from ktui.figures.record import Record

_BETWEEN: Final = 1.0
"""Seconds from one batch to the next, at least: where hundreds of rollouts change, to write each change by itself takes
a seventh of the processor time of the dashboard."""

_MOST_WAITING: Final = 10_000
"""Records that are kept while they cannot be written; the oldest go first."""


class HistoryWriter:
    """One book that is written to in a thread, one batch after another. `say` gets what went wrong, once each.

    `written` is called whenever there is more to read.
    """

    def __init__(
        self,
        book: Book,
        now: Callable[[], datetime],
        say: Callable[[str], None],
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self.book = book
        self._now = now
        self._say = say
        self._written = written
        self._waiting: list[Record] = []
        self._task: asyncio.Task[None] | None = None
        self._said: set[str] = set()
        self._is_closing = asyncio.Event()
        self._wrote_at = -_BETWEEN
        self.writes = 0
        """How many batches were written: where it has grown, there is more to read."""
        self.trouble = ""
        """Why what is new is not in the book now; empty where it is."""

    def add(self, records: Iterable[Record]) -> None:
        """Write these down soon."""
        self._waiting.extend(records)
        del self._waiting[:-_MOST_WAITING]
        if self._waiting and not self.is_writing:
            self._task = asyncio.create_task(self._write())

    @property
    def is_writing(self) -> bool:
        """Whether something is still on its way into the book."""
        return self._task is not None and not self._task.done()

    def hurry(self) -> None:
        """Write what waits without a pause: nothing more will be added."""
        self._is_closing.set()

    async def aclose(self) -> None:
        """Write what there is still to be written, now."""
        self.hurry()
        if self._task is not None:
            await self._task
        if self._waiting:
            await self._write()

    async def _write(self) -> None:
        while self._waiting:
            await self._pause()
            batch, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self.book.write, batch, self._now())
            except BookError as error:
                # They are tried again with what comes next: a lock or a full disk may have passed by then.
                self._waiting = [*batch, *self._waiting]
                self.trouble = str(error)
                self._tell(self.trouble)
                return
            self.writes, self.trouble = self.writes + 1, ""
            self._written()
            self._tell(self.book.notice)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._wrote_at + _BETWEEN - monotonic())):
                await self._is_closing.wait()
        self._wrote_at = monotonic()

    def _tell(self, sentence: str) -> None:
        if sentence and sentence not in self._said:
            self._said.add(sentence)
            self._say(sentence)
