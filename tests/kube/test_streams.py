from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.registry import STREAMED
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from ktui.kube.streams.streams import Outbox, Streams, is_at_once
from ktui.model.changes import Change, Gone, Link, LinkState, Listed, Put, Restored
from ktui.model.objects import Deployment, Pod
from ktui.model.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS, Resource, known_resources
from ktui.model.store import Store
from ktui.sim import SimulatedCluster
from tests.kube.following import QUICK
from tests.kube.server import Collection, pod
from tests.kube.test_api import WEB

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


# The outbox


def put(uid: str, version: int) -> Put:
    obj = pod("p")
    obj["metadata"] |= {"uid": uid, "resourceVersion": str(version)}
    return Put(PODS, msgspec.convert(obj, Pod))


def gone(uid: str) -> Gone:
    return Gone(PODS, uid)


def link(state: LinkState) -> Link:
    return Link(PODS, state, NOW)


async def test_a_reader_that_lags_gets_the_newest_of_each_object() -> None:
    outbox = Outbox()
    outbox.put([link(LinkState.CONNECTING), put("a", 1), put("b", 1), Listed(PODS), link(LinkState.LIVE)])
    outbox.put([put("a", 2), put("c", 3)])
    outbox.put([put("a", 4)])
    assert await outbox.take() == [
        put("a", 4), put("b", 1), Listed(PODS), link(LinkState.LIVE), put("c", 3),
    ]  # fmt: skip


async def test_what_came_and_went_unseen_is_never_told() -> None:
    outbox = Outbox()
    outbox.put([put("seen", 1), link(LinkState.LIVE)])
    await outbox.take()
    for n in range(100):
        outbox.put([put(f"short-lived-{n}", n), gone(f"short-lived-{n}")])
    outbox.put([put("seen", 2), gone("seen")])
    assert await outbox.take() == [gone("seen")]


async def test_what_comes_out_of_order_leaves_the_newest() -> None:
    outbox, store = Outbox(), Store()
    outbox.put([put("a", 5), put("a", 4), Gone(PODS, "a", "3"), Gone(PODS, "c", "9"), put("c", 8)])
    store.apply(await outbox.take())
    outbox.put([put("c", 8), put("a", 3)])
    store.apply(await outbox.take())
    assert {uid: obj.metadata.resource_version for uid, obj in store._objects[PODS].items()} == {"a": "5"}


async def test_of_a_history_that_went_back_nothing_is_told_any_more() -> None:
    outbox = Outbox()
    outbox.put([put("a", 7), put("b", 8), link(LinkState.LIVE)])
    await outbox.take()
    outbox.put([put("a", 9), put("c", 9), link(LinkState.RECONNECTING)])
    outbox.put([Restored(PODS), put("a", 2), put("d", 3), gone("d"), Listed(PODS)])
    assert await outbox.take() == [
        Restored(PODS), link(LinkState.RECONNECTING), put("a", 2), Listed(PODS),
    ]  # fmt: skip


async def test_it_waits_while_there_is_nothing() -> None:
    outbox = Outbox()
    waiting = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.put([put("a", 1)])
    assert await waiting == [put("a", 1)]


STEP = st.one_of(
    st.builds(lambda uid: ("put", uid), st.sampled_from("abc")),
    st.builds(lambda uid: ("gone", uid), st.sampled_from("abc")),
    st.just(("take", "")),
)


@given(st.lists(STEP, max_size=40))
def test_however_it_lags_the_reader_ends_with_the_same_objects(steps: list[tuple[str, str]]) -> None:
    outbox, here, there = Outbox(), dict[str, int](), dict[str, int]()

    def hear(changes: list[Change]) -> None:
        for change in changes:
            if isinstance(change, Put):
                here[change.object.metadata.uid] = int(change.object.metadata.resource_version)
            elif isinstance(change, Gone):
                del here[change.uid]

    async def live() -> None:
        outbox.put([link(LinkState.LIVE)])
        for version, (step, uid) in enumerate(steps):
            if step == "put":
                there[uid] = version
                outbox.put([put(uid, version)])
            elif step == "gone" and uid in there:
                del there[uid]
                outbox.put([gone(uid)])
            elif step == "take":
                outbox.put([link(LinkState.LIVE)])
                hear(await outbox.take())
        outbox.put([link(LinkState.LIVE)])
        hear(await outbox.take())

    asyncio.run(live())
    assert here == there


async def test_an_error_in_ktui_itself_reaches_the_reader(pods: tuple[Collection, Connection]) -> None:
    _, connection = pods
    ticks = [NOW]

    def breaking() -> datetime:
        assert ticks, "the clock is broken"
        return ticks.pop()

    async def read(streams: Streams) -> None:
        while True:
            await streams.take()

    async with Streams(connection, "shop", resources=[DEPLOYMENTS], clock=breaking) as streams:
        with pytest.raises(AssertionError, match="the clock is broken"):
            await read(streams)


# All streams, on the simulated cluster


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    it = SimulatedCluster(speed=20.0, developer_namespace="shop", seed=1)
    it.apply(WEB)
    it.settle()
    with it.serving():
        yield it


class Reader:
    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.store = Store()
        self.links: list[Link] = []
        self.versions: dict[Resource, dict[str, str]] = {resource: {} for resource in known_resources()}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                changes = await self.streams.take()
                self.store.apply(changes)
                for change in changes:
                    match change:
                        case Put(resource, obj):
                            self.versions[resource][obj.metadata.uid] = obj.metadata.resource_version
                        case Gone(resource, uid):
                            del self.versions[resource][uid]
                        case Link():
                            self.links.append(change)

    async def until_live(self, *resources: Resource) -> None:
        await self.until(
            lambda: all(
                self.store.links.get(resource) is not None
                and self.store.links[resource].state is LinkState.LIVE
                and resource in self.store.listed
                for resource in resources or STREAMED
            )
        )


@asynccontextmanager
async def reading(
    cluster: SimulatedCluster,
    folder: Path,
    namespace: str | None = None,
    user: str = "admin",
    selector: str = "",
    **pacing: Any,
) -> AsyncIterator[Reader]:
    file = cluster.write_kubeconfig(folder / user, user)
    patience = replace(QUICK, **pacing)
    async with (
        await connect(Access(str(file)), Surroundings(environ={})) as connection,
        Streams(connection, namespace, selector, resources=STREAMED, pacing=patience, random=Random(1)) as streams,
    ):
        reader = Reader(streams)
        yield reader


def there(cluster: SimulatedCluster, resource: Resource) -> dict[str, str]:
    return {obj["metadata"]["uid"]: obj["metadata"]["resourceVersion"] for obj in cluster.list(resource.plural)}


async def roll_out(cluster: SimulatedCluster, folder: Path, image: str) -> None:
    file = cluster.write_kubeconfig(folder / "writer", "admin")
    async with await connect(Access(str(file)), Surroundings(environ={})) as connection:
        path = "/spec/template/spec/containers/0/image"
        await Api(connection).patch(DEPLOYMENTS, "shop", "web", [{"op": "replace", "path": path, "value": image}])


async def settled(cluster: SimulatedCluster) -> None:
    await asyncio.to_thread(cluster.settle)


def same(reader: Reader, cluster: SimulatedCluster, *resources: Resource) -> bool:
    chosen = resources or (DEPLOYMENTS, REPLICASETS, PODS)
    return all(reader.versions[resource] == there(cluster, resource) for resource in chosen)


async def test_pods_and_events_follow_the_first_paint(cluster: SimulatedCluster, tmp_path: Path) -> None:
    async with reading(cluster, tmp_path) as reader:
        await reader.until_live(DEPLOYMENTS, REPLICASETS)
        assert set(reader.store.links) == {each for each in STREAMED if is_at_once(each)}
        assert not [r for r in cluster.requests if r.path.split("?")[0].endswith(("/pods", "/events"))]
        reader.streams.go()
        await reader.until_live()
        assert same(reader, cluster, *STREAMED)


async def test_a_rollout_is_followed_to_its_end(cluster: SimulatedCluster, tmp_path: Path) -> None:
    async with reading(cluster, tmp_path, "shop") as reader:
        reader.streams.go()
        await reader.until_live()
        await roll_out(cluster, tmp_path, "web:2")
        await settled(cluster)
        await reader.until(lambda: same(reader, cluster))
        (web,) = reader.store.of_type(Deployment)
        assert web.spec.template.containers[0].image == "web:2"
        assert {current.state for current in reader.store.links.values()} == {LinkState.LIVE}


@pytest.mark.parametrize("streaming", ["served", "forbidden", "ignored"])
async def test_a_rollout_is_followed_through_every_trouble(
    cluster: SimulatedCluster, tmp_path: Path, streaming: Any
) -> None:
    faults = cluster.faults
    faults.streaming_lists = streaming
    patience = 0.3 if streaming == "ignored" else 30.0
    async with reading(cluster, tmp_path, page=3, list_silence=patience) as reader:
        reader.streams.go()
        await reader.until_live()
        for number, trouble in enumerate(
            (
                lambda: None,
                lambda: faults.fail_next(1, 429, verb="watch", path="pods"),
                lambda: faults.fail_next(2, 500, verb="watch"),
                lambda: faults.fail_next(1, 410, verb="watch", path="replicasets"),
                faults.compact,
            )
        ):
            trouble()
            faults.drop_watches()
            await roll_out(cluster, tmp_path, f"web:{number + 2}")
            await reader.until(lambda: same(reader, cluster))
            await reader.until_live()
        with faults.refusing_connections():
            await reader.until(lambda: reader.store.links[PODS].state is LinkState.RECONNECTING)
            assert "refused" in reader.store.links[PODS].reason
        await reader.until_live()
        await settled(cluster)
        await reader.until(lambda: same(reader, cluster))


async def test_a_cluster_that_falls_silent_is_noticed_and_caught_up_with(
    cluster: SimulatedCluster, tmp_path: Path
) -> None:
    async with reading(cluster, tmp_path, silence=0.3) as reader:
        reader.streams.go()
        await reader.until_live()
        with cluster.faults.silence():
            # A list from the cache does not show whether bookmarks come, so that of pods may just be opened again.
            shown = [resource for resource in STREAMED if resource is not PODS]
            await reader.until(lambda: all(reader.store.links[each].state is LinkState.RECONNECTING for each in shown))
            assert "Nothing has been heard" in reader.store.links[DEPLOYMENTS].reason
        await roll_out(cluster, tmp_path, "web:2")
        await settled(cluster)
        await reader.until(lambda: same(reader, cluster))
        await reader.until_live()


async def test_what_may_not_be_seen_is_refused_and_the_rest_goes_on(cluster: SimulatedCluster, tmp_path: Path) -> None:
    for verb in ("list", "watch"):
        cluster.faults.forbid(verb, "events")
    async with reading(cluster, tmp_path, "shop", "developer") as reader:
        reader.streams.go()
        await reader.until_live(DEPLOYMENTS, REPLICASETS, PODS)
        await reader.until(lambda: EVENTS in reader.store.links)
        await reader.until(lambda: reader.store.links[EVENTS].state is LinkState.REFUSED)
        assert "events is forbidden" in reader.store.links[EVENTS].reason
        cluster.faults.clear()
        await reader.until_live()


async def test_a_selector_chooses_deployments_and_what_belongs_to_them_comes_whole(
    cluster: SimulatedCluster, tmp_path: Path
) -> None:
    labelled = {**WEB, "metadata": {"name": "api", "namespace": "shop", "labels": {"tier": "back"}}}
    cluster.apply(labelled)
    async with reading(cluster, tmp_path, selector="tier=back") as reader:
        await reader.until_live(DEPLOYMENTS, REPLICASETS)
        assert [d.metadata.name for d in reader.store.of_type(Deployment)] == ["api"]
        assert same(reader, cluster, REPLICASETS)
