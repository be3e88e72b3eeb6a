"""A cluster behind a SOCKS5 proxy."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trustme

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.kube.errors import KubeError, Unreachable
from tests.kube.conftest import WriteKubeconfig
from tests.kube.connections import data, echo, seen_by, tls_of
from tests.kube.server import serving


@dataclass
class Socks:
    """A proxy that leads every connection to one port of loopback, and notes what it was asked for (RFC 1928, 1929)."""

    port: int
    password: str = ""
    refusal: int = 0
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x02" if self.password else b"\x05\x00")
        if self.password and not await self._log_in(reader, writer):
            writer.close()
            return
        _, _, _, kind = await reader.readexactly(4)
        length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
        host, port = await reader.readexactly(length), int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"{host.decode() if kind == 3 else host.hex()}:{port}")
        writer.write(bytes((5, self.refusal, 0, 1, 0, 0, 0, 0, 0, 0)))
        if self.refusal:
            writer.close()
            return
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(_pump(reader, upstream_writer), _pump(upstream_reader, writer))

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, length = await reader.readexactly(2)
        name = (await reader.readexactly(length)).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        self.logins.append(name)
        fits = password == self.password
        writer.write(b"\x01\x00" if fits else b"\x01\x01")
        return fits


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


@asynccontextmanager
async def cluster_behind(
    *names: str, password: str = "", refusal: int = 0
) -> AsyncIterator[tuple[str, Socks, dict[str, str]]]:
    """A server behind TLS, a proxy to it, and what a kubeconfig's cluster needs to trust it."""
    ca = trustme.CA()
    async with serving(echo, tls_of(ca, *names)) as url:
        proxy = Socks(int(url.rpartition(":")[2]), password, refusal)
        async with proxy.serving() as address:
            yield address, proxy, {"certificate-authority-data": data(ca.cert_pem)}


async def seen(config: str, **environ: str) -> dict[str, list[str]]:
    async with await connect(Access(config), Surroundings(environ=environ)) as connection:
        return await seen_by(connection)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_it_is_found_in_the_kubeconfig_and_resolves_the_name(
    write_kubeconfig: WriteKubeconfig, scheme: str
) -> None:
    async with cluster_behind("api.nowhere.invalid") as (address, proxy, cluster):
        server = "https://api.nowhere.invalid:6443"
        config = write_kubeconfig(server, {"token": "t"}, {**cluster, "proxy-url": f"{scheme}://{address}"})
        assert (await seen(config))["authorization"] == ["Bearer t"]
    assert proxy.asked == ["api.nowhere.invalid:6443"]


async def test_it_is_found_in_the_environment_with_a_password(write_kubeconfig: WriteKubeconfig) -> None:
    async with cluster_behind("api.example", password="hunter2") as (address, proxy, cluster):
        config = write_kubeconfig("https://api.example", {"token": "t"}, cluster)
        assert await seen(config, HTTPS_PROXY=f"socks5://me:hunter2@{address}")
        assert proxy.logins == ["me"]
        with pytest.raises(KubeError) as raised:
            await seen(config, HTTPS_PROXY=f"socks5://me:wrong-one@{address}")
    assert f"The proxy socks5://{address}" in str(raised.value)
    assert "wrong-one" not in f"{raised.value}{raised.value.hint}"


async def test_the_name_of_the_certificate_counts_behind_it_too(write_kubeconfig: WriteKubeconfig) -> None:
    async with cluster_behind("api.internal") as (address, _, cluster):
        proxied = {**cluster, "proxy-url": f"socks5://{address}"}
        with pytest.raises(Unreachable, match="not trusted"):
            await seen(write_kubeconfig("https://10.0.0.7:6443", {"token": "t"}, proxied))
        named = {**proxied, "tls-server-name": "api.internal"}
        assert await seen(write_kubeconfig("https://10.0.0.7:6443", {"token": "t"}, named))


async def test_one_that_refuses_or_is_not_there_is_named(write_kubeconfig: WriteKubeconfig) -> None:
    async with cluster_behind("api.example", refusal=5) as (address, _, cluster):
        config = write_kubeconfig("https://api.example", {}, {**cluster, "proxy-url": f"socks5://{address}"})
        with pytest.raises(Unreachable, match=f"The proxy socks5://{address} cannot be used: connection refused"):
            await seen(config)
    with pytest.raises(Unreachable, match=f"The proxy socks5://{address} cannot be"):
        await seen(config)


def test_it_is_imported_only_where_there_is_one() -> None:
    code = "import ktui.kube.connection, sys; print([m for m in sys.modules if 'socks' in m])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
