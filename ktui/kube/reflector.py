"""One resource, kept up with for ever: list, watch, and again whenever that is needed.

Three layers, each with one duty: `changes` never gives up; `_follow` lists and then watches until something fails;
`_read` is one stream. What bytes mean is told by `ktui.kube.watch`, without I/O.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from ktui.kube.connection import Connection
from ktui.kube.errors import (
    CredentialError,
    Expired,
    Forbidden,
    Interrupted,
    KubeError,
    NotFound,
    Rejected,
    ServerError,
    Unauthorized,
)
from ktui.kube.items import ListReader
from ktui.kube.lines import LineSplitter
from ktui.kube.pacing import Backoff, Pacing
from ktui.kube.watch import Heard, InitialEnd, Inventory, Page, Unreadable, WatchDecoder, decode_page
from ktui.model.changes import Change, Gone, Link, LinkState, Listed, Resource, Restored
from ktui.model.reading import ordinal

_T = TypeVar("_T")


class Silence(KubeError):  # noqa: N818 - it says what happened
    """Nothing was heard for too long: the connection may be half open."""


class NoStreamingList(KubeError):  # noqa: N818
    """The server cannot stream a list: it takes the request for a plain watch, or says so once it has begun."""


class WentBack(KubeError):  # noqa: N818
    """The server speaks of a version that lies before one that it has spoken of."""

    def __init__(self) -> None:
        super().__init__("The cluster's history went back, as after a restored backup: everything is read anew.")


_REFUSALS = (Forbidden, Unauthorized, CredentialError, Rejected, NotFound)
"""Trying again soon is of no use: someone has to change a right, a login or what is asked for."""


class Reflector:
    """What there is of one resource in one namespace (None: all), and every change to it.

    It never ends by itself and never raises for what a server or a network does: that becomes a `Link` change.
    """

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        *,
        pacing: Pacing | None = None,
        streaming_list: bool | None = None,
        cached_list: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Random | None = None,
    ) -> None:
        self.resource = resource
        self._connection = connection
        self._path = resource.path(namespace)
        selectors = {"labelSelector": label_selector, "fieldSelector": field_selector}
        self._selector = {key: value for key, value in selectors.items() if value}
        self._pacing = pacing or Pacing()
        # A list that streams says its first words soonest and costs the server least, but up to Kubernetes 1.36 it
        # comes uncompressed: over a network, pages are a twentieth of the bytes.
        self._streaming_list = not connection.compresses if streaming_list is None else streaming_list
        # The list from the server's cache is the fastest way to many objects. It may be a moment old, which the watch
        # that goes on from it makes good; after that, lists are consistent reads, so it is for the first one alone.
        self._cached_list = cached_list and self._streaming_list
        self._clock = clock
        self._random = random or Random()
        self._backoff = Backoff(self._pacing, self._random)
        self._inventory = Inventory(resource)
        self._version = ""
        """Where to watch on from; empty until a list is complete."""
        self._furthest = -1
        """The highest version that was watched from. Lists are consistent reads, so none ends before it, unless the
        cluster was restored: then versions begin again before it, and what is known would look newer for long."""
        self._is_restored = False
        self._was_away = False
        """Whether the server was out of reach, and may come back as it was long ago."""
        self._link: Link | None = None
        self._unreadable: dict[str, Unreadable] = {}
        self._bookmarks_come: bool | None = None
        """Whether this server sends bookmarks: unknown, until one has come or has not come in time."""
        self._opened = self._last_heard = clock()
        self._wake = asyncio.Event()

    def retry_now(self) -> None:
        """Do not wait any longer for the next attempt: a person asked for it."""
        self._wake.set()

    # The first layer: never give up

    async def changes(self) -> AsyncGenerator[list[Change], None]:
        """Batches of changes, one for each chunk off the network. Close it (`aclosing`) to close its socket."""
        yield self._linked(LinkState.CONNECTING)
        while True:
            try:
                async with aclosing(self._follow()) as batches:
                    async for batch in batches:
                        yield batch
            except KubeError as error:
                if isinstance(error, Interrupted) and self._version and not self._short_lived():
                    # Load balancers cut streams at their pleasure. One that had gone well for a while is taken up
                    # again without a word; if that fails, it is told.
                    continue
                if isinstance(error, Silence) and self._bookmarks_come is None:
                    # It may be a server that sends none, and nothing is wrong. From now on it may be silent.
                    self._bookmarks_come = False
                    continue
                wait = self._wait(error)
                state = LinkState.REFUSED if isinstance(error, _REFUSALS) else LinkState.RECONNECTING
                # Of all that goes wrong here, only a login is for the one who looks on to mend.
                told = f"{error} {error.hint}" if isinstance(error, (Unauthorized, CredentialError)) else str(error)
                if batch := self._linked(state, told.strip(), since=self._since(error)):
                    yield batch
                self._was_away = not isinstance(error, Silence)
                await self._pause(wait)

    def _wait(self, error: KubeError) -> float:
        """Seconds before the next attempt."""
        asked = error.retry_after or 0.0
        if isinstance(error, Expired):
            # What is known stays, until the new list tells what is left of it.
            was_live, self._version = bool(self._version), ""
            return asked if was_live else self._backoff.next(asked)
        if isinstance(error, WentBack):
            # A list is proof. A watch may be that of a server which lags behind another: a list will tell.
            self._is_restored, self._version = not self._version, ""
            return asked if self._is_restored else self._backoff.next(asked)
        if isinstance(error, Silence) and self._last_heard == self._opened:
            # Resumed, and not a word: the server may have been restored to before that version. Ask what there is.
            self._version = ""
        if isinstance(error, Forbidden) and self._furthest >= 0:
            # It was let in before. A kube-apiserver that has just started refuses until it has read its roles.
            if self._link is None or self._link.state is not LinkState.REFUSED:
                self._backoff.reset()
            return self._backoff.next(asked)
        if isinstance(error, _REFUSALS):
            return self._backoff.spread(self._pacing.refused_wait, floor=asked)
        return self._backoff.next(asked)

    def _short_lived(self) -> bool:
        """Whether the last stream was opened only just now."""
        return self._clock() - self._opened < timedelta(seconds=self._pacing.short)

    def _since(self, error: KubeError) -> datetime:
        """When the trouble began: after a silence, with the last thing that was heard."""
        return self._last_heard if isinstance(error, Silence) else self._clock()

    async def _pause(self, seconds: float) -> None:
        self._wake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    # The second layer: list, then watch, until something fails

    async def _follow(self) -> AsyncGenerator[list[Change], None]:
        if self._version and self._was_away:
            # A watch from a version that is still to come is accepted, and says nothing: it would pass for live.
            page = await self._page(1, "")
            if self._lies_behind(page.version):
                self._version = ""
                raise WentBack
        self._was_away = False
        if not self._version:
            async with aclosing(self._list()) as batches:
                async for batch in batches:
                    yield batch
        while True:
            async with aclosing(self._watch()) as batches:
                async for batch in batches:
                    yield batch

    async def _list(self) -> AsyncGenerator[list[Change], None]:
        """A whole list. A streamed one goes on as a watch, until the server ends it."""
        if self._is_restored:
            self._is_restored, self._furthest = False, -1
            self._inventory = Inventory(self.resource)
            self._unreadable.clear()
            yield [Restored(self.resource)]
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
            except (Rejected, NoStreamingList):
                # The server cannot do it. It is not asked again.
                self._streaming_list = False
            else:
                return
        async with aclosing(self._list_pages()) as batches:
            async for batch in batches:
                yield batch

    async def _list_pages(self) -> AsyncGenerator[list[Change], None]:
        self._inventory.begin()
        limit, token = self._pacing.page, ""
        while True:
            try:
                page = await self._page(limit, token)
            except Expired:
                if not token:
                    raise
                # History is compacted faster than we read it: everything at once, as client-go's pager does.
                limit, token = 0, ""
                self._inventory.begin()
                continue
            if self._lies_behind(page.version):
                raise WentBack
            self._backoff.reset()
            batch = self._noted(page.contents)
            token = page.next
            if not token:
                self._watch_from(page.version)
                yield [*batch, *self._list_ended()]
                return
            yield batch

    async def _page(self, limit: int, token: str) -> Page:
        params = {"limit": str(limit), "continue": token, **self._selector}
        params = {key: value for key, value in params.items() if value not in {"", "0"}}
        return decode_page(self.resource, await self._connection.request("GET", self._path, params=params))

    # The third layer: one stream

    async def _stream_list(self) -> AsyncGenerator[list[Change], None]:
        self._inventory.begin()
        params = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        async with aclosing(self._read(params, WatchDecoder(self.resource))) as batches:
            async for batch in batches:
                yield batch
        if not self._version:
            raise Interrupted("The server ended the list before it was complete.")

    async def _list_from_cache(self) -> AsyncGenerator[list[Change], None]:
        self._inventory.begin()
        reader = ListReader(self.resource)
        params = {"resourceVersion": "0", **self._selector}
        self._last_heard = self._opened = self._clock()
        async with AsyncExitStack() as stack:
            chunks = await self._in_time(stack.enter_async_context(self._connection.stream(self._path, params)))
            while chunk := await self._in_time(anext(chunks, b"")):
                self._last_heard = self._clock()
                if batch := self._noted(reader.feed(chunk).contents):
                    yield batch
        page = reader.finish()
        self._backoff.reset()
        self._watch_from(page.version)
        yield [*self._noted(page.contents), *self._list_ended()]

    async def _in_time(self, step: Awaitable[_T]) -> _T:
        """One step of a list that is no stream: as long as a streamed one may be silent."""
        try:
            async with asyncio.timeout(self._pacing.list_silence):
                return await step
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
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, round(lifetime))),
            **params,
            **self._selector,
        }
        splitter, silent = LineSplitter(), True
        self._last_heard = self._opened = self._clock()
        async with AsyncExitStack() as stack:
            opening = stack.enter_async_context(self._connection.stream(self._path, params))
            chunks = await self._patiently(opening, decoder, lifetime)
            if decoder.complete and (batch := self._live()):
                # An idle watch says nothing for a minute: that it was accepted is all there is to know.
                yield batch
            while chunk := await self._patiently(anext(chunks, b""), decoder, lifetime):
                self._last_heard = self._clock()
                lines = splitter.feed(chunk)
                if not lines:
                    continue
                try:
                    heard = decoder.feed(lines)
                except ServerError as error:
                    if decoder.complete:
                        raise
                    # Its storage is too old for it: apiserver, storage/cacher: RequestWatchProgress.
                    raise NoStreamingList(str(error)) from error
                if decoder.complete and self._lies_behind(decoder.version):
                    raise WentBack
                batch = self._noted(heard)
                if decoder.complete:
                    self._watch_from(decoder.version)
                    self._bookmarks_come = bool(decoder.bookmarks) or self._bookmarks_come
                elif decoder.bookmarks:
                    raise NoStreamingList("The server does not stream lists.")
                silent = False
                self._backoff.reset()
                if batch:
                    yield batch
        if silent and self._short_lived():
            raise Interrupted("The server closes the watch as soon as it is opened.")

    async def _patiently(self, step: Awaitable[_T], decoder: WatchDecoder, lifetime: float) -> _T:
        """One step of a stream, with the time that it may take in this part of it."""
        if not decoder.complete:
            seconds = self._pacing.list_silence
        elif self._bookmarks_come is False:
            seconds = lifetime + self._pacing.grace
        else:
            seconds = self._pacing.silence
        try:
            async with asyncio.timeout(seconds):
                return await step
        except TimeoutError:
            if not decoder.complete:
                raise NoStreamingList("The server does not complete the list that it streams.") from None
            raise Silence(f"Nothing has been heard for {seconds:.0f} s.") from None

    def _watch_from(self, version: str) -> None:
        self._version, self._furthest = version, ordinal(version)

    def _lies_behind(self, version: str) -> bool:
        return 0 <= ordinal(version) < self._furthest

    # What is said

    def _noted(self, heard: Iterable[Heard]) -> list[Change]:
        """The changes to pass on; the inventory and the list of what cannot be read are kept up on the way."""
        changes: list[Change] = []
        before = len(self._unreadable)
        for item in heard:
            self._inventory.note(item)
            if isinstance(item, Unreadable):
                self._unreadable[item.uid] = item
                continue
            if isinstance(item, InitialEnd):
                changes += self._list_ended()
                continue
            if self._unreadable:
                self._unreadable.pop(item.uid if isinstance(item, Gone) else item.object.metadata.uid, None)
            changes.append(item)
        if len(self._unreadable) != before and self._link and self._link.state is LinkState.LIVE:
            changes += self._live()
        return changes

    def _list_ended(self) -> list[Change]:
        gone = self._inventory.end()
        for item in gone:
            self._unreadable.pop(item.uid, None)
        return [*gone, Listed(self.resource), *self._live()]

    def _live(self) -> list[Change]:
        return self._linked(LinkState.LIVE, self._complaint())

    def _complaint(self) -> str:
        """What cannot be shown although the link is live; mostly nothing."""
        if not self._unreadable:
            return ""
        first = next(iter(self._unreadable.values()))
        count = len(self._unreadable)
        return f"{count} of the {self.resource.plural} cannot be read; the first is {first.name}: {first.why}"

    def _linked(self, state: LinkState, reason: str = "", since: datetime | None = None) -> list[Change]:
        """The link's state as a change, or nothing where it is as it was."""
        last = self._link
        if last is not None and (last.state, last.reason) == (state, reason):
            return []
        if last is not None and last.state is state:
            since = last.since
        self._link = Link(self.resource, state, since or self._clock(), reason)
        return [self._link]
