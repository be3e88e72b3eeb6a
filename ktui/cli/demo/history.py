"""What a dashboard would have seen of the simulated history of a demo, had it been open all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any, Final

import msgspec

from ktui.figures.book import Book
from ktui.figures.observer import Observer
from ktui.figures.record import Record
from ktui.live.tracker import Tracker
from ktui.live.unwatched import unwatched
from ktui.model.changes import Change, Gone, Put
from ktui.model.resources import EVENTS, Resource, known_resources
from ktui.model.template import decode_hook

_MOST: Final = 20_000
"""Changes that are heard of: the history of a large fleet is a load test, and nobody asks for its figures."""

_RESOURCES: Final = {
    f"{resource.plural}.{resource.group}" if resource.group else resource.plural: resource
    for resource in known_resources()
    if resource is not EVENTS
}
"""By plural and group: `services` are also those of Knative."""


class Hindsight:
    """Hears of the history while it is played, and writes down beside the dashboard what it came to."""

    def __init__(self) -> None:
        self._heard: list[tuple[float, Resource, str, dict[str, Any]]] = []

    def hear(self, at: float, qualified: str, happened: str, obj: dict[str, Any]) -> None:
        """One change at that time, in seconds since the Unix epoch."""
        resource = _RESOURCES.get(qualified)
        if resource is not None and len(self._heard) <= _MOST:
            self._heard.append((at, resource, happened, obj))

    @contextmanager
    def written_into(self, book: Book) -> Iterator[None]:
        """Write it into that book meanwhile: no frame waits for it."""
        has_to_end = threading.Event()
        thread = threading.Thread(target=self._write, args=(book, has_to_end), name="ktui-hindsight")
        thread.start()
        try:
            yield
        finally:
            has_to_end.set()
            thread.join()

    def write(self, book: Book) -> None:
        """Write it into that book, however long that takes."""
        self._write(book, threading.Event())

    def _write(self, book: Book, has_to_end: threading.Event) -> None:
        heard, self._heard = self._heard, []
        if not heard or len(heard) > _MOST:
            return
        records: list[Record] = []
        for news in _seen(heard):
            if has_to_end.is_set():
                return
            records += news
        book.write(records, datetime.fromtimestamp(heard[0][0], UTC))


def _seen(heard: list[tuple[float, Resource, str, dict[str, Any]]]) -> Iterator[list[Record]]:
    """What there is to be remembered, moment by moment."""
    tracker, observer = Tracker(), Observer()
    store = tracker.store
    observer.has_listed = True
    now = datetime.fromtimestamp(heard[0][0], UTC)
    for at, changes in groupby(heard, key=lambda each: each[0]):
        now = datetime.fromtimestamp(at, UTC)
        store.apply(filter(None, (_change(resource, happened, obj) for _, resource, happened, obj in changes)))
        for uid in store.take_dirty():
            workload, rollout = store.workload(uid), tracker.rollout(uid, now)
            if workload is None or rollout is None:
                observer.gone(uid, now)
                continue
            observer.observe(rollout, now, partial(unwatched, store, workload, rollout))
        yield observer.take()
    yield observer.leave(now)


def _change(resource: Resource, happened: str, obj: dict[str, Any]) -> Change | None:
    """None for an object that cannot be read: the dashboard leaves such a one out, too."""
    if happened == "DELETED":
        return Gone(resource, obj["metadata"]["uid"], obj["metadata"]["resourceVersion"])
    try:
        return Put(resource, msgspec.convert(obj, resource.type, dec_hook=decode_hook))
    except msgspec.ValidationError:
        return None
