from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from ktui.kube.auth.access import Access
from ktui.kube.connection import Connection, connect
from ktui.kube.logs import LogLine
from ktui.tui.logs.buffer import Entry, LogBuffer, Source
from ktui.tui.logs.feed import MOST_WAITING, TOGETHER, LogFeed, Places
from ktui.tui.logs.sources import Selection, Watched
from tests.tui.conftest import Stage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def watched(stage: Stage, **fields: bool | int | str) -> Watched:
    (pod,) = stage.core.list_namespaced_pod("shop").items
    source = Source(pod.metadata.uid, "shop", pod.metadata.name, "aaaaa", "cart")
    return Watched(source, **{"runs": True, "has_log": True, "restarts": 0, "crashed": False, **fields})  # type: ignore[arg-type]


class Following:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.feed = LogFeed()
        self.entries: list[Entry] = []

    def follow(self, *chosen: Watched, connected: bool = True) -> None:
        alive = frozenset(each.source.uid for each in chosen)
        self.feed.follow(Selection(chosen, alive=alive), self.connection if connected else None, NOW, previous=False)

    @property
    def texts(self) -> list[str]:
        return [entry.text for entry in self.entries]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while True:
                self.entries += self.feed.take()
                if condition():
                    return
                await asyncio.sleep(0.01)


@asynccontextmanager
async def following(stage: Stage, path: Path) -> AsyncIterator[Following]:
    async with await connect(Access(kubeconfig=str(path))) as connection:
        it = Following(connection)
        try:
            yield it
        finally:
            await it.feed.aclose()


async def test_streams_that_are_faster_than_they_are_taken_wait(stage: Stage) -> None:
    noisy = {"labels": {"app": "cart"}, "annotations": {"sim.ktui/log-rate": "20000"}}
    container = {"name": "cart", "image": "cart:1.0"}
    stage.deploy("cart", "cart:1.0", replicas=1, template={"metadata": noisy, "spec": {"containers": [container]}})
    stage.advance(10)
    async with following(stage, stage.kubeconfig()) as it:
        it.follow(watched(stage))
        await it.until(lambda: it.feed.lines > 500)
        stage.advance(5)
        most = 0
        while it.feed.lines < 80_000:
            await asyncio.sleep(0.01)
            taken = it.feed.take()
            most = max(most, len(taken))
            it.entries += taken
        # One chunk off the network may be on top of what waits.
        assert most < 2 * MOST_WAITING
        assert it.texts == list(dict.fromkeys(it.texts))


async def test_another_connection_goes_on_where_the_last_one_ended(stage: Stage) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with following(stage, stage.kubeconfig()) as it:
        chosen = watched(stage)
        it.follow(chosen)
        await it.until(lambda: len(it.entries) > 10)
        it.follow(chosen, connected=False)
        stage.advance(10)
        before = len(it.entries)
        async with await connect(Access(kubeconfig=str(stage.kubeconfig()))) as other:
            it.connection = other
            it.follow(chosen)
            await it.until(lambda: len(it.entries) > before + 10)
            assert len(set(it.texts)) == len(it.texts)
            await it.feed.aclose()


async def test_a_log_that_is_not_wanted_any_more_is_closed_without_a_word(stage: Stage) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with following(stage, stage.kubeconfig()) as it:
        chosen = watched(stage)
        it.follow(chosen)
        await it.until(lambda: len(it.entries) > 10)
        it.feed.follow(Selection(alive=frozenset({chosen.source.uid})), it.connection, NOW, previous=False)
        assert not it.feed.followed
        assert not any(entry.is_note for entry in it.feed.take())


async def test_a_pod_that_went_is_read_to_its_end_and_marked(stage: Stage) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with following(stage, stage.kubeconfig()) as it:
        chosen = watched(stage)
        it.follow(chosen)
        await it.until(lambda: len(it.entries) > 10)
        stage.apps.delete_namespaced_deployment("cart", "shop")
        stage.advance(10)
        it.follow()
        # Nobody has to look again for that: on a still screen nobody does.
        await it.until(lambda: it.texts[-1] == "the pod is gone")
        assert it.texts[-2].startswith("INFO  SIGTERM received")
        assert not it.feed.followed


async def test_the_end_of_a_run_is_noted_once_below_its_last_line(stage: Stage) -> None:
    stage.deploy("cart", "cart:crash", replicas=1)
    stage.advance(2.2)
    async with following(stage, stage.kubeconfig()) as it:
        chosen = watched(stage, runs=False, restarts=1, crashed=True, ended="exit code 1", waiting="CrashLoopBackOff")
        it.follow(chosen)
        await it.until(lambda: "ended with exit code 1" in it.texts)
        it.follow(chosen)
        await it.until(lambda: True)
        buffer = LogBuffer()
        buffer.add(it.entries)
        shown = [entry.text for entry in buffer.shown]
        assert shown[0] == "previous instance, its last run"
        assert shown[-2:] == ["FATAL exiting with code 1", "ended with exit code 1"]
        assert shown.count("ended with exit code 1") == 1


def test_a_stack_trace_stays_together_whatever_others_write_meanwhile() -> None:
    places, step = Places(), TOGETHER // 10
    texts = ["ERROR cannot start", "Traceback:", "  File one", "    main()", "KeyError: 'X'", "INFO  later"]
    orders = [places.of(LogLine(number * step, text)) for number, text in enumerate(texts)]
    assert orders == [0, step, step, step, step, 5 * step]
    assert places.of(LogLine(5 * step + 2 * TOGETHER, "  indented, and much later")) == 5 * step + 2 * TOGETHER


def test_what_was_written_before_stays_together_though_it_is_not_indented() -> None:
    step = TOGETHER // 10
    texts = ["ERROR no database", "panic: nil pointer", "goroutine 1 [running]:", "main.main()", "FATAL exit 1"]
    lines = [LogLine(number * step, text) for number, text in enumerate(texts)]
    before, live = Places(), Places()
    assert {before.of(line, is_live=False) for line in lines} == {0}
    assert len({live.of(line) for line in lines}) == len(lines)
    assert before.of(LogLine(9 * TOGETHER, "started"), is_live=False) == 9 * TOGETHER
