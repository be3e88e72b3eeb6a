from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.changes import Gone, LinkState, Listed, Put, Restored
from ktui.model.resources import DEPLOYMENTS, PODS
from tests.kube.conftest import WriteKubeconfig
from tests.kube.following import QUICK, following
from tests.kube.reflected import Pods, a_while, fill, same
from tests.kube.server import Collection, pod, serving, status


async def test_a_streaming_list_goes_on_as_a_watch_on_the_same_request(pods: Pods) -> None:
    collection, connection = pods
    fill(collection, "a", "b")
    async with following(connection) as it:
        await it.until_live()
        assert it.uids == {"uid-a", "uid-b"}
        assert it.states() == [LinkState.CONNECTING, LinkState.LIVE]
        listed = it.changes.index(Listed(PODS))
        assert [type(change) for change in it.changes[1:listed]] == [Put, Put]
        fill(collection, "c")
        collection.delete("uid-a")
        await it.until(lambda: it.uids == {"uid-b", "uid-c"})
    (request,) = collection.seen
    assert request.path == "/api/v1/namespaces/shop/pods"
    assert request.query["sendInitialEvents"] == "true"
    assert request.query["resourceVersionMatch"] == "NotOlderThan"
    assert request.query["allowWatchBookmarks"] == "true"
    assert "resourceVersion" not in request.query
    assert 300 <= int(request.query["timeoutSeconds"]) <= 600


async def test_all_namespaces_and_a_selector_are_asked_for(pods: Pods) -> None:
    collection, connection = pods
    async with following(connection, DEPLOYMENTS, None, "app=web,tier!=db") as it:
        await it.until_live()
    assert collection.seen[0].path == "/apis/apps/v1/deployments"
    assert collection.seen[0].query["labelSelector"] == "app=web,tier!=db"


async def test_everything_of_one_chunk_comes_at_once(pods: Pods) -> None:
    collection, connection = pods
    fill(collection, *(f"p{n}" for n in range(2000)))
    async with following(connection) as it:
        await it.until_live()
        assert len(it.uids) == 2000
        assert len(it.batches) < 500


async def test_what_a_busy_stream_says_in_a_moment_comes_together(pods: Pods) -> None:
    collection, connection = pods
    async with following(connection, pacing=replace(QUICK, gathering=1.0)) as it:
        await it.until_live()
        for name in ("a", "b"):
            fill(collection, name)
            await it.until(lambda name=name: f"uid-{name}" in it.uids)  # type: ignore[misc]
        before = len(it.batches)
        for name in ("c", "d", "e"):
            # The server sends each by itself.
            fill(collection, name)
            await a_while(connection)
        await it.until(lambda: "uid-e" in it.uids)
        assert len(it.batches) < before + 3


@pytest.mark.parametrize("streaming", ["rejected", "failing"])
@pytest.mark.parametrize("size", [0, 1, 4, 5])
async def test_where_lists_do_not_stream_pages_are_read(pods: Pods, size: int, streaming: Any) -> None:
    collection, connection = pods
    collection.streaming = streaming
    fill(collection, *(f"p{n}" for n in range(size)))
    async with following(connection, pacing=replace(QUICK, page=2)) as it:
        await it.until_live()
        assert len(it.uids) == size
        fill(collection, "late")
        await it.until(lambda: "uid-late" in it.uids)
        collection.compact()
        collection.drop()
        await it.until(lambda: it.changes.count(Listed(PODS)) == 2)
    streamed = [seen for seen in collection.seen if "sendInitialEvents" in seen.query]
    assert len(streamed) == 1
    # One object is asked for only to see whether the history is the same after the cut.
    assert {seen.query["limit"] for seen in collection.seen if not seen.is_watch} - {"1"} == {"2"}


async def test_a_server_that_takes_the_list_for_a_plain_watch_is_found_out_by_its_silence(pods: Pods) -> None:
    collection, connection = pods
    collection.streaming = "ignored"
    fill(collection, "a", "b")
    async with following(connection, pacing=replace(QUICK, list_silence=0.2)) as it:
        await it.until(lambda: it.uids == {"uid-a", "uid-b"})
        await it.until_live()
        assert it.states() == [LinkState.CONNECTING, LinkState.LIVE]
        await collection.until(lambda: collection.seen[-1].is_watch)
        fill(collection, "c")
        await it.until(lambda: same(collection, it))


async def test_and_by_a_bookmark_that_does_not_end_the_list(pods: Pods) -> None:
    collection, connection = pods
    collection.streaming = "ignored"
    fill(collection, "a")
    async with following(connection) as it:
        await it.until(lambda: it.uids == {"uid-a"})
        collection.bookmark()
        await it.until_live()


async def test_a_history_that_ends_between_two_pages_is_met_by_one_whole_list(pods: Pods) -> None:
    collection, connection = pods
    collection.streaming = "rejected"
    fill(collection, "a", "b", "c", "d", "e")

    def meanwhile() -> None:
        collection.delete("uid-a")
        fill(collection, "f")
        collection.compact()

    collection.after_page.append(meanwhile)
    async with following(connection, pacing=replace(QUICK, page=2)) as it:
        await it.until_live()
        assert it.uids == {"uid-b", "uid-c", "uid-d", "uid-e", "uid-f"}
        assert it.states() == [LinkState.CONNECTING, LinkState.LIVE]
    assert "limit" not in [seen for seen in collection.seen if not seen.is_watch][-1].query


@pytest.mark.parametrize("as_event", [True, False], ids=["as an ERROR event", "as a status"])
@pytest.mark.parametrize("streaming", ["yes", "rejected"])
async def test_after_410_what_vanished_meanwhile_is_gone(pods: Pods, streaming: Any, as_event: bool) -> None:
    collection, connection = pods
    collection.streaming, collection.gone_as_event = streaming, as_event
    fill(collection, "a", "b", "c")
    async with following(connection) as it:
        await it.until_live()
        await collection.until(lambda: collection.watching == 1)
        collection.mute = True
        collection.delete("uid-a")
        fill(collection, "b", "d")
        collection.compact()
        collection.mute = False
        collection.drop()
        await it.until(lambda: it.changes.count(Listed(PODS)) == 2)
        assert same(collection, it)
        gone = it.changes.index(Gone(PODS, "uid-a"))
        assert isinstance(it.changes[gone + 1], Listed)
        await it.until_live()
        assert it.states()[-2:] == [LinkState.RECONNECTING, LinkState.LIVE]
        assert "too old resource version" in it.links[-2].reason


@pytest.mark.parametrize("streaming", ["yes", "rejected"])
@pytest.mark.parametrize("told_by", ["410", "bookmark", "outage"])
async def test_a_cluster_that_was_restored_from_a_backup_is_read_anew(pods: Pods, streaming: Any, told_by: str) -> None:
    collection, connection = pods
    collection.streaming = streaming
    fill(collection, "a", "b", "c")
    async with following(connection) as it:
        await it.until_live()
        await collection.until(lambda: collection.watching == 1)
        collection.mute = True
        collection.delete("uid-a")
        collection.restore(50)
        collection.mute = False
        if told_by == "410":
            collection.answers.append(status(410, "Expired"))
        elif told_by == "outage":
            collection.answers += ["break", status(503, "ServiceUnavailable")]
        collection.drop()
        if told_by == "bookmark":
            await collection.until(lambda: collection.watching == 0)
            await collection.until(lambda: collection.watching == 1)
            collection.bookmark()
        await it.until(lambda: same(collection, it) and it.state is LinkState.LIVE)
        assert "history went back" in it.links[-2].reason
        await collection.until(lambda: collection.watching == 1)
        fill(collection, "d")
        await it.until(lambda: same(collection, it))
        assert it.changes.count(Restored(PODS)) == 1


async def test_a_history_that_has_overtaken_the_one_that_was_known_is_told_by_an_object_of_its_own(pods: Pods) -> None:
    collection, connection = pods
    fill(collection, "a", "b", "c")
    async with following(connection) as it:
        await it.until_live()
        await collection.until(lambda: collection.watching == 1)
        collection.mute = True
        collection.objects.clear()
        collection.restore(50)
        fill(collection, "other")
        collection.version = 900
        collection.answers += ["break", status(503, "ServiceUnavailable")]
        collection.mute = False
        collection.drop()
        await it.until(lambda: same(collection, it) and it.state is LinkState.LIVE)
        assert "history went back" in it.links[-2].reason


async def test_a_history_that_goes_back_behind_a_stream_that_was_only_cut_is_read_anew(pods: Pods) -> None:
    collection, connection = pods
    fill(collection, "a", "b")
    collection.version = 5_000
    async with following(connection) as it:
        await it.until_live()
        fill(collection, "c")
        await it.until(lambda: same(collection, it))
        # Nothing fails: the load balancer cuts the stream, and the next request reaches the restored server.
        collection.objects.clear()
        collection.restore(50)
        fill(collection, "other")
        collection.drop()
        await it.until(lambda: same(collection, it) and it.state is LinkState.LIVE)


@pytest.mark.parametrize("streaming", ["yes", "rejected"])
async def test_a_history_that_goes_back_where_watches_are_not_served_is_read_anew(pods: Pods, streaming: Any) -> None:
    collection, connection = pods
    collection.streaming = streaming
    fill(collection, "a", "b")
    async with following(connection) as it:
        await it.until_live()
        collection.serves_watches = False
        collection.drop()
        await it.until(lambda: it.state is LinkState.LISTED)
        collection.delete("uid-a")
        collection.restore(50)
        await it.until(lambda: same(collection, it) and it.state is LinkState.LISTED)
        collection.serves_watches = True
        await it.until_live()


async def test_a_watch_that_is_cut_is_resumed_from_the_last_version_without_a_list(pods: Pods) -> None:
    collection, connection = pods
    fill(collection, "a")
    async with following(connection) as it:
        await it.until_live()
        fill(collection, "b")
        await it.until(lambda: same(collection, it))
        version = str(collection.version)
        collection.drop()
        await collection.until(lambda: len(collection.seen) == 2)
        assert collection.seen[1].query["resourceVersion"] == version
        assert "sendInitialEvents" not in collection.seen[1].query
        fill(collection, "c")
        await it.until(lambda: same(collection, it))
        assert it.changes.count(Listed(PODS)) == 1


async def test_a_stream_that_went_well_is_resumed_without_a_word(pods: Pods) -> None:
    collection, connection = pods
    async with following(connection) as it:
        await it.until_live()
        for _ in range(3):
            await collection.until(lambda: collection.watching == 1)
            collection.drop()
            await collection.until(lambda: collection.watching == 0)
        collection.end()
        await collection.until(lambda: collection.watching == 1)
        assert it.states() == [LinkState.CONNECTING, LinkState.LIVE]


async def test_a_server_that_closes_every_watch_at_once_is_a_failure(pods: Pods) -> None:
    collection, connection = pods
    async with following(connection, pacing=replace(QUICK, short=0.3)) as it:
        await it.until_live()
        collection.end()
        await collection.until(lambda: collection.watching == 0)
        await collection.until(lambda: collection.watching == 1)
        collection.end()
        await it.until(lambda: it.state is LinkState.RECONNECTING)
        assert "closes the watch as soon as it is opened" in it.link.reason
        await it.until_live()


async def test_bookmarks_move_the_version_that_a_watch_resumes_from(pods: Pods) -> None:
    collection, connection = pods
    async with following(connection) as it:
        await it.until_live()
        collection.bookmark()
        version = str(collection.version)
        fill(collection, "a")
        await it.until(lambda: same(collection, it))
        collection.drop()
        await collection.until(lambda: len(collection.seen) == 2)
        assert int(collection.seen[1].query["resourceVersion"]) == int(version) + 1


async def test_an_object_of_several_megabytes_comes_through(pods: Pods) -> None:
    collection, connection = pods
    big = pod("big")
    big["metadata"]["annotations"] = {"blob": "x" * 5_000_000}
    async with following(connection) as it:
        await it.until_live()
        collection.put(big)
        await it.until(lambda: same(collection, it))


async def test_an_object_that_cannot_be_read_is_told_of_and_does_not_stop_the_others(pods: Pods) -> None:
    collection, connection = pods
    odd = pod("odd", status={"phase": ["?"]})
    collection.put(odd)
    fill(collection, "a")
    async with following(connection) as it:
        await it.until_live()
        assert it.uids == {"uid-a"}
        assert it.link.reason == "The Pod shop/odd cannot be read: status.phase must be text, and is a list."
        fill(collection, "odd")
        await it.until(lambda: same(collection, it) and not it.link.reason)
        assert it.state is LinkState.LIVE
        collection.put(odd)
        await it.until(lambda: bool(it.link.reason))
        collection.delete("uid-odd")
        await it.until(lambda: same(collection, it) and not it.link.reason)


async def test_it_can_be_ended_at_any_point_without_leaving_anything_behind(pods: Pods) -> None:
    collection, connection = pods
    before = asyncio.all_tasks()
    async with following(connection):
        pass
    async with following(connection) as it:
        await it.until_live()
    collection.answers = [status(500, "InternalError")]
    async with following(connection) as it:
        await it.until(lambda: it.state is LinkState.RECONNECTING)
    await collection.until(lambda: collection.watching == 0)
    assert not {task for task in asyncio.all_tasks() - before if "Reflector" in repr(task)}


async def test_over_a_network_a_list_comes_in_compressed_pages(write_kubeconfig: WriteKubeconfig) -> None:
    collection = Collection()
    fill(collection, "a", "b", "c")
    async with serving(collection.handle) as proxy:
        access = Access(write_kubeconfig("http://cluster.example:8080", {}, {"proxy-url": proxy}))
        async with (
            await connect(access, Surroundings(environ={})) as connection,
            following(connection, pacing=replace(QUICK, page=2)) as it,
        ):
            await it.until_live()
            fill(collection, "d")
            await it.until(lambda: same(collection, it))
    assert [seen.is_watch for seen in collection.seen] == [False, False, True]
    assert [seen.headers["Accept-Encoding"] for seen in collection.seen] == ["gzip", "gzip", "identity"]
