"""What goes wrong between ktui and a server, and what is said of it."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.connection import connect
from ktui.kube.errors import (
    AnswerLost,
    ConfigError,
    Forbidden,
    Interrupted,
    KubeError,
    TimedOut,
    Unreachable,
)
from tests.kube.conftest import Connecting, WriteKubeconfig
from tests.kube.connections import echo, to
from tests.kube.server import serving, status

# What goes wrong


async def error_of(config: str) -> KubeError:
    async with to(Access(config)) as connection:
        with pytest.raises(KubeError) as raised:
            await connection.request("GET", "/version")
        return raised.value


async def test_nothing_listens(write_kubeconfig: WriteKubeconfig) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = await error_of(write_kubeconfig(f"http://127.0.0.1:{port}"))
    assert isinstance(error, Unreachable)
    assert str(error) == f"Nothing listens at http://127.0.0.1:{port}: the connection was refused."


async def test_a_name_that_does_not_exist(write_kubeconfig: WriteKubeconfig) -> None:
    error = await error_of(write_kubeconfig("https://no-such-host.invalid:6443"))
    assert isinstance(error, Unreachable)
    assert str(error) == "The name no-such-host.invalid cannot be resolved."


@pytest.mark.parametrize("server", ["ftp://x", "https://", "https://host:port", "https://h:99999", "https://\x1b[2J"])
async def test_an_address_that_is_none(write_kubeconfig: WriteKubeconfig, server: str) -> None:
    with pytest.raises(ConfigError, match='server of the cluster "c" is not an http or https address') as raised:
        await connect(Access(write_kubeconfig(server)))
    assert "kubectl config view" in raised.value.hint


async def breaking(request: web.BaseRequest) -> web.Response:
    await request.read()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(
    ("method", "changes", "kind"),
    [
        ("GET", None, Interrupted),
        ("PATCH", None, AnswerLost),
        ("POST", None, AnswerLost),
        ("PATCH", False, Interrupted),
        ("POST", False, Interrupted),
    ],
)
async def test_a_lost_answer_leaves_open_what_a_change_did(
    connecting: Connecting, method: str, changes: bool | None, kind: type[KubeError]
) -> None:
    async with serving(breaking) as url, connecting(url) as connection:
        with pytest.raises(kind):
            await connection.request(method, "/", body=None if method == "GET" else b"{}", changes=changes)


async def test_an_answer_that_breaks_off_in_the_middle(connecting: Connecting) -> None:
    async def half(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(half) as url, connecting(url) as connection:
        with pytest.raises(Interrupted):
            await connection.request("GET", "/")
        with pytest.raises(Interrupted):
            async with connection.stream("/") as chunks:
                assert [chunk async for chunk in chunks] == [b"{"]
        with pytest.raises(AnswerLost, match="it is not known whether it was applied"):
            await connection.request("PATCH", "/", body=b"{}")


async def never(request: web.BaseRequest) -> web.Response:
    await request.read()
    await asyncio.Event().wait()
    return web.Response()


async def test_an_answer_that_does_not_come_in_time(connecting: Connecting) -> None:
    async with serving(never) as url, connecting(url) as connection:
        with pytest.raises(TimedOut, match="did not answer in time"):
            await connection.request("GET", "/", timeout=0.05)
        with pytest.raises(AnswerLost):
            await connection.request("PATCH", "/", body=b"{}", timeout=0.05)


async def test_the_request_timeout_holds_for_a_request_and_not_for_a_stream(
    write_kubeconfig: WriteKubeconfig,
) -> None:
    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10):
            await response.write(b"x")
            await asyncio.sleep(0.02)
        return response

    async with serving(slow) as url, to(Access(write_kubeconfig(url), request_timeout=0.05)) as connection:
        with pytest.raises(TimedOut):
            await connection.request("GET", "/")
        async with connection.stream("/") as chunks:
            assert b"".join([chunk async for chunk in chunks]) == b"x" * 10


async def test_a_server_that_takes_the_connection_and_says_nothing(
    write_kubeconfig: WriteKubeconfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.kube.connection.CONNECT_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = await error_of(write_kubeconfig(f"https://127.0.0.1:{silent.getsockname()[1]}"))
    assert isinstance(error, Unreachable)
    assert "does not answer: the connection timed out" in str(error)


async def test_an_error_of_whoever_reads_a_stream_stays_their_own(connecting: Connecting) -> None:
    async with serving(echo) as url, connecting(url) as connection:
        with pytest.raises(TimeoutError):
            async with connection.stream("/"):
                raise TimeoutError


async def test_a_stream_that_is_refused_raises_as_a_request_does(connecting: Connecting) -> None:
    async def refusing(request: web.BaseRequest) -> web.Response:
        return status(403, "Forbidden", 'User "me" cannot watch pods')

    async with serving(refusing) as url, connecting(url) as connection:
        with pytest.raises(Forbidden, match='User "me" cannot watch pods'):
            async with connection.stream("/api/v1/pods"):
                pytest.fail("it was refused")
