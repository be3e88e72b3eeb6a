"""Lists and watches over HTTP: pages, versions, selectors, and what a watch hears."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from ktui.sim import SimulatedCluster
from tests.sim.deployments import deployment

JSON = dict[str, Any]
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
NAMES = [f"map-{number}" for number in range(7)]


def config_map(name: str, **labels: str) -> JSON:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
    }


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    made = SimulatedCluster(seed=5)
    for name in NAMES:
        made.apply(config_map(name, side="even" if int(name[-1]) % 2 == 0 else "odd"))
    with made.serving():
        yield made


@pytest.fixture
async def http(cluster: SimulatedCluster) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cluster.url, auto_decompress=False) as session:
        yield session


async def listed(http: aiohttp.ClientSession, **params: str) -> JSON:
    async with http.get(CONFIG_MAPS, params=params) as answer:
        body: JSON = await answer.json()
    assert answer.status == 200, body
    return body


def names(body: JSON) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]


async def events(answer: aiohttp.ClientResponse, count: int) -> list[tuple[str, str]]:
    told = []
    async with asyncio.timeout(5):
        for _ in range(count):
            event = json.loads(await answer.content.readline())
            told.append((event["type"], event["object"]["metadata"]["name"]))
    return told


async def test_pages_are_of_one_version_whatever_happens_meanwhile(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    first = await listed(http, limit="3")
    assert (names(first), first["metadata"]["remainingItemCount"]) == (NAMES[:3], 4)
    await asyncio.to_thread(cluster.apply, config_map("map-35"))
    second = await listed(http, limit="3", **{"continue": first["metadata"]["continue"]})
    assert names(second) == NAMES[3:6]
    last = await listed(http, limit="3", **{"continue": second["metadata"]["continue"]})
    assert names(last) == NAMES[6:]
    assert "continue" not in last["metadata"]
    versions = {page["metadata"]["resourceVersion"] for page in (first, second, last)}
    assert len(versions) == 1
    assert names(await listed(http, resourceVersion=versions.pop(), resourceVersionMatch="Exact")) == NAMES
    assert "map-35" in names(await listed(http))


async def test_a_watch_begins_after_the_version_that_it_names(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    version = (await listed(http))["metadata"]["resourceVersion"]
    await asyncio.to_thread(cluster.apply, config_map("before"))
    async with http.get(CONFIG_MAPS, params={"watch": "1", "resourceVersion": version}) as watch:
        assert await events(watch, 1) == [("ADDED", "before")]
        await asyncio.to_thread(cluster.apply, config_map("after"))
        assert await events(watch, 1) == [("ADDED", "after")]


async def test_what_leaves_a_selection_is_deleted_for_its_watch(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    async with http.get(CONFIG_MAPS, params={"watch": "1", "labelSelector": "side=odd"}) as watch:
        assert await events(watch, 3) == [("ADDED", name) for name in ("map-1", "map-3", "map-5")]
        for name, side in (("map-1", "even"), ("map-0", "odd"), ("map-2", "even"), ("map-3", "odd")):
            await asyncio.to_thread(cluster.apply, config_map(name, side=side))
        assert await events(watch, 2) == [("DELETED", "map-1"), ("ADDED", "map-0")]
        await asyncio.to_thread(cluster.apply, config_map("map-3", side="odd", more="yes"))
        assert await events(watch, 1) == [("MODIFIED", "map-3")]


async def test_a_watch_ends_when_its_time_is_up(http: aiohttp.ClientSession) -> None:
    params = {"watch": "1", "timeoutSeconds": "1", "fieldSelector": "metadata.name=map-2"}
    async with http.get(CONFIG_MAPS, params=params) as watch:
        lines = (await watch.content.read()).splitlines()
    assert [json.loads(line)["object"]["metadata"]["name"] for line in lines] == ["map-2"]


async def test_large_answers_are_compressed_where_that_is_asked_for(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    large = config_map("large") | {"data": {"text": "x" * 200_000}}
    await asyncio.to_thread(cluster.apply, large)
    async with http.get(CONFIG_MAPS, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = await answer.read()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(raw) < 20_000
    assert "large" in names(json.loads(gzip.decompress(raw)))
    async with http.get(CONFIG_MAPS, headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers


async def test_each_version_of_a_pod_is_told_in_order(cluster: SimulatedCluster, http: aiohttp.ClientSession) -> None:
    cluster.speed = 50.0
    async with http.get("/api/v1/pods", params={"watch": "1"}) as watch:
        await asyncio.to_thread(cluster.apply, deployment(replicas=1))
        phases: list[tuple[str, bool]] = []
        versions: list[int] = []
        async with asyncio.timeout(5):
            while not phases or phases[-1] != ("Running", True):
                pod = json.loads(await watch.content.readline())["object"]
                ready = any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))
                phases.append((pod["status"]["phase"], ready))
                versions.append(int(pod["metadata"]["resourceVersion"]))
    assert phases == [("Pending", False)] * 3 + [("Running", False), ("Running", True)]
    assert versions == sorted(versions)


async def test_the_date_of_an_answer_is_the_clusters(http: aiohttp.ClientSession) -> None:
    cluster = SimulatedCluster(seed=1, start=None)
    cluster.run_for(86_400)
    with cluster.serving():
        async with aiohttp.ClientSession(cluster.url) as session, session.get("/version") as later:
            tomorrow = later.headers["Date"]
    async with http.get("/version") as now:
        assert now.headers["Date"] != tomorrow
