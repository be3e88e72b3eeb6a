"""`ktui logs --follow`: what the pods of a rollout write now, through restarts, and of pods that come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from itertools import groupby
from typing import Final

from ktui.cli import printing, standard_streams
from ktui.cli.link_problems import Troubles
from ktui.cli.logs.lines import Printer
from ktui.kinds.registry import STREAMED
from ktui.kube.connection import Connection
from ktui.kube.streams.streams import Streams
from ktui.model.changes import Link
from ktui.model.resources import PODS
from ktui.model.store import Store
from ktui.tui.logs.buffer import Entry, Source
from ktui.tui.logs.feed import LogFeed
from ktui.tui.logs.sources import Choice, Selection, Side, select

_TICK: Final = 0.25
"""Seconds from one look at what has come to the next. What comes within one is put in order."""


async def follow(connection: Connection, uid: str, side: Side, choice: Choice, *, tail: int, since: int | None) -> int:
    """Print until nobody reads, or the workload is gone; the exit code. Raises KubeError, and BrokenPipeError."""
    store, printer, feed = Store(), Printer(), LogFeed(tail, since)
    loop = asyncio.get_running_loop()
    troubles = Troubles({PODS}, (), printing.note)
    was_there = False
    async with Streams(connection, connection.namespace, resources=STREAMED) as streams, aclosing(feed):
        streams.go()
        while True:
            try:
                async with asyncio.timeout(_TICK):
                    changes = await streams.take()
                store.apply(changes)
                for change in changes:
                    if isinstance(change, Link):
                        troubles.heard(change, loop.time())
                # What comes in quick succession is looked at once.
                await asyncio.sleep(_TICK / 2)
            except TimeoutError:
                pass
            troubles.check(loop.time())
            standard_streams.check_for_readers()
            selection = select(store, uid, side, choice, feed.followed)
            was_there = was_there or selection is not None
            if was_there and selection is None:
                printing.note("ktui: It has been deleted: there is nothing left to follow.")
                _print(printer, feed.take())
                return 0
            selection = selection or Selection()
            printer.know([each.source for each in selection.watched])
            feed.follow(selection, connection, connection.clock.now(), previous=False)
            _print(printer, feed.take())


def _print(printer: Printer, entries: Sequence[Entry]) -> None:
    """In order of time; what was written before it was followed, pod by pod. A stack trace stays together."""
    ordered = sorted(entries, key=lambda entry: (entry.is_live, entry.order if entry.is_live else 0, *_whose(entry)))

    def run(entry: Entry) -> tuple[Source, bool]:
        return entry.source, entry.is_note

    for (source, is_note), together in groupby(ordered, key=run):
        texts = [entry.text for entry in together]
        if is_note:
            for text in texts:
                printing.note(f"ktui: {printer.name(source)}: {text}")
        else:
            printer.lines(source, texts)


def _whose(entry: Entry) -> tuple[str, str, int]:
    return entry.source.pod, entry.source.container, entry.serial
