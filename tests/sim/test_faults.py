"""What goes wrong between a client and the simulated cluster, on demand; each seen by a plain HTTP client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from ktui.sim import SimulatedCluster
from tests.sim.deployments import deployment

JSON = dict[str, Any]
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/pods"
MERGE = {"Content-Type": "application/merge-patch+json"}
STREAMING = {
    "watch": "1",
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    made = SimulatedCluster(seed=3, speed=20.0, bookmark_seconds=0.05)
    made.apply(deployment(replicas=2))
    made.settle()
    with made.serving():
        yield made


@pytest.fixture
async def http(cluster: SimulatedCluster) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cluster.url) as session:
        yield session


async def next_event(answer: aiohttp.ClientResponse) -> JSON:
    event: JSON = json.loads(await answer.content.readline())
    return event


async def next_change(answer: aiohttp.ClientResponse) -> JSON:
    while (event := await next_event(answer))["type"] == "BOOKMARK":
        continue
    return event


def annotate(cluster: SimulatedCluster, value: str) -> None:
    found = cluster.get("deployments", "web")
    assert found is not None
    annotations = found["metadata"]["annotations"] | {"told": value}
    cluster.apply(found | {"metadata": found["metadata"] | {"annotations": annotations}})


async def test_dropped_watches_break_off(cluster: SimulatedCluster, http: aiohttp.ClientSession) -> None:
    async with http.get(DEPLOYMENTS, params={"watch": "1"}) as watch:
        assert (await next_event(watch))["type"] == "ADDED"
        await asyncio.to_thread(cluster.faults.drop_watches)
        with pytest.raises(aiohttp.ClientError):
            await watch.content.read()
    async with http.get(DEPLOYMENTS) as listed:
        assert listed.status == 200


@pytest.mark.parametrize(("code", "reason"), [(429, "TooManyRequests"), (500, "InternalError"), (410, "Expired")])
async def test_the_next_requests_fail(
    cluster: SimulatedCluster, http: aiohttp.ClientSession, code: int, reason: str
) -> None:
    cluster.faults.fail_next(2, code, verb="list", path="/deployments", retry_after=7)
    codes = []
    for path in (DEPLOYMENTS, PODS, DEPLOYMENTS, DEPLOYMENTS):
        async with http.get(path) as answer:
            codes.append(answer.status)
            if answer.status == code:
                assert (await answer.json())["reason"] == reason
                assert answer.headers.get("Retry-After") == ("7" if code == 429 else None)
    assert codes == [code, 200, code, 200]


async def test_silent_watches_stay_open_and_catch_up_later(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    async with http.get(DEPLOYMENTS, params={"watch": "1", "allowWatchBookmarks": "true"}) as watch:
        await next_event(watch)
        cluster.faults.silent_watches = True
        await asyncio.to_thread(annotate, cluster, "unheard")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(next_change(watch), 0.3)
        cluster.faults.silent_watches = False
        event = await next_change(watch)
        assert event["object"]["metadata"]["annotations"]["told"] == "unheard"


async def test_a_silent_server_accepts_and_does_not_answer(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    with cluster.faults.silence():
        asking = asyncio.create_task(get_status(http, DEPLOYMENTS))
        done, _ = await asyncio.wait([asking], timeout=0.2)
        assert not done
    assert await asking == 200


async def get_status(http: aiohttp.ClientSession, path: str) -> int:
    async with http.get(path) as answer:
        return answer.status


async def test_compaction_expires_old_versions_and_pages(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    async with http.get(PODS, params={"limit": "1"}) as listed:
        metadata = (await listed.json())["metadata"]
    await asyncio.to_thread(annotate, cluster, "newer")
    await asyncio.to_thread(cluster.faults.compact)
    async with http.get(DEPLOYMENTS, params={"watch": "1", "resourceVersion": metadata["resourceVersion"]}) as watch:
        event = await next_event(watch)
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    async with http.get(PODS, params={"limit": "1", "continue": metadata["continue"]}) as page:
        body = await page.json()
    assert (page.status, body["reason"]) == (410, "Expired")
    async with http.get(PODS, params={"limit": "5", "continue": body["metadata"]["continue"]}) as rest:
        assert len((await rest.json())["items"]) == 1


async def test_refused_connections(cluster: SimulatedCluster, http: aiohttp.ClientSession) -> None:
    async with http.get(DEPLOYMENTS, params={"watch": "1"}) as watch:
        await next_event(watch)
        with cluster.faults.refusing_connections():
            with pytest.raises(aiohttp.ClientError):
                await watch.content.read()
            with pytest.raises(aiohttp.ClientConnectorError):
                await get_status(http, DEPLOYMENTS)
    assert await get_status(http, DEPLOYMENTS) == 200


async def test_a_streaming_list_ends_its_beginning_with_a_bookmark(http: aiohttp.ClientSession) -> None:
    async with http.get(PODS, params=STREAMING) as watch:
        events = [await next_event(watch) for _ in range(3)]
    assert [event["type"] for event in events] == ["ADDED", "ADDED", "BOOKMARK"]
    assert events[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_server_without_streaming_lists(cluster: SimulatedCluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.streaming_lists = "forbidden"
    async with http.get(PODS, params=STREAMING) as answer:
        body = await answer.json()
    assert (answer.status, body["reason"]) == (422, "Invalid")
    assert "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled" in body["message"]
    cluster.faults.streaming_lists = "ignored"
    async with http.get(PODS, params=STREAMING) as watch:
        events = [await next_event(watch) for _ in range(4)]
    assert [event["type"] for event in events[:2]] == ["ADDED", "ADDED"]
    assert all("annotations" not in event["object"]["metadata"] for event in events[2:])


async def test_a_lost_answer_belongs_to_a_change_that_was_made(
    cluster: SimulatedCluster, http: aiohttp.ClientSession
) -> None:
    cluster.faults.lose_answers()
    patch = json.dumps({"spec": {"paused": True}})
    with pytest.raises(aiohttp.ClientError):
        await http.patch(f"{DEPLOYMENTS}/web", data=patch, headers=MERGE)
    found = cluster.get("deployments", "web")
    assert found is not None
    assert found["spec"]["paused"] is True
    async with http.patch(f"{DEPLOYMENTS}/web", data=patch, headers=MERGE) as answer:
        assert answer.status == 200


async def test_a_forbidden_verb(cluster: SimulatedCluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.forbid("watch", "pods")
    async with http.get(PODS, params={"watch": "1"}) as answer:
        body = await answer.json()
    assert answer.status == 403
    assert (
        body["message"]
        == 'pods is forbidden: User "admin" cannot watch resource "pods" in API group "" at the cluster scope'
    )
    cluster.faults.allow("watch", "pods")
    async with http.get(PODS, params={"watch": "1"}) as watch:
        assert watch.status == 200


async def test_the_log_tells_who_asked_for_what(cluster: SimulatedCluster, http: aiohttp.ClientSession) -> None:
    async with http.get(DEPLOYMENTS, headers={"Authorization": "Bearer viewer-token"}) as answer:
        assert answer.status == 200
    async with http.delete(f"{DEPLOYMENTS}/web", headers={"Authorization": "Bearer viewer-token"}) as answer:
        assert answer.status == 403
    told = [(request.method, request.path, request.user, request.status) for request in cluster.requests]
    assert told == [
        ("GET", DEPLOYMENTS, "viewer", 200),
        ("DELETE", f"{DEPLOYMENTS}/web", "viewer", 403),
    ]


async def test_clearing_ends_every_fault(cluster: SimulatedCluster, http: aiohttp.ClientSession) -> None:
    cluster.faults.fail_next(5, 500)
    cluster.faults.forbid("list", "pods")
    cluster.faults.streaming_lists = "forbidden"
    cluster.faults.clear()
    assert await get_status(http, PODS) == 200
