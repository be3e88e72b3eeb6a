"""What ktui says of its link, held against what a proxy let through: dead links, and what only looks like a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from random import Random
from time import monotonic

import pytest

from ktui.kinds.registry import STREAMED
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.backoff import Pacing
from ktui.kube.connection import Connection, connect
from ktui.kube.liveness import Pulse, Vigilance
from ktui.kube.streams.streams import Streams
from ktui.model.changes import Link, LinkState
from ktui.model.resources import DEPLOYMENTS, PODS
from ktui.model.store import Store
from ktui.sim import SimulatedCluster
from tests import between
from tests.between import Between
from tests.kube.conftest import WriteKubeconfig
from tests.kube.test_api import WEB

VIGILANCE = Vigilance(quiet=0.6, answer=0.3, again=0.3)
DEAD = VIGILANCE.dead
SLACK = 12.0
"""How late a busy machine may be: a watch that nobody looked after would be waited for for minutes."""

PACING = Pacing(
    rate=10.0, short=0.3, first_wait=0.1, longest_wait=2.0, refused_wait=2.0, poll=1.0, opening=0.5, list_silence=0.5
)


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    it = SimulatedCluster(seed=1)
    it.apply(WEB)
    it.settle()
    with it.serving():
        yield it


@pytest.fixture
def proxy(cluster: SimulatedCluster) -> Iterator[Between]:
    with between.between(cluster.url) as proxy:
        yield proxy


class Watcher:
    """All streams at once, and everything that was ever said of their links."""

    def __init__(self, connection: Connection, streams: Streams) -> None:
        self.connection = connection
        self.streams = streams
        self.store = Store()
        self.said: list[tuple[float, Link]] = []
        self._news = asyncio.Event()

    async def run(self) -> None:
        while True:
            changes = await self.streams.take()
            self.store.apply(changes)
            self.said += [(monotonic(), change) for change in changes if isinstance(change, Link)]
            self._news.set()

    @property
    def states(self) -> set[LinkState]:
        return {link.state for link in self.store.links.values()}

    def since(self, moment: float) -> set[LinkState]:
        return {link.state for at, link in self.said if at >= moment}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_live(self) -> None:
        await self.until(lambda: len(self.store.links) == len(STREAMED) and self.states == {LinkState.LIVE})


Watching = Callable[..., AbstractAsyncContextManager[Watcher]]


@pytest.fixture
def watching(proxy: Between, write_kubeconfig: WriteKubeconfig) -> Watching:
    @asynccontextmanager
    async def watching(pacing: Pacing = PACING, vigilance: Vigilance = VIGILANCE) -> AsyncIterator[Watcher]:
        around = Surroundings(environ={}, vigilance=vigilance)
        async with (
            await connect(Access(write_kubeconfig(proxy.url)), around) as connection,
            Streams(connection, resources=STREAMED, pacing=pacing, random=Random(1)) as streams,
        ):
            streams.go()
            watcher = Watcher(connection, streams)
            task = asyncio.create_task(watcher.run())
            try:
                yield watcher
            finally:
                task.cancel()

    return watching


async def test_a_quiet_cluster_is_asked_now_and_then_and_stays_live(proxy: Between, watching: Watching) -> None:
    async with watching() as it:
        await it.until_live()
        begun = monotonic()
        await asyncio.to_thread(proxy.until, lambda: len(proxy.asked("/readyz", begun)) >= 3)
        assert {each.path for each in proxy.since(begun)} == {"/readyz"}
        assert proxy.rate(begun) < 2 / VIGILANCE.quiet
        assert it.states == {LinkState.LIVE}


async def test_a_question_that_goes_wrong_in_itself_does_not_end_the_watch_over_the_link() -> None:
    answers: list[BaseException | None] = [ValueError("bug"), asyncio.CancelledError(), None]

    async def ask(seconds: float) -> None:
        if (answer := answers.pop(0) if answers else None) is not None:
            raise answer

    pulse, said = Pulse(ask, Vigilance(quiet=0.02, answer=0.2, again=0.01)), []
    pulse.heard()
    async with asyncio.timeout(20), pulse.watched(asyncio.Event()):
        while answers or pulse.lost is not None:
            said.append(str(pulse.lost))
            await asyncio.sleep(0.002)
    assert any("cannot be asked: ValueError in ktui." in each for each in said)
    assert any("No answer for" in each for each in said)


async def test_a_half_open_connection_is_known_in_time_and_comes_back(proxy: Between, watching: Watching) -> None:
    async with watching() as it:
        await it.until_live()
        proxy.freeze()
        await it.until(lambda: it.states == {LinkState.SILENT})
        assert monotonic() - proxy.last_byte < DEAD + SLACK
        assert "No answer for" in it.store.links[PODS].reason
        proxy.thaw()
        await it.until_live()


async def test_a_server_that_never_answers_is_not_waited_for_in_silence(proxy: Between, watching: Watching) -> None:
    proxy.bend(between.everything, between.hold)
    begun = monotonic()
    async with watching() as it:
        await it.until(lambda: it.states == {LinkState.SILENT})
        assert monotonic() - begun < DEAD + SLACK
        assert LinkState.LIVE not in it.since(begun)
        proxy.straighten()
        await it.until_live()


async def test_a_cut_and_then_a_connection_that_is_never_answered(proxy: Between, watching: Watching) -> None:
    async with watching() as it:
        await it.until_live()
        proxy.bend(between.everything, between.hold)
        proxy.cut_all()
        await it.until(lambda: it.states == {LinkState.SILENT})
        assert monotonic() - proxy.last_byte < DEAD + SLACK
        proxy.straighten()
        await it.until_live()


async def test_one_list_that_is_never_answered_is_asked_for_again(proxy: Between, watching: Watching) -> None:
    async with watching() as it:
        await it.until_live()
        # The others are answered, so the server is not lost.
        proxy.once(lambda request: request.path.endswith("/deployments") and not between.watch(request), between.hold)
        proxy.cut_all()
        await it.until(lambda: it.states != {LinkState.LIVE})
        await it.until_live()


async def test_a_request_that_times_out_tells_at_once(proxy: Between, watching: Watching) -> None:
    async with watching(vigilance=replace(VIGILANCE, quiet=3600.0)) as it:
        await it.until_live()
        proxy.freeze()
        with pytest.raises(Exception, match="did not answer in time"):
            await it.connection.request("GET", "/version", timeout=0.2)
        await it.until(lambda: it.states == {LinkState.SILENT})


LASTING = {
    "accepts and closes at once": (between.everything, between.cut),
    "a login page": (between.everything, between.LOGIN_PAGE),
    "a login page that says it is JSON": (between.everything, between.answer(200, b"<html>\n</html>\n")),
    "every watch is too old": (between.watch, between.answer(410, b'{"kind":"Status","reason":"Expired","code":410}')),
    "every watch is too old, as an event": (
        between.watch,
        between.answer(200, b'{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410}}\n'),
    ),
    "every watch ends after one bookmark": (
        between.watch,
        between.answer(200, b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"999999"}}}\n'),
    ),
    "lists answer and watches do not": (between.watch, between.hold),
    "every watch is cut": (between.watch, between.cut),
    "every watch ends at once": (between.watch, between.answer(200)),
}


@pytest.mark.parametrize("from_the_start", [True, False], ids=["from the start", "after a while"])
@pytest.mark.parametrize(("which", "how"), LASTING.values(), ids=LASTING.keys())
async def test_what_lasts_costs_little_and_is_not_called_live(
    proxy: Between, watching: Watching, which: between.Which, how: between.Bend, from_the_start: bool
) -> None:
    async with watching() as it:
        if not from_the_start:
            await it.until_live()
        begun = monotonic()
        proxy.bend(which, how)
        proxy.cut_all()
        trouble = {LinkState.RECONNECTING, LinkState.LISTED, LinkState.SILENT, LinkState.REFUSED}
        await it.until(lambda: len(it.store.links) == len(STREAMED) and it.states <= trouble)
        settled = monotonic()
        await asyncio.to_thread(proxy.until, lambda: len(proxy.since(settled)) >= 12)
        assert LinkState.LIVE not in it.since(settled)
        assert it.states <= trouble
        # An attempt is a list, a watch and what aiohttp asks again; so many attempts there may be, however each ends.
        attempts = PACING.burst + len(STREAMED) + PACING.rate * (monotonic() - begun)
        assert len(proxy.since(begun)) <= 4 * attempts
        proxy.straighten()
        await it.until_live()


@pytest.mark.parametrize("code", [403, 404, 405, 501])
async def test_what_cannot_be_watched_is_listed_instead(proxy: Between, watching: Watching, code: int) -> None:
    proxy.bend(between.watch, between.answer(code, b'{"kind":"Status","message":"no streams here"}'))
    async with watching() as it:
        await it.until(lambda: len(it.store.links) == len(STREAMED) and it.states == {LinkState.LISTED})
        link = it.store.links[DEPLOYMENTS]
        assert "cannot be watched" in link.reason
        assert "listed instead, every 1s" in link.reason
        assert set(STREAMED) <= it.store.listed
        assert it.store.count(DEPLOYMENTS) == 1
        await it.until(lambda: it.store.links[DEPLOYMENTS].since > link.since)
        proxy.straighten()
        await it.until_live()


async def test_a_server_that_asks_for_a_day_is_asked_again_after_a_minute_and_it_is_said(
    proxy: Between, watching: Watching
) -> None:
    proxy.bend(between.everything, between.answer(429, b'{"kind":"Status","message":"slow down"}', Retry_After="86400"))
    async with watching() as it:
        await it.until(lambda: len(it.store.links) == len(STREAMED) and it.states == {LinkState.RECONNECTING})
        assert "It asks to wait: trying again at " in it.store.links[PODS].reason
        proxy.straighten()
        it.streams.retry_now()
        await it.until_live()


@pytest.mark.parametrize(
    ("how", "state"),
    [
        (between.cut, LinkState.RECONNECTING),
        (between.answer(503), LinkState.RECONNECTING),
        (between.answer(403, b'{"kind":"Status","message":"not any more"}'), LinkState.REFUSED),
    ],
    ids=["cut", "503", "403"],
)
async def test_what_cannot_even_be_listed_any_more_is_not_called_listed(
    proxy: Between, watching: Watching, how: between.Bend, state: LinkState
) -> None:
    proxy.bend(between.watch, between.answer(405))
    async with watching(vigilance=replace(VIGILANCE, quiet=3600.0)) as it:
        await it.until(lambda: len(it.store.links) == len(STREAMED) and it.states == {LinkState.LISTED})
        proxy.bend(between.everything, how)
        await it.until(lambda: it.states == {state})
        listed = {link.resource: link.since for _, link in it.said if link.state is LinkState.LISTED}
        assert {link.resource: link.since for link in it.store.links.values()} == listed, "as old as the last list"
