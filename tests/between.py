"""A proxy between ktui and a server that cuts, bends, delays, holds and repeats: what networks and gateways do.

    with between("http://127.0.0.1:8001") as proxy:
        proxy.bend(watch, answer(410))      # every watch, until `proxy.straighten()`
        proxy.freeze()                      # half-open: all connections stay, and nothing comes through

It runs in a thread of its own, so commands and the dashboard can be tried through it as well as single functions. What
it let through is the truth that what ktui says is held against.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import aiohttp
from aiohttp import web

from tests.kube.server import serving

Which = Callable[[web.BaseRequest], bool]
Bend = Callable[["Between", web.BaseRequest], Awaitable[web.StreamResponse]]

_NOT_PASSED_ON: Final = frozenset({"transfer-encoding", "content-length", "connection", "host", "content-encoding"})


@dataclass(frozen=True)
class Passed:
    """A request that came by."""

    at: float
    """By the monotonic clock."""
    method: str
    path: str
    query: dict[str, str]


@dataclass
class Between:
    """The proxy. What is set takes effect at once, also on connections that are open."""

    server: str
    url: str = ""
    passed: list[Passed] = field(default_factory=list)
    last_byte: float = field(default_factory=monotonic)
    """When something was last let through to ktui, by the monotonic clock."""
    keeps_login: bool = True
    """Whether the server gets the credentials that ktui sent."""
    _bends: list[tuple[Which, Bend]] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _came: threading.Condition = field(default_factory=threading.Condition)
    _open: weakref.WeakSet[asyncio.Transport] = field(default_factory=weakref.WeakSet)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flows.set()

    def freeze(self) -> None:
        """From now on nothing comes through, in either direction, while every connection stays open."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def thaw(self) -> None:
        """All that was held comes through."""
        self._loop.call_soon_threadsafe(self._flows.set)

    def bend(self, which: Which, how: Bend) -> None:
        """From now on, do that to the requests that are so; the newest rule counts."""
        self._bends.insert(0, (which, how))

    def once(self, which: Which, how: Bend, times: int = 1) -> None:
        """Do that to the next requests that are so."""
        left = [times]

        def is_next(request: web.BaseRequest) -> bool:
            if not left[0] or not which(request):
                return False
            left[0] -= 1
            return True

        self.bend(is_next, how)

    def straighten(self) -> None:
        """Let everything through as it is."""
        self._bends.clear()
        self.thaw()

    def cut_all(self) -> None:
        """Cut every connection that is open."""
        self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for transport in list(self._open):
            transport.abort()

    def since(self, moment: float) -> list[Passed]:
        """The requests that came by since then."""
        return [each for each in self.passed if each.at >= moment]

    def asked(self, path: str, since: float) -> list[Passed]:
        """Those of them with that path."""
        return [each for each in self.since(since) if each.path == path]

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for something that requests bring about; from another thread than the proxy's."""
        with self._came:
            assert self._came.wait_for(condition, seconds), "it did not come about"

    def rate(self, since: float) -> float:
        """Requests a second since that time by the monotonic clock."""
        return len(self.since(since)) / (monotonic() - since)

    # How it serves

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        with self._came:
            self.passed.append(Passed(monotonic(), request.method, request.path, dict(request.query)))
            self._came.notify_all()
        transport = request.transport
        if transport is not None:
            self._open.add(transport)
        await self._flows.wait()
        how = next((how for which, how in list(self._bends) if which(request)), None)
        return await (how(self, request) if how is not None else self.forward(request))

    async def forward(
        self, request: web.BaseRequest, change: Callable[[bytes], bytes] = bytes, *, most: int = -1, late: float = 0.0
    ) -> web.StreamResponse:
        """Pass the request on, and the answer back: each chunk changed and so much late, cut after so many bytes."""
        head = {key: value for key, value in request.headers.items() if key.lower() not in _NOT_PASSED_ON}
        head["Accept-Encoding"] = "identity"
        if not self.keeps_login:
            head.pop("Authorization", None)
        limits = aiohttp.ClientTimeout(total=None, sock_read=None)
        async with self.session().request(
            request.method,
            f"{self.server}{request.path_qs}",
            headers=head,
            data=await request.read(),
            timeout=limits,
            allow_redirects=False,
        ) as answer:
            response = web.StreamResponse(status=answer.status)
            for key, value in answer.headers.items():
                if key.lower() not in _NOT_PASSED_ON:
                    response.headers.add(key, value)
            await self._flows.wait()
            await response.prepare(request)
            self.last_byte = monotonic()
            async for chunk in answer.content.iter_any():
                await self._flows.wait()
                if late:
                    await asyncio.sleep(late)
                changed = change(chunk)
                if 0 <= most < len(changed):
                    await response.write(changed[:most])
                    abort(request)
                    return response
                most -= len(changed) if most >= 0 else 0
                await response.write(changed)
                self.last_byte = monotonic()
        return response

    def session(self) -> aiohttp.ClientSession:
        """The connections to the server, in the proxy's own thread."""
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=False)
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


# Which requests


def everything(request: web.BaseRequest) -> bool:
    return True


def watch(request: web.BaseRequest) -> bool:
    """Streams, lists that stream included."""
    return request.query.get("watch") == "true"


def collection(plural: str) -> Which:
    """Lists and watches of that resource."""
    return lambda request: request.path.endswith(f"/{plural}")


# What becomes of them


def abort(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()


async def cut(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
    """Accept and close at once."""
    abort(request)
    return web.Response()


async def hold(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
    """Accept, and never answer."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


def answer(status: int, body: bytes = b"", content_type: str = "application/json", **headers: str) -> Bend:
    """Answer with that instead of asking the server."""

    async def answering(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        proxy.last_byte = monotonic()
        return web.Response(
            status=status,
            body=body,
            content_type=content_type,
            headers={key.replace("_", "-"): value for key, value in headers.items()},
        )

    return answering


LOGIN_PAGE: Final = answer(200, b"<!DOCTYPE html>\n<html>\n<body>Log in</body>\n</html>\n", "text/html")


def delay(seconds: float) -> Bend:
    """Pass the request on after that time."""

    async def delaying(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await proxy.forward(request)

    return delaying


def repeat(times: int = 2) -> Bend:
    """Send the request to the server several times, and pass the last answer back."""

    async def repeating(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        for _ in range(times - 1):
            async with (
                aiohttp.ClientSession() as session,
                session.request(
                    request.method,
                    f"{proxy.server}{request.path_qs}",
                    headers={k: v for k, v in request.headers.items() if k.lower() not in _NOT_PASSED_ON},
                    data=await request.read(),
                ) as first,
            ):
                await first.read()
        return await proxy.forward(request)

    return repeating


def replace(old: bytes, new: bytes) -> Bend:
    """Pass the answer back with other bytes in it."""

    async def replacing(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        return await proxy.forward(request, lambda chunk: chunk.replace(old, new))

    return replacing


def cut_after(size: int) -> Bend:
    """Pass so many bytes of the answer back, and cut it."""

    async def cutting(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        return await proxy.forward(request, most=size)

    return cutting


@contextmanager
def between(server: str, tls: ssl.SSLContext | None = None) -> Iterator[Between]:
    """A proxy in front of that server, on a free port of loopback."""
    proxy, is_up, is_over = Between(server), threading.Event(), asyncio.Event()
    loop = proxy._loop

    async def run() -> None:
        async with serving(proxy.handle, tls) as url:
            proxy.url = url
            is_up.set()
            await is_over.wait()
        await proxy.aclose()

    def serve() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(run())
        loop.close()

    thread = threading.Thread(target=serve, name="proxy between ktui and the server")
    thread.start()
    try:
        assert is_up.wait(10)
        yield proxy
    finally:
        proxy.thaw()
        loop.call_soon_threadsafe(is_over.set)
        thread.join()
