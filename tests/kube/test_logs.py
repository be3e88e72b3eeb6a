from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import pytest
from aiohttp import web

from ktui.kube.backoff import Pacing
from ktui.kube.connection import Connection
from ktui.kube.errors import NotFound, Rejected
from ktui.kube.logs import (
    ContainerLog,
    LogFollower,
    LogState,
    LogStatus,
    NoLog,
    read_log,
)
from tests.kube.conftest import Connecting
from tests.kube.following import QUICK
from tests.kube.logged import stamped
from tests.kube.server import serving, status

LOG = ContainerLog("shop", "web-1", "web")


@dataclass
class Kubelet:
    """Serves the log of one container, in whatever way a test asks for."""

    written: list[bytes] = field(default_factory=list)
    previous: list[bytes] | None = None
    answers: list[web.Response] = field(default_factory=list)
    """What the next requests are answered with instead."""
    queries: list[dict[str, str]] = field(default_factory=list)
    ends: bool = False
    _open: list[web.BaseRequest] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(20):
            while len(self.queries) < times:
                self._asked.clear()
                await self._asked.wait()

    def write(self, *lines: bytes) -> None:
        self.written += lines
        self._news.set()

    def end(self) -> None:
        self.ends = True
        self._news.set()

    def cut(self) -> None:
        """Break every connection in the middle of the answer."""
        for request in self._open:
            if request.transport is not None:
                request.transport.abort()
        self._open.clear()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.path == "/api/v1/namespaces/shop/pods/web-1/log"
        self.queries.append(dict(request.query))
        self._asked.set()
        if self.answers:
            return self.answers.pop(0)
        lines = self.previous if "previous" in request.query else self.written
        if lines is None:
            told = 'previous terminated container "web" in pod "web-1" not found'
            return status(400, "BadRequest", told)
        sent = max(0, len(lines) - int(request.query.get("tailLines", len(lines))))
        response = web.StreamResponse()
        await response.prepare(request)
        self._open.append(request)
        with suppress(ConnectionError):
            await self._send(request, response, lines[sent:], lines)
        return response

    async def _send(
        self, request: web.BaseRequest, response: web.StreamResponse, due: list[bytes], lines: list[bytes]
    ) -> None:
        # As the API server passes it on: in whole seconds, and from that second on.
        since = request.query.get("sinceTime", "")[:19].encode()
        while True:
            sent = len(lines)
            for line in due:
                if line[:19] >= since:
                    await response.write(line)
            if "follow" not in request.query or self.ends:
                await response.write_eof()
                return
            self._news.clear()
            await self._news.wait()
            due = lines[sent:]


class Heard:
    """What a follower has told so far."""

    def __init__(self, follower: LogFollower) -> None:
        self.follower = follower
        self.lines: list[str] = []
        self.told: list[LogState] = []
        self.is_over = False
        self._news = asyncio.Event()

    @property
    def states(self) -> list[LogStatus]:
        return [told.status for told in self.told]

    async def run(self) -> None:
        async with aclosing(self.follower.heard()) as heard:
            async for batch in heard:
                if isinstance(batch, LogState):
                    self.told.append(batch)
                else:
                    self.lines += [line.text for line in batch]
                self._news.set()
        self.is_over = True
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_lines(self, *texts: str) -> None:
        await self.until(lambda: len(self.lines) >= len(texts))
        assert self.lines == list(texts)

    async def until_told(self, status: LogStatus) -> LogState:
        await self.until(lambda: status in self.states)
        return next(told for told in self.told if told.status is status)


@asynccontextmanager
async def following(
    connection: Connection, *, previous: bool = False, pacing: Pacing = QUICK, tail: int = 100
) -> AsyncIterator[Heard]:
    follower = LogFollower(connection, LOG, tail=tail, previous=previous, pacing=pacing, random=Random(1))
    heard = Heard(follower)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(heard.run())
        try:
            yield heard
        finally:
            task.cancel()


@pytest.fixture
async def kubelet(connecting: Connecting) -> AsyncIterator[tuple[Kubelet, Connection]]:
    kubelet = Kubelet()
    async with serving(kubelet.handle) as url, connecting(url) as connection:
        yield kubelet, connection


# Reading once


async def test_the_last_lines_are_read_once(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "one"), stamped(2, "two"), stamped(3, "no newline").rstrip()]
    assert [line.text for line in await read_log(connection, LOG, tail=2)] == ["two", "no newline"]
    assert server.queries == [{"container": "web", "timestamps": "true", "tailLines": "2"}]
    with pytest.raises(Rejected, match="previous terminated container"):
        await read_log(connection, LOG, previous=True)


async def test_what_cannot_be_read_is_an_error(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.answers = [status(404, "NotFound", 'pods "web-1" not found')]
    with pytest.raises(NotFound):
        await read_log(connection, LOG)


# Following


async def test_lines_follow_those_that_were_there(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "one"), stamped(2, "two")]
    async with following(connection, tail=1) as heard:
        await heard.until_lines("two")
        server.write(stamped(3, "three"))
        await heard.until_lines("two", "three")
        assert heard.states == [LogStatus.FOLLOWING]


async def test_a_broken_stream_goes_on_where_it_was_without_a_line_twice(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "one"), stamped(2, "a", 1), stamped(2, "same", 2), stamped(2, "same", 2)]
    async with following(connection) as heard:
        await heard.until_lines("one", "a", "same", "same")
        server.write(stamped(2, "same", 2), stamped(2, "late, and stamped before", 1), stamped(3, "b"))
        server.cut()
        await heard.until(lambda: len(heard.lines) == 7)
        server.cut()
        server.write(stamped(3, "c", 5))
        await heard.until(lambda: len(heard.lines) == 8)
    assert heard.lines == ["one", "a", "same", "same", "same", "late, and stamped before", "b", "c"]
    assert [query.get("sinceTime") for query in server.queries] == [
        None,
        "2026-11-23T12:00:02Z",
        "2026-11-23T12:00:03Z",
    ]
    assert "tailLines" not in server.queries[-1]
    assert LogStatus.BROKEN not in heard.states


async def test_a_server_that_is_away_is_told_and_found_again(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.answers = [status(503, "ServiceUnavailable", "etcd is away")]
    server.written = [stamped(1, "one")]
    async with following(connection) as heard:
        await heard.until_lines("one")
        assert heard.states == [LogStatus.BROKEN, LogStatus.FOLLOWING]
        assert "etcd is away" in heard.told[0].reason


async def test_a_container_that_has_not_started_is_waited_for(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    waiting = 'container "web" in pod "web-1" is waiting to start: ContainerCreating'
    server.answers = [status(400, "BadRequest", waiting)]
    server.written = [stamped(1, "one")]
    async with following(connection) as heard:
        assert await heard.until_told(LogStatus.WAITING) == (LogStatus.WAITING, "ContainerCreating")
        await heard.until_lines("one")


async def test_a_refusal_is_told_in_a_sentence(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.answers = [status(403, "Forbidden", 'pods "web-1" is forbidden: User "eve" cannot get resource "pods/log"')]
    async with following(connection) as heard:
        told = await heard.until_told(LogStatus.REFUSED)
        assert told.reason.startswith("Not allowed: pods")
        await heard.until_told(LogStatus.FOLLOWING)


NO_LOG = b"unable to retrieve container logs for containerd://8f0c5a"


@pytest.mark.parametrize("raw", [NO_LOG, NO_LOG + b"\n"], ids=["without a newline", "with one"])
async def test_what_stands_in_place_of_a_log_is_told_and_is_no_line(
    kubelet: tuple[Kubelet, Connection], raw: bytes
) -> None:
    server, connection = kubelet
    server.written, server.ends = [raw], True
    with pytest.raises(NoLog, match="does not have it"):
        await read_log(connection, LOG)
    async with following(connection) as heard:
        told = await heard.until_told(LogStatus.BROKEN)
        assert "kubelet cannot give this log" in told.reason
        server.written, server.ends = [stamped(1, NO_LOG.decode())], False
        await heard.until_lines(NO_LOG.decode())


async def test_what_was_written_before_the_restart_comes_first(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.previous = [stamped(1, "boot"), stamped(2, "panic: no database")]
    server.written = [stamped(9, "boot again")]
    async with following(connection, previous=True) as heard:
        await heard.until_lines("boot", "panic: no database", "boot again")
        assert heard.states == [LogStatus.PREVIOUS, LogStatus.FOLLOWING]
        assert server.queries[0]["previous"] == "true"


async def test_while_a_container_waits_to_be_restarted_both_requests_answer_the_same_run(
    kubelet: tuple[Kubelet, Connection],
) -> None:
    server, connection = kubelet
    server.previous = server.written = [stamped(1, "boot"), stamped(2, "panic")]
    server.ends = True
    async with following(connection, previous=True) as heard:
        await heard.until_told(LogStatus.ENDED)
        assert heard.lines == ["boot", "panic"]


async def test_without_a_previous_run_the_present_one_is_followed(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "one")]
    async with following(connection, previous=True) as heard:
        await heard.until_lines("one")
        assert heard.states == [LogStatus.FOLLOWING]


async def test_a_restart_is_followed_and_the_end_told(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "first run")]
    async with following(connection) as heard:
        await heard.until_lines("first run")
        server.end()
        await heard.until_told(LogStatus.ENDED)
        server.ends = False
        server.written = [stamped(7, "second run")]
        heard.follower.retry_now()
        await heard.until_lines("first run", "second run")
        assert heard.states == [LogStatus.FOLLOWING, LogStatus.ENDED, LogStatus.FOLLOWING]


async def test_a_pod_that_is_gone_is_the_end(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "one")]
    async with following(connection) as heard:
        await heard.until_lines("one")
        server.answers = [status(404, "NotFound", 'pods "web-1" not found')]
        server.end()
        await heard.until(lambda: heard.is_over)
        assert heard.states[-1] is LogStatus.GONE


async def test_who_is_told_that_the_pod_is_gone_reads_to_the_end_and_asks_no_more(
    kubelet: tuple[Kubelet, Connection],
) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "one")]
    async with following(connection) as heard:
        await heard.until_lines("one")
        heard.follower.finish()
        server.write(stamped(2, "last words"))
        await heard.until_lines("one", "last words")
        server.end()
        await heard.until(lambda: heard.is_over)
        assert len(server.queries) == 1


async def test_a_silent_stream_is_opened_again(kubelet: tuple[Kubelet, Connection]) -> None:
    server, connection = kubelet
    server.written = [stamped(1, "one")]
    async with following(connection, pacing=Pacing(silence=0.05, first_wait=0.001, short=0.0)) as heard:
        await server.until_asked(3)
        assert heard.lines == ["one"]
