"""Where commands keep what they saw of rollouts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ktui.cli import printing
from ktui.figures.observer import Observer
from ktui.live.unwatched import unwatched
from ktui.settings import Settings, figures_folder

if TYPE_CHECKING:
    from ktui.actions.read import Recall
    from ktui.figures.book import Book
    from ktui.figures.writer import HistoryWriter
    from ktui.kube.connection import Connection
    from ktui.model.store import Store
    from ktui.model.workloads import Workload
    from ktui.rollout.rollout import Rollout
    from ktui.rollout.track_record import Accounts


def book_opener(settings: Settings) -> Callable[[str], Book] | None:
    """Opens the history of a context's rollouts; None where none is to be kept."""
    return open_book if settings.history and figures_folder() is not None else None


def open_book(context: str) -> Book:
    """The history of a context's rollouts; its file need not be there."""
    from ktui.figures.book import Book, file_name  # noqa: PLC0415 - no first frame waits for SQLite

    folder = figures_folder()
    return Book(folder / file_name(context) if folder is not None else None)


def recaller(opener: Callable[[str], Book] | None, context: str) -> Recall:
    """Tells how the revisions of a workload did, as the history of that context has it; nothing if it has nothing."""

    async def recall(uid: str) -> Accounts:
        if opener is None:
            return {}
        from ktui.figures.accounts import accounts  # noqa: PLC0415 - as for the book
        from ktui.figures.book import BookError  # noqa: PLC0415

        try:
            return accounts(await asyncio.to_thread(opener(context).of, uid))
        except BookError as error:
            printing.note(f"ktui: {error}")
            return {}

    return recall


class CommandRecorder:
    """Remembers the rollouts that a command looks at, beside what it does."""

    def __init__(self, writer: HistoryWriter | None, recall: Recall, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.recall = recall
        self._writer = writer
        self._observer = Observer()

    def saw(self, store: Store, workload: Workload, rollout: Rollout) -> None:
        """A rollout as it is now."""
        self._observer.observe(rollout, self._clock(), partial(unwatched, store, workload, rollout))
        self._keep()

    def missed(self, uid: str) -> None:
        """That workload is gone."""
        self._observer.gone(uid, self._clock())
        self._keep()

    def has_listed(self) -> None:
        """All that existed has been shown: what comes now is new."""
        self._observer.has_listed = True

    async def aclose(self) -> None:
        """Write down what is known of the rollouts that still run."""
        if self._writer is not None:
            self._writer.add(self._observer.leave(self._clock()))
            await self._writer.aclose()

    def _keep(self) -> None:
        if self._writer is not None and (news := self._observer.take()):
            self._writer.add(news)


@asynccontextmanager
async def recording(connection: Connection, opener: Callable[[str], Book] | None) -> AsyncIterator[CommandRecorder]:
    """Remember what is seen in there of the rollouts of that connection's context; what goes wrong is said once."""
    writer = None
    if opener is not None:
        from ktui.figures.writer import HistoryWriter  # noqa: PLC0415 - nor for what writes with it

        writer = HistoryWriter(
            opener(connection.context), connection.clock.now, lambda text: printing.note(f"ktui: {text}")
        )
    recorder = CommandRecorder(writer, recaller(opener, connection.context), connection.clock.now)
    try:
        yield recorder
    finally:
        await recorder.aclose()
