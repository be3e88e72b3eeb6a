"""Answers as gateways and servers in trouble give them: sent on, too long, too large, not yet."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from typing import Any

import pytest
from aiohttp import web

from ktui.kube import limits
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.kube.errors import AnswerLost, ApiError, Interrupted, KubeError, TooLarge, TooManyRequests
from ktui.kube.listing import list_once
from ktui.model.resources import PODS
from tests.kube.conftest import Connecting, WriteKubeconfig
from tests.kube.server import Handler, securely, serving, status


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_of_a_gateway_is_followed_on_the_same_host(connecting: Connecting, code: int) -> None:
    visited = []

    async def gateway(request: web.BaseRequest) -> web.Response:
        visited.append(request.path_qs)
        if request.path == "/api":
            return web.Response(status=code, headers={"Location": "/k8s/api?page=2%2F3"})
        return web.Response(body=b"{}", content_type="application/json")

    async with serving(gateway) as url, connecting(url) as connection:
        assert await connection.request("GET", "/api") == b"{}"
    assert visited == ["/api", "/k8s/api?page=2%2F3"]


@pytest.mark.parametrize("code", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://localhost:{port}/api",
        "//[::1]:{port}/api",
        "http://127.0.0.1:{port}/api",
        "ftp://127.0.0.1/",
        "http://[",
    ],
)
async def test_credentials_are_never_taken_to_another_host(
    write_kubeconfig: WriteKubeconfig, code: int, elsewhere: str
) -> None:
    visited = []

    async def gateway(request: web.BaseRequest) -> web.Response:
        visited.append(request.path)
        return web.Response(status=code, headers={"Location": elsewhere.format(port=request.url.port)})

    async with securely(gateway) as (url, cluster):
        access = Access(write_kubeconfig(url, {"token": "t0ken"}, cluster))
        async with await connect(access, Surroundings(environ={})) as connection:
            with pytest.raises(KubeError) as raised:
                await connection.request("GET", "/api")
    assert "t0ken" not in f"{raised.value} {raised.value.hint}"
    assert visited == ["/api"]


@pytest.mark.parametrize("user", [{"token": "t0ken-of-a-person"}, {"username": "me", "password": "t0ken"}])
async def test_a_gateway_that_repeats_the_credentials_does_not_show_them(
    write_kubeconfig: WriteKubeconfig, user: dict[str, str]
) -> None:
    sent = []

    async def gateway(request: web.BaseRequest) -> web.Response:
        sent.append(request.headers["Authorization"])
        return web.json_response({"kind": "Status", "message": f"refused: {sent[-1]}"}, status=403)

    async with securely(gateway) as (url, cluster):
        access = Access(write_kubeconfig(url, user, cluster))
        async with await connect(access, Surroundings(environ={})) as connection:
            with pytest.raises(KubeError, match=r"refused: (Bearer|Basic) \*\*\*") as raised:
                await connection.request("GET", "/api")
    assert sent[0].split()[1] not in f"{raised.value}"


@pytest.mark.parametrize(("onwards", "times"), [("{path}x", limits.REDIRECTS + 1), ("/api", 1), ("/again", 2)])
async def test_redirects_without_an_end_are_given_up_and_a_circle_at_once(
    connecting: Connecting, onwards: str, times: int
) -> None:
    visited = []

    async def gateway(request: web.BaseRequest) -> web.Response:
        visited.append(request.path)
        return web.Response(status=307, headers={"Location": onwards.format(path=request.path)})

    async with serving(gateway) as url, connecting(url) as connection:
        with pytest.raises(KubeError, match="307"):
            await connection.request("GET", "/api")
    assert len(visited) == times


async def test_a_change_is_sent_on_only_where_it_stays_a_change(connecting: Connecting) -> None:
    seen = []

    async def gateway(request: web.BaseRequest) -> web.Response:
        seen.append((request.method, request.path, await request.text()))
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": "/there"})
        if request.path == "/kept":
            return web.Response(status=307, headers={"Location": "/there"})
        return web.json_response({})

    async with serving(gateway) as url, connecting(url) as connection:
        with pytest.raises(KubeError, match="was not applied"):
            await connection.request("PATCH", "/moved", body=b"{}")
        await connection.request("PATCH", "/kept", body=b"{}")
    assert seen == [("PATCH", "/moved", "{}"), ("PATCH", "/kept", "{}"), ("PATCH", "/there", "{}")]


async def test_the_head_of_an_answer_may_be_long(connecting: Connecting) -> None:
    async def gateway(request: web.BaseRequest) -> web.Response:
        return web.json_response({}, headers={"Content-Security-Policy": "x" * 40_000})

    async with serving(gateway) as url, connecting(url) as connection:
        assert await connection.request("GET", "/api") == b"{}"


async def test_a_login_page_with_status_200_is_no_answer(connecting: Connecting) -> None:
    async def portal(request: web.BaseRequest) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    async with serving(portal) as url, connecting(url) as connection:
        with pytest.raises(Interrupted, match="web page"):
            await connection.request("GET", "/api")
        with pytest.raises(Interrupted, match="web page"):
            async with connection.stream("/api"):
                pytest.fail("it is a web page")


async def test_an_answer_that_unpacks_to_more_than_there_can_be_is_given_up_soon(connecting: Connecting) -> None:
    bomb = gzip.compress(bytes(200 * limits.MEGABYTE), 9)

    async def bombing(request: web.BaseRequest) -> web.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return web.Response(body=bomb, headers=headers)

    async with serving(bombing) as url, connecting(url) as connection:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge, match="more than 64 MB"):
                await connection.request("GET", "/api")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < limits.ANSWER + 20 * limits.MEGABYTE


def busy(times: int, code: int, **headers: str) -> tuple[list[str], Handler]:
    """A server that is busy so many times, and the methods that it was asked with."""
    seen: list[str] = []

    async def serve(request: web.BaseRequest) -> web.Response:
        seen.append(request.method)
        return status(code, "Busy", "slow down", **headers) if len(seen) <= times else web.json_response({})

    return seen, serve


@pytest.mark.parametrize(("method", "code"), [("GET", 429), ("PATCH", 429), ("GET", 503), ("GET", 500)], ids=str)
async def test_who_is_asked_to_wait_waits_and_asks_again(connecting: Connecting, method: str, code: int) -> None:
    seen, serve = busy(2, code, **{"Retry-After": "0"})
    async with serving(serve) as url, connecting(url) as connection:
        await connection.request(method, "/api")
    assert seen == [method] * 3


@pytest.mark.parametrize(
    ("method", "code", "headers"),
    [
        ("PATCH", 503, {"Retry-After": "0"}),
        ("GET", 429, {}),
        ("GET", 500, {}),
        ("GET", 403, {"Retry-After": "0"}),
    ],
    ids=["a change that may have taken place", "429 without a time", "500 without a time", "another answer"],
)
async def test_what_may_not_be_sent_again_is_not(
    connecting: Connecting, method: str, code: int, headers: dict[str, str]
) -> None:
    seen, serve = busy(1, code, **headers)
    async with serving(serve) as url, connecting(url) as connection:
        with pytest.raises(ApiError):
            await connection.request(method, "/api")
    assert seen == [method]


async def test_a_server_that_is_always_busy_is_given_up(connecting: Connecting) -> None:
    seen, serve = busy(100, 429, **{"Retry-After": "0"})
    async with serving(serve) as url, connecting(url) as connection:
        with pytest.raises(TooManyRequests, match="slow down") as raised:
            await connection.request("GET", "/api")
    assert "by itself" not in raised.value.hint
    assert len(seen) == limits.RETRIES + 1


async def test_until_when_it_waits_is_said(write_kubeconfig: WriteKubeconfig) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    _, serve = busy(1, 429, **{"Retry-After": "86400"})
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    around = Surroundings(environ={}, clock=lambda: noon, waiting=told.put_nowait)
    async with serving(serve) as url, await connect(Access(write_kubeconfig(url)), around) as connection:
        asking = asyncio.ensure_future(connection.request("GET", "/api"))
        said = await told.get()
        asking.cancel()
    assert "slow down" in said
    assert f"trying again at {(noon + timedelta(seconds=60)).astimezone():%H:%M:%S}" in said


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST"])
async def test_a_change_is_never_sent_twice_where_a_connection_breaks(connecting: Connecting, method: str) -> None:
    seen = []

    async def cutting(request: web.BaseRequest) -> web.Response:
        seen.append(request.method)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(cutting) as url, connecting(url) as connection:
        with pytest.raises(AnswerLost):
            await connection.request(method, "/api", body=b"{}")
    assert seen == [method]


@pytest.mark.parametrize("to", ["http://a:99999999/", "http://a:b/", "//127.0.0.1:-1/", "http://[::1"])
async def test_an_address_that_is_none_is_followed_nowhere(connecting: Connecting, to: str) -> None:
    async def elsewhere(request: web.BaseRequest) -> web.Response:
        return web.Response(status=307, headers={"Location": to})

    async with serving(elsewhere) as url, connecting(url) as connection:
        with pytest.raises(KubeError, match="sends its clients on to elsewhere"):
            await connection.request("GET", "/api")


@pytest.mark.parametrize(
    ("tokens", "uids"),
    [("x", ""), (count(), ""), (count(), "a"), (cycle("xyz"), count())],
    ids=["the same token", "another token, and nothing", "another token, and the same", "three tokens in turn"],
)
async def test_a_list_that_does_not_go_on_ends(connecting: Connecting, tokens: Any, uids: Any) -> None:
    def item() -> dict[str, Any]:
        uid = str(next(uids)) if isinstance(uids, Iterator) else uids
        return {"metadata": {"name": f"p{uid}", "namespace": "shop", "uid": uid}}

    async def again(request: web.BaseRequest) -> web.Response:
        token = str(next(tokens)) if isinstance(tokens, Iterator) else tokens
        meta = {"resourceVersion": "5", "continue": token}
        return web.json_response({"metadata": meta, "items": [item()] if uids else []})

    async with serving(again) as url, connecting(url) as connection:
        with pytest.raises(Interrupted, match="does not finish the list"):
            await list_once(connection, PODS)
