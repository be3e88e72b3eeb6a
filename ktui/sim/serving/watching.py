"""Watches over HTTP: a stream of events, bookmarks now and then, and an end when the time is up."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from ktui.sim.api import conversion, tables
from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import Resource
from ktui.sim.faults import Faults
from ktui.sim.kernel import Kernel
from ktui.sim.reading import INITIAL_EVENTS_END, ListOptions, WatchEvent, seen, watch_start
from ktui.sim.serving.answers import encode, headers
from ktui.sim.storage import Bucket, Change, Storage

JSON = dict[str, Any]
Render = Callable[[JSON, bytes], bytes]

CHUNK = 256 * 1024
MOST_WAITING = 200_000
"""A watch that reads so slowly that this many events wait for it is closed."""


class Watches:
    """All open watches of a server."""

    def __init__(self, kernel: Kernel, storage: Storage, faults: Faults, bookmark_seconds: float) -> None:
        self.kernel = kernel
        self.storage = storage
        self.faults = faults
        self.bookmark_seconds = bookmark_seconds
        self.open: set[Watch] = set()

    def drop_all(self) -> None:
        """Break every connection that a watch has."""
        for watch in tuple(self.open):
            watch.drop()

    async def serve(
        self, request: web.Request, resource: Resource, namespace: str, options: ListOptions
    ) -> web.StreamResponse:
        """Answer a watch until the client goes or its time is up."""
        watch = Watch(self, request, resource, namespace, options)
        self.open.add(watch)
        try:
            return await watch.run()
        finally:
            watch.stop()
            self.open.discard(watch)


class Watch:
    """One open watch."""

    def __init__(
        self, watches: Watches, request: web.Request, resource: Resource, namespace: str, options: ListOptions
    ) -> None:
        self._watches = watches
        self._request = request
        self._resource = resource
        self._namespace = namespace
        self._options = options
        self._bucket: Bucket = watches.storage.bucket(resource)
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._after = 0
        self._render = self._renderer()
        self.stop: Callable[[], None] = lambda: None

    def drop(self) -> None:
        """Break the connection."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run(self) -> web.StreamResponse:
        """Send what there is, then what comes."""
        newest = self._watches.storage.number
        try:
            events, after = watch_start(self._bucket, newest, self._namespace, self._options)
        except ApiError as error:
            self._waiting.append(_line("ERROR", encode(error.status)))
            return await self._send_and_end()
        self._waiting.extend(self._encoded(event) for event in events)
        if self._options.initial_events and self._watches.faults.streaming_lists == "served":
            self._bookmark(initial_events_end=True)
        self._after = after
        self.stop = self._bucket.listen(self._changed)
        response = await self._open()
        await self._follow(response)
        return response

    async def _open(self) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers(self._watches.kernel.now))
        response.enable_chunked_encoding()
        await response.prepare(self._request)
        return response

    async def _send_and_end(self) -> web.StreamResponse:
        response = await self._open()
        await response.write(b"".join(self._waiting))
        await response.write_eof()
        return response

    async def _follow(self, response: web.StreamResponse) -> None:
        seconds = self._options.timeout_seconds or random.uniform(1800, 3600)
        ends = time.monotonic() + seconds
        next_bookmark = time.monotonic() + self._watches.bookmark_seconds
        while (now := time.monotonic()) < ends and len(self._waiting) < MOST_WAITING:
            if self._options.bookmarks and now >= next_bookmark:
                self._bookmark()
                next_bookmark = now + self._watches.bookmark_seconds
            self._news.clear()
            if self._waiting and not self._watches.faults.silent_watches:
                await response.write(self._chunk())
                continue
            wake = min(ends, next_bookmark) if self._options.bookmarks else ends
            if self._watches.faults.silent_watches:
                wake = min(wake, now + 0.05)
            await _wait(self._news, wake - now)
        await response.write_eof()

    def _chunk(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while self._waiting and size < CHUNK:
            line = self._waiting.popleft()
            lines.append(line)
            size += len(line)
        return b"".join(lines)

    def _changed(self, change: Change) -> None:
        if change.number > self._after:
            event = seen(change, self._namespace, self._options.matches)
            if event is not None:
                self._waiting.append(self._encoded(event))
                self._news.set()

    def _encoded(self, event: WatchEvent) -> bytes:
        return _line(event.type, self._render(event.version.obj, event.version.raw))

    def _bookmark(self, *, initial_events_end: bool = False) -> None:
        metadata: JSON = {"resourceVersion": str(self._watches.storage.number)}
        if initial_events_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        mark = {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": metadata}
        self._waiting.append(_line("BOOKMARK", encode(mark | _EMPTY.get(self._resource.kind, {}))))

    def _renderer(self) -> Render:
        form = tables.wants(self._request.headers.get("Accept"))
        resource = self._resource
        if form == "Table":
            headings = iter([True])
            include = self._request.query.get("includeObject", "Metadata")

            def as_table(obj: JSON, raw: bytes) -> bytes:
                metadata = {"resourceVersion": obj["metadata"]["resourceVersion"]}
                now = datetime.fromtimestamp(self._watches.kernel.now, UTC)
                made = tables.table(
                    resource, [obj], metadata, now, include_object=include, headers=next(headings, False)
                )
                return encode(made)

            return as_table
        if form:
            return lambda obj, raw: encode(tables.partial(obj))
        if resource.storage != (resource.group, resource.plural) or resource.kind == "HorizontalPodAutoscaler":
            return lambda obj, raw: encode(conversion.to_served(resource, obj))
        return lambda obj, raw: raw


_EMPTY: dict[str, JSON] = {
    "Deployment": {
        "spec": {
            "replicas": 0,
            "selector": None,
            "template": {"metadata": {}, "spec": {"containers": None}},
            "strategy": {},
        },
        "status": {},
    }
}
"""What a bookmark carries beside its version: the type's empty value."""


def _line(type_: str, raw: bytes) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (type_.encode(), raw)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await event.wait()
    except TimeoutError:
        return
