"""Records the rollouts of the context that is shown, and reads what was recorded before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ktui.live.listener import Listener

if TYPE_CHECKING:
    from ktui.figures.book import Book
    from ktui.figures.record import Record
    from ktui.figures.writer import HistoryWriter
    from ktui.rollout.track_record import Account, Accounts


class Recorder:
    """Writes down what the observer of the live rollouts has seen, and reads it again for the figures."""

    def __init__(self, listener: Listener, open_book: Callable[[str], Book] | None) -> None:
        """`open_book` opens the history of a context's rollouts; with None, nothing is recorded."""
        self._listener, self._open_book = listener, open_book
        self.context = ""
        """The context that the history which is open is of; empty while none is."""
        self._writer: HistoryWriter | None = None
        self._accounts: dict[str, Accounts] = {}
        self._seen: dict[str, dict[int, Account]] = {}
        """What has been seen since ktui was started: it counts at once, and where no history is kept too."""
        self._recalled: dict[str, tuple[str, int]] = {}
        """The edition that the accounts of a uid were read from."""

    @property
    def is_kept(self) -> bool:
        """Whether anything is remembered at all."""
        return self._open_book is not None

    @property
    def edition(self) -> tuple[str, int]:
        """Another one where there may be more to read."""
        return self.context, self._writer.writes if self._writer is not None else 0

    @property
    def is_being_written(self) -> bool:
        """Whether there will be another edition in a moment."""
        return self._writer is not None and self._writer.is_writing

    @property
    def trouble(self) -> str:
        """Why what is new is not remembered now; empty where it is."""
        return self._writer.trouble if self._writer is not None else ""

    goes_by_the_clock = False

    def update(self) -> None:
        """Write down what has begun, gone wrong or ended since the last time."""
        if news := self._listener.live.observer.take():
            self._write(news)

    def leave(self) -> None:
        """What is shown is left: keep what is known so far of the rollouts that run."""
        if news := self._listener.live.observer.leave(self._listener.now()):
            self._write(news)

    async def read(
        self, since: datetime, progress: Callable[[int, int], None] = lambda _done, _of: None
    ) -> tuple[list[Record], datetime | None]:
        """The rollouts of this context that began from then on, and since when it is watched. Raises BookError.

        `progress` is called in another thread, with how many of how many have been read.
        """
        if self._writer is None:
            return [], None
        book = self._writer.book
        return await asyncio.to_thread(book.read, since, progress), await asyncio.to_thread(book.since)

    def accounts(self, uid: str) -> Accounts:
        """How the revisions of that workload did, as far as has been read; what is newer is read soon."""
        if self.edition != self._recalled.get(uid) and self._listener.connection is not None and self.is_kept:
            self._recalled[uid] = self.edition
            # Not a coroutine yet: ktui may end before it begins.
            self._listener.run_worker(partial(self.recall, uid), group="recalling")
        return self._with_seen(uid)

    async def recall(self, uid: str) -> Accounts:
        """The same, read now; where the history cannot be read, what has been seen since ktui was started."""
        from ktui.figures.accounts import accounts  # noqa: PLC0415 - with what brings SQLite
        from ktui.figures.book import BookError  # noqa: PLC0415

        self._open()
        if self._writer is None:
            return self._with_seen(uid)
        try:
            found = accounts(await asyncio.to_thread(self._writer.book.of, uid))
        except BookError:
            # The figures say so.
            return self._with_seen(uid)
        self._recalled[uid] = self.edition
        if found != self._accounts.get(uid, {}):
            self._accounts[uid] = found
            self._listener.draw_soon()
        return self._with_seen(uid)

    def _with_seen(self, uid: str) -> Accounts:
        return {**self._accounts.get(uid, {}), **self._seen.get(uid, {})}

    async def aclose(self) -> None:
        """Write what there is still to be written."""
        if self._writer is not None:
            await self._writer.aclose()

    def _write(self, news: Sequence[Record]) -> None:
        from ktui.figures.accounts import accounts  # noqa: PLC0415 - as above

        for record in news:
            self._seen.setdefault(record.uid, {}).update(accounts([record]))
        self._open()
        if self._writer is not None:
            self._writer.add(news)

    def _open(self) -> None:
        """The history of the context that is shown, once there is one."""
        from ktui.figures.writer import HistoryWriter  # noqa: PLC0415 - it brings SQLite, for which no frame waits

        open_book, connection = self._open_book, self._listener.connection
        context = connection.context if connection is not None else self.context
        if open_book is None or not context:
            return
        if self._writer is None or context != self.context:
            self.context = context
            if self._writer is not None:
                self._writer.hurry()
            self._writer = HistoryWriter(open_book(context), self._listener.now, self._say, self._listener.draw_soon)
            self._accounts.clear()
            self._recalled.clear()

    def _say(self, sentence: str) -> None:
        self._listener.notify(sentence, severity="warning", timeout=12)
