"""A stream that is silent, refused, or cut: how it is found out, what is said, when it is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ktui.model.changes import LinkState
from tests.kube.following import QUICK, following
from tests.kube.reflected import Pods, a_while, fill, same
from tests.kube.server import Collection, status


async def test_a_half_open_connection_is_found_by_silence(pods: Pods) -> None:
    collection, connection = pods
    async with following(connection, pacing=replace(QUICK, silence=0.2)) as it:
        await it.until_live()
        collection.mute = True
        fill(collection, "unheard")
        await it.until(lambda: it.state is LinkState.RECONNECTING)
        assert "Nothing has been heard" in it.link.reason
        collection.mute = False
        await it.until(lambda: same(collection, it))
        await it.until_live()


async def test_a_watch_that_is_resumed_and_stays_silent_is_given_up_for_a_list(pods: Pods) -> None:
    collection, connection = pods
    async with following(connection, pacing=replace(QUICK, silence=0.1)) as it:
        await it.until_live()
        collection.mute = True
        await collection.until(lambda: len([s for s in collection.seen if "sendInitialEvents" in s.query]) == 2)
        assert "resourceVersion" in collection.seen[1].query


async def test_trouble_that_silence_reveals_began_with_the_last_word(pods: Pods) -> None:
    collection, connection = pods
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    async with following(connection, pacing=replace(QUICK, silence=0.2), clock=lambda: now) as it:
        await it.until_live()
        heard = now
        collection.mute = True
        now += timedelta(minutes=2)
        await it.until(lambda: it.state is LinkState.RECONNECTING)
        assert it.link.since == heard


async def test_an_idle_watch_of_a_server_without_bookmarks_stays_live(pods: Pods) -> None:
    collection, connection = pods
    collection.streaming = "rejected"
    async with following(connection, pacing=replace(QUICK, silence=0.05)) as it:
        await it.until_live()
        # The first silence is looked into: by another watch, and without a word. Then it is known to be its way.
        await collection.until(lambda: watches(collection) == 3)
        await a_while(connection)
        assert watches(collection) == 3
        assert it.states() == [LinkState.CONNECTING, LinkState.LIVE]


def watches(collection: Collection) -> int:
    return sum(seen.is_watch for seen in collection.seen)


async def test_a_connection_that_dies_before_the_first_bookmark_is_found_too(pods: Pods) -> None:
    collection, connection = pods
    collection.streaming = "rejected"
    async with following(connection, pacing=replace(QUICK, silence=0.2)) as it:
        await it.until_live()
        await collection.until(lambda: collection.watching == 1)
        collection.strand()
        fill(collection, "unheard")
        await it.until(lambda: same(collection, it))
        assert watches(collection) == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(500, "InternalError", "etcd has no leader"), "etcd has no leader"),
        (status(503, "ServiceUnavailable"), "ServiceUnavailable"),
        (status(429, "TooManyRequests", "slow down"), "slow down"),
        ("break", "broke off"),
    ],
    ids=["500", "503", "429", "connection cut"],
)
async def test_a_failed_attempt_is_told_and_made_again(pods: Pods, answer: Any, reason: str) -> None:
    collection, connection = pods
    fill(collection, "a")
    collection.answers = [answer, answer] if answer == "break" else [answer]
    async with following(connection) as it:
        await it.until_live()
        assert LinkState.RECONNECTING in it.states()
        assert reason in next(link.reason for link in it.links if link.state is LinkState.RECONNECTING)
        assert same(collection, it)


async def test_the_wait_that_the_server_asks_for_is_kept(pods: Pods) -> None:
    collection, connection = pods
    fill(collection, "a")
    collection.answers = [status(429, "TooManyRequests", "slow down", **{"Retry-After": "3600"})]
    async with following(connection) as it:
        await it.until(lambda: it.state is LinkState.RECONNECTING)
        await a_while(connection)
        assert not any(seen.is_watch for seen in collection.seen[1:])
        it.reflector.retry_now()
        await it.until_live()


async def test_a_refusal_is_told_and_asked_again_now_and_then(pods: Pods) -> None:
    collection, connection = pods
    forbidden = [status(403, "Forbidden", 'pods is forbidden: User "me" cannot list') for _ in range(3)]
    collection.answers = list(forbidden)
    async with following(connection) as it:
        await it.until(lambda: it.state is LinkState.REFUSED)
        assert 'User "me" cannot list' in it.link.reason
        await it.until_live()
        assert it.states() == [LinkState.CONNECTING, LinkState.REFUSED, LinkState.LIVE]


async def test_a_server_that_starts_and_knows_no_roles_yet_is_asked_again_soon(pods: Pods) -> None:
    collection, connection = pods
    fill(collection, "a")
    async with following(connection, pacing=replace(QUICK, refused_wait=3600.0)) as it:
        await it.until_live()
        collection.answers = [status(403, "Forbidden", 'pods is forbidden: User "me" cannot list') for _ in range(3)]
        collection.drop()
        await it.until(lambda: it.state is LinkState.REFUSED)
        await it.until_live()


async def test_who_has_to_log_in_again_is_told_to(pods: Pods) -> None:
    collection, connection = pods
    collection.answers = [status(401, "Unauthorized") for _ in range(3)]
    async with following(connection) as it:
        await it.until(lambda: it.state is LinkState.REFUSED)
        assert "Log in again" in it.link.reason
        await it.until_live()


async def test_an_outage_has_one_beginning_however_many_attempts_it_takes(pods: Pods) -> None:
    collection, connection = pods
    times = iter(datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=n) for n in range(10_000))
    collection.answers = [status(500, "InternalError", f"attempt {n}") for n in range(4)]
    async with following(connection, clock=lambda: next(times)) as it:
        await it.until_live()
        outage = [link for link in it.links if link.state is LinkState.RECONNECTING]
        assert len(outage) == 4
        assert len({link.since for link in outage}) == 1
