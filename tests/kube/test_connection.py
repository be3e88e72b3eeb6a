from __future__ import annotations

import asyncio
import json
import os
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from yarl import URL

from ktui import __version__
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.kube.errors import (
    ConfigError,
    CredentialError,
    Unauthorized,
    Unreachable,
)
from tests.kube.conftest import Connecting, WriteKubeconfig
from tests.kube.connections import data, echo, seen_by, tls_of, to
from tests.kube.server import securely, serving, status

# What is sent


async def test_a_request_names_the_program_and_asks_for_json(connecting: Connecting) -> None:
    async with serving(echo) as url, connecting(url) as connection:
        headers = await seen_by(connection)
    assert headers["user-agent"] == [f"ktui/{__version__}"]
    assert headers["accept"] == ["application/json"]
    assert headers["accept-encoding"] == ["identity"]
    assert "authorization" not in headers


async def test_a_server_below_a_path_is_asked_below_it(write_kubeconfig: WriteKubeconfig) -> None:
    async with serving(echo) as url, to(Access(write_kubeconfig(f"{url}/k8s/clusters/c-1/"))) as connection:
        answer = await connection.request("GET", "/api/v1/pods", params={"limit": "1", "continue": "a+b/c=="})
    seen = URL(json.loads(answer)["path"], encoded=True)
    assert seen.path == "/k8s/clusters/c-1/api/v1/pods"
    assert dict(seen.query) == {"limit": "1", "continue": "a+b/c=="}


async def test_what_the_connection_says_of_itself(write_kubeconfig: WriteKubeconfig) -> None:
    async with serving(echo) as url:
        config = write_kubeconfig(url)
        async with to(Access(config)) as connection:
            assert (connection.context, connection.cluster, connection.user) == ("here", "c", "u")
            assert (connection.namespace, connection.server) == ("shop", url)
        async with to(Access(config, namespace="other", as_user="jane")) as connection:
            assert (connection.namespace, connection.user) == ("other", "jane")


@pytest.mark.parametrize(
    ("user", "sent"),
    [
        ({"token": "t0ken"}, "Bearer t0ken"),
        ({"username": "me", "password": "pass"}, f"Basic {b64encode(b'me:pass').decode()}"),
        ({"username": "me"}, f"Basic {b64encode(b'me:').decode()}"),
        ({"token": "t0ken", "exec": {"command": "not-run"}}, "Bearer t0ken"),
    ],
)
async def test_static_credentials(write_kubeconfig: WriteKubeconfig, user: dict[str, Any], sent: str) -> None:
    async with securely(echo) as (url, cluster), to(Access(write_kubeconfig(url, user, cluster))) as connection:
        assert (await seen_by(connection))["authorization"] == [sent]


async def test_impersonation_by_flags(write_kubeconfig: WriteKubeconfig) -> None:
    async with serving(echo) as url:
        config = write_kubeconfig(url, {"as": "ignored", "as-groups": ["ignored"], "as-uid": "7"})
        async with to(Access(config, as_user="jane", as_groups=("dev", "ops"))) as connection:
            headers = await seen_by(connection)
    assert headers["impersonate-user"] == ["jane"]
    assert headers["impersonate-group"] == ["dev", "ops"]
    assert headers["impersonate-uid"] == ["7"], "a field that no flag replaces stays, as for kubectl"


async def test_impersonation_by_the_kubeconfig(write_kubeconfig: WriteKubeconfig) -> None:
    user = {"as": "jane", "as-groups": ["dev"], "as-uid": "7", "as-user-extra": {"reason": ["on", "call"]}}
    async with serving(echo) as url, to(Access(write_kubeconfig(url, user))) as connection:
        headers = await seen_by(connection)
    assert headers["impersonate-user"] == ["jane"]
    assert headers["impersonate-group"] == ["dev"]
    assert headers["impersonate-uid"] == ["7"]
    assert headers["impersonate-extra-reason"] == ["on", "call"]


async def test_a_group_alone_cannot_be_impersonated(write_kubeconfig: WriteKubeconfig) -> None:
    with pytest.raises(ConfigError, match="no user"):
        await connect(Access(write_kubeconfig("http://127.0.0.1"), as_groups=("dev",)))


# Token files


class Time:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


async def test_a_token_file_is_read_again_once_a_minute(write_kubeconfig: WriteKubeconfig, tmp_path: Path) -> None:
    file, time = tmp_path / "token", Time()
    file.write_text("first\n")
    async with securely(echo) as (url, cluster):
        access = Access(write_kubeconfig(url, {"tokenFile": "token"}, cluster))
        async with await connect(access, Surroundings(environ={}, clock=time)) as connection:
            assert (await seen_by(connection))["authorization"] == ["Bearer first"]
            file.write_text("second")
            assert (await seen_by(connection))["authorization"] == ["Bearer first"]
            time.passes(61)
            assert (await seen_by(connection))["authorization"] == ["Bearer second"]
            file.unlink()
            time.passes(61)
            assert (await seen_by(connection))["authorization"] == ["Bearer second"]


async def test_a_token_file_is_read_again_after_a_401(write_kubeconfig: WriteKubeconfig, tmp_path: Path) -> None:
    file, accepted, tries = tmp_path / "token", ["first"], []

    async def picky(request: web.BaseRequest) -> web.Response:
        tries.append(request.headers["Authorization"])
        return web.Response(body=b"{}") if tries[-1] == f"Bearer {accepted[0]}" else status(401, "Unauthorized")

    file.write_text("first")
    async with (
        securely(picky) as (url, cluster),
        to(Access(write_kubeconfig(url, {"tokenFile": str(file)}, cluster))) as connection,
    ):
        await connection.request("GET", "/")
        accepted[0] = "second"
        file.write_text("second")
        await asyncio.gather(*(connection.request("PATCH", "/", body=b"{}") for _ in range(3)))
        accepted[0] = "third"
        with pytest.raises(Unauthorized, match="does not accept the credentials"):
            await connection.request("GET", "/")
    assert tries.count("Bearer second") == 4


async def test_a_token_file_that_is_empty_is_said_to_be_so(write_kubeconfig: WriteKubeconfig, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" \n")
    with pytest.raises(CredentialError, match="token is missing or empty"):
        await connect(Access(write_kubeconfig("https://127.0.0.1", {"tokenFile": "token"})))


async def test_inside_a_pod_nothing_has_to_be_configured(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.crt")
    (tmp_path / "token").write_text("mounted")
    (tmp_path / "namespace").write_text("ops")
    async with serving(echo, tls_of(ca)) as url:
        port = url.rpartition(":")[2]
        environ = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port}
        around = Surroundings(environ=environ, service_account=tmp_path)
        async with await connect(Access(), around) as connection:
            assert connection.namespace == "ops"
            assert (await seen_by(connection))["authorization"] == ["Bearer mounted"]
        with pytest.raises(ConfigError, match="There is no kubeconfig"):
            await connect(Access(context="prod"), around)


async def test_without_any_configuration_the_demo_is_offered(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        await connect(Access(), Surroundings(environ={"HOME": str(tmp_path)}))
    assert "ktui demo" in raised.value.hint


async def test_a_list_is_compressed_where_bytes_are_dear_and_a_stream_never(write_kubeconfig: WriteKubeconfig) -> None:
    """Not on loopback; elsewhere unless the kubeconfig says not to."""
    proxied: list[str] = []

    async def proxy(request: web.BaseRequest) -> web.Response:
        proxied.append(request.headers["Accept-Encoding"])
        answer = web.Response(body=b"{}" * 1000)
        if proxied[-1] == "gzip":
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async with serving(proxy) as url:
        for more in ({}, {"disable-compression": True}):
            cluster = {"proxy-url": url, **more}
            async with to(Access(write_kubeconfig("http://cluster.example:8080", {}, cluster))) as connection:
                assert await connection.request("GET", "/") == b"{}" * 1000
    assert proxied == ["gzip", "identity"]


# Proxies


@asynccontextmanager
async def tunnelling(port: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that knows CONNECT, and leads every tunnel to that port of loopback."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head)
        if "refused.example" in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            writer.close()
            return
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, upstream_writer), pump(upstream_reader, writer))

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(65536):
                sink.write(chunk)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://me:hunter2@127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_a_cluster_behind_a_proxy(write_kubeconfig: WriteKubeconfig) -> None:
    ca = trustme.CA()
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    async with (
        serving(echo, tls_of(ca, "api.example")) as url,
        tunnelling(int(url.rpartition(":")[2])) as (proxy, asked),
    ):
        server = "https://api.example:6443"
        async with to(Access(write_kubeconfig(server, {}, {**cluster, "proxy-url": proxy}))) as connection:
            await seen_by(connection)
        assert asked[-1].startswith("CONNECT api.example:6443 HTTP/1.1")
        assert f"Proxy-Authorization: Basic {b64encode(b'me:hunter2').decode()}" in asked[-1]
        async with to(Access(write_kubeconfig(server, {}, cluster)), HTTPS_PROXY=proxy) as connection:
            await seen_by(connection)
        assert len(asked) == 2
        elsewhere = {**cluster, "tls-server-name": "api.example"}
        async with to(
            Access(write_kubeconfig("https://10.0.0.7:6443", {}, elsewhere)), HTTPS_PROXY=proxy
        ) as connection:
            await seen_by(connection)
        assert asked[-1].startswith("CONNECT 10.0.0.7:6443")


async def test_a_proxy_that_refuses_or_is_not_there(write_kubeconfig: WriteKubeconfig) -> None:
    async with tunnelling(1) as (proxy, _):
        access = Access(write_kubeconfig("https://refused.example:6443"))
        async with to(access, HTTPS_PROXY=proxy) as connection:
            with pytest.raises(Unreachable, match=r"The proxy http://127.0.0.1:\d+ refused to connect: HTTP 407"):
                await connection.request("GET", "/")
    async with to(access, HTTPS_PROXY=proxy) as connection:
        with pytest.raises(Unreachable, match=r"The proxy http://127.0.0.1:\d+ cannot be reached") as raised:
            await connection.request("GET", "/")
    assert "hunter2" not in f"{raised.value}{raised.value.hint}"


def _sockets_to(port: int) -> Iterator[socket.socket]:
    """The sockets of this process that are connected to that port of loopback."""
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError), socket.socket(fileno=os.dup(int(file.name))) as found:
            if found.family is socket.AF_INET and found.getpeername()[1] == port:
                yield found


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="Linux's names")
async def test_sockets_find_out_that_their_network_has_gone(connecting: Connecting) -> None:
    async with serving(echo) as url, connecting(url) as connection:
        await connection.request("GET", "/version")
        probed = 0
        for held in _sockets_to(int(url.rpartition(":")[2])):
            assert held.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            idle, between, times = (held.getsockopt(socket.IPPROTO_TCP, option) for option in options)
            assert idle + between * times <= 15
            probed += 1
        assert probed
