"""One resource, listed and then watched until something fails: two layers, and what they know of the server.

`_follow` lists and then watches; `_read` is one stream. `decoder` knows what bytes mean and `changes` what is said of
them, both without I/O; the connection's pulse knows whether there is a server at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from random import Random
from typing import Final, TypeVar

from ktui.kube.backoff import Pacing, Throttle
from ktui.kube.connection import Connection
from ktui.kube.errors import (
    Expired,
    Forbidden,
    Interrupted,
    KubeError,
    NotFound,
    Rejected,
    ServerError,
    TimedOut,
    TooLarge,
)
from ktui.kube.streams.changes import Telling
from ktui.kube.streams.decoder import Page, Unreadable, WatchDecoder, decode_page
from ktui.kube.streams.lines import LineSplitter
from ktui.kube.streams.list_reader import ListReader
from ktui.kube.streams.pages import Pages
from ktui.model.changes import Change, LinkState, Put
from ktui.model.reading import ordinal
from ktui.model.resources import Resource

_T = TypeVar("_T")

_NO_WATCH: Final = (Forbidden, Rejected, NotFound)
"""How a watch is refused where a list is not: a right that is missing, or a gateway that passes on no streams."""


class Silence(KubeError):  # noqa: N818 - it says what happened
    """Nothing was heard for too long: the connection may be half open."""


class NoStreamingList(KubeError):  # noqa: N818
    """The server cannot stream a list: it takes the request for a plain watch, or says so once it has begun."""


class WentBack(KubeError):  # noqa: N818
    """The server speaks of a version that lies before one that it has spoken of."""

    def __init__(self) -> None:
        super().__init__("The cluster's history went back, as after a restored backup: ktui reads everything again.")


class ListWatch:
    """What there is of one resource in one namespace (None: all), until something fails."""

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        *,
        pacing: Pacing | None = None,
        throttle: Throttle | None = None,
        streaming_list: bool | None = None,
        cached_list: bool = False,
        clock: Callable[[], datetime] | None = None,
        random: Random | None = None,
    ) -> None:
        self.resource = resource
        self._connection = connection
        self._pulse = connection.pulse
        self._path = resource.path(namespace)
        selectors = {"labelSelector": label_selector, "fieldSelector": field_selector}
        self._selector = {key: value for key, value in selectors.items() if value}
        self._pacing = pacing or Pacing()
        self._throttle = throttle or Throttle(self._pacing)
        # A list that streams says its first words soonest and costs the server least, but up to Kubernetes 1.36 it
        # comes uncompressed: over a network, pages are a twentieth of the bytes.
        self._streaming_list = not connection.compresses if streaming_list is None else streaming_list
        # The list from the server's cache is the fastest way to many objects. It may be a moment old, which the watch
        # that goes on from it makes good; after that, lists are consistent reads, so it is for the first one alone.
        self._cached_list = cached_list and self._streaming_list
        self._clock = clock or connection.clock.now
        self._random = random or Random()
        self._telling = Telling(resource, self._clock)
        self._version = ""
        """Where to watch on from; empty until a list is complete."""
        self._furthest = -1
        """The highest version that was watched from. Lists are consistent reads, so none ends before it, unless the
        cluster was restored: then versions begin again before it, and what is known would look newer for long."""
        self._is_restored = False
        self._was_away = False
        """Whether the server was out of reach, and may come back as it was long ago."""
        self._was_cut = False
        """Whether the stream that is taken up again at once was cut: the same may have happened, unseen."""
        self._bookmarks_come: bool | None = None
        """Whether this server sends bookmarks: unknown, until one has come or has not come in time."""
        self._last_heard = self._clock()
        self._opened: float | None = None
        """When the stream of this attempt was opened, by the loop's clock."""
        self._gathered = 0.0
        """When something was last read of a stream, by the loop's clock."""
        self._has_news = False
        """Whether it has said something newer than what was known: a line alone is no progress."""
        self._has_listed = False
        """Whether the server has answered a list in this attempt."""
        self._in_doubt = False
        """Whether the last stream came to nothing, so that the next has to last before it is called live."""
        self._listed_at = self._last_heard
        """When the newest complete list was asked for: what it says may be as old as that."""
        self._asked_at = self._last_heard
        self._known_until: datetime | None = None
        """Up to when all that there was is known: a connection that breaks may have been dead for a while."""

    def choose(self, label_selector: str) -> None:
        """Choose by these labels from the next attempt on, which lists what there is. Not while it runs."""
        self._selector.pop("labelSelector", None)
        if label_selector:
            self._selector["labelSelector"] = label_selector
        self._version = ""

    # List, then watch

    async def _follow(self) -> AsyncGenerator[list[Change], None]:
        await self._throttle.turn()
        if self._version and self._was_away:
            await self._ask_whether_it_went_back()
        self._was_away = False
        if not self._version:
            async with aclosing(self._list()) as batches:
                async for batch in batches:
                    yield batch
        while True:
            async with aclosing(self._watch()) as batches:
                async for batch in batches:
                    yield batch
            await self._throttle.turn()

    async def _list(self) -> AsyncGenerator[list[Change], None]:
        """A whole list. A streamed one goes on as a watch, until the server ends it."""
        if self._is_restored:
            self._is_restored, self._furthest = False, -1
            yield [self._telling.restored()]
        if self._cached_list:
            async with aclosing(self._list_from_cache()) as batches:
                async for batch in batches:
                    yield batch
            self._cached_list = False
            return
        if self._streaming_list:
            try:
                async with aclosing(self._stream_list()) as batches:
                    async for batch in batches:
                        yield batch
            except (NoStreamingList, Interrupted, Expired, *_NO_WATCH) as error:
                # The server cannot do it, or something between does not let it. It is not asked again.
                self._streaming_list = False
                if self._version or isinstance(error, Interrupted):
                    # It was complete, and what failed is the watch that it went on as; or nothing may be there at all.
                    raise
            else:
                return
        async with aclosing(self._list_pages()) as batches:
            async for batch in batches:
                yield batch

    async def _list_pages(self) -> AsyncGenerator[list[Change], None]:
        self._telling.list_begins()
        limit, token, pages = self._pacing.page, "", self._pages()
        while True:
            if not token:
                self._asked_at = self._clock()
            try:
                page = await self._page(limit, token)
            except Expired:
                if not token:
                    raise
                # History is compacted faster than we read it: everything at once, as client-go's pager does.
                limit, token, pages = 0, "", self._pages()
                self._telling.list_begins()
                continue
            except TooLarge:
                if limit <= 1:
                    raise
                limit //= 2
                continue
            if self._lies_behind(page.version):
                raise WentBack
            token = pages.turn(page)
            batch = self._telling.noted(page.contents)
            if not token:
                self._watch_from(page.version)
                self._listed_at = self._known_until = self._asked_at
                yield [*batch, *self._telling.list_ended()]
                return
            yield batch

    def _pages(self) -> Pages:
        return Pages(self.resource, self._connection.progress)

    async def _ask_whether_it_went_back(self) -> None:
        """Raises WentBack if the server's history is not the one that a watch goes on in.

        A watch from a version that is still to come is accepted, and says nothing: it would pass for live.
        """
        page = await self._page(1, "")
        if self._lies_behind(page.version) or any(self._is_foreign(each) for each in page.contents):
            self._version = ""
            raise WentBack

    async def _page(self, limit: int, token: str) -> Page:
        params = {"limit": str(limit), "continue": token, **self._selector}
        params = {key: value for key, value in params.items() if value not in {"", "0"}}
        # If the server is lost, that is known before; this is for one request that is.
        silence = 1.1 * self._pulse.vigilance.dead
        asking = self._connection.request("GET", self._path, params=params, timeout=silence, waits=False)
        page = decode_page(self.resource, await self._pulse.within(None, asking))
        self._has_listed = True
        return page

    # One stream

    async def _stream_list(self) -> AsyncGenerator[list[Change], None]:
        self._telling.list_begins()
        params = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        async with aclosing(self._read(params, WatchDecoder(self.resource))) as batches:
            async for batch in batches:
                yield batch
        if not self._version:
            raise Interrupted("The server ended the list before it was complete.")

    async def _list_from_cache(self) -> AsyncGenerator[list[Change], None]:
        self._telling.list_begins()
        reader, self._asked_at, pages = ListReader(self.resource), self._clock(), self._pages()
        params = {"resourceVersion": "0", **self._selector}
        async with AsyncExitStack() as stack:
            chunks = await self._in_time(stack.enter_async_context(self._connection.stream(self._path, params)))
            while chunk := await self._in_time(anext(chunks, b"")):
                if batch := self._telling.noted(reader.feed(chunk).contents):
                    pages.so_far += len(batch)
                    yield batch
        page = reader.finish()
        self._has_listed = True
        self._listed_at = self._known_until = self._asked_at
        self._watch_from(page.version)
        yield [*self._telling.noted(page.contents), *self._telling.list_ended()]

    async def _in_time(self, step: Awaitable[_T]) -> _T:
        """One step of a list that is no stream: as long as a streamed one may be silent."""
        try:
            return await self._pulse.within(self._pacing.list_silence, step)
        except TimeoutError:
            raise Interrupted("The server does not complete the list.") from None

    async def _watch(self) -> AsyncGenerator[list[Change], None]:
        decoder = WatchDecoder(self.resource, self._version)
        async with aclosing(self._read({"resourceVersion": self._version}, decoder)) as batches:
            async for batch in batches:
                yield batch

    async def _read(self, params: dict[str, str], decoder: WatchDecoder) -> AsyncGenerator[list[Change], None]:
        """One stream to its end. It ends in order when the server's time is up; anything else raises."""
        lifetime = self._random.uniform(*self._pacing.watch)
        if self._bookmarks_come is False:
            # Without them, only its end shows that it was there.
            lifetime = min(lifetime, self._pacing.silence)
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, round(lifetime))),
            **params,
            **self._selector,
        }
        splitter = LineSplitter()
        self._last_heard = self._clock()
        self._opened, self._has_news = None, False
        try:
            async with AsyncExitStack() as stack:
                opening = stack.enter_async_context(self._connection.stream(self._path, params))
                chunks = await self._patiently(opening, decoder, self._pacing.opening)
                if decoder.complete and self._was_cut:
                    # Whatever cut it may lead to another server by now.
                    await self._ask_whether_it_went_back()
                self._was_cut = False
                self._opened = asyncio.get_running_loop().time()
                while True:
                    if decoder.complete and (batch := self._live()):
                        # An idle watch says nothing for a minute: that it was accepted is all there is to know.
                        yield batch
                    chunk = await self._next(chunks, decoder, lifetime)
                    if chunk is None:
                        continue
                    if not chunk:
                        break
                    self._last_heard = self._clock()
                    lines = splitter.feed(chunk)
                    if not lines:
                        continue
                    if batch := self._understood(lines, decoder):
                        yield batch
                    if decoder.complete:
                        await self._gather()
        finally:
            if decoder.complete and not self._is_short_lived():
                self._known_until = self._clock() - self._pulse.quiet_for
        if self._is_short_lived():
            raise Interrupted("The server closes the watch as soon as it is opened.")

    def _understood(self, lines: list[bytes], decoder: WatchDecoder) -> list[Change]:
        """What these lines of a stream change, and what they tell of the server."""
        try:
            heard = decoder.feed(lines)
        except ServerError as error:
            if decoder.complete:
                raise
            # Its storage is too old for it: apiserver, storage/cacher: RequestWatchProgress.
            raise NoStreamingList(str(error)) from error
        if decoder.complete:
            if self._lies_behind(decoder.version):
                raise WentBack
            self._has_news = self._has_news or decoder.version != self._version
            self._watch_from(decoder.version)
            self._bookmarks_come = bool(decoder.bookmarks) or self._bookmarks_come
        elif decoder.bookmarks:
            raise NoStreamingList("The server does not stream lists.")
        return self._telling.noted(heard)

    async def _gather(self) -> None:
        """On a busy stream, let what comes in a moment come together: ten lines at once cost little more than one."""
        before, self._gathered = self._gathered, asyncio.get_running_loop().time()
        if self._gathered - before < 2 * self._pacing.gathering:
            await asyncio.sleep(self._pacing.gathering)

    def _live(self) -> list[Change]:
        """The stream is live, unless those before it came to nothing, and it has not lasted yet."""
        self._in_doubt = self._in_doubt and self._is_short_lived()
        return self._telling.live() if not self._in_doubt and self._telling.state is not LinkState.LIVE else []

    async def _next(self, chunks: AsyncIterator[bytes], decoder: WatchDecoder, lifetime: float) -> bytes | None:
        """What comes next; None where nothing has, and it has lasted long enough to be believed."""
        if decoder.complete and self._in_doubt and self._opened is not None:
            rest = self._opened + self._pacing.short - asyncio.get_running_loop().time()
            try:
                return await self._pulse.within(max(0.0, rest), anext(chunks, b""))
            except TimeoutError:
                return None
        limit = lifetime + self._pacing.grace if self._bookmarks_come is False else self._pacing.silence
        return await self._patiently(anext(chunks, b""), decoder, limit)

    async def _patiently(self, step: Awaitable[_T], decoder: WatchDecoder, seconds: float) -> _T:
        """One step of a stream, with the time that it may take; less for a list, where something has to come."""
        seconds = seconds if decoder.complete else self._pacing.list_silence
        try:
            return await self._pulse.within(seconds, step)
        except TimeoutError:
            if not decoder.complete:
                raise NoStreamingList("The server does not complete the list that it streams.") from None
            if self._opened is None:
                raise TimedOut("The server does not accept the watch.") from None
            raise Silence(f"Nothing has been heard for {seconds:.0f}s.") from None

    def _watch_from(self, version: str) -> None:
        self._version, self._furthest = version, ordinal(version)

    def _lies_behind(self, version: str) -> bool:
        return 0 <= ordinal(version) < self._furthest

    def _is_foreign(self, there: Put | Unreadable) -> bool:
        """Whether an object would have to be known in this history: another one has overtaken it, as after a restore.

        That is known of the object that is looked at alone, and only as long as it has not changed meanwhile.
        """
        if not isinstance(there, Put):
            return False
        meta = there.object.metadata
        return 0 <= ordinal(meta.resource_version) <= self._furthest and not self._telling.knows(meta.uid)

    def _is_short_lived(self) -> bool:
        return self._opened is None or asyncio.get_running_loop().time() - self._opened < self._pacing.short
